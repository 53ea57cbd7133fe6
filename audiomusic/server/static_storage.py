"""Static files under names that carry their hash, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also renames what a script module imports: else an upgraded page could mix old and new modules."""

    support_js_module_import_aggregation = True
