"""Storage for static files whose names contain their hash, so browsers can cache them forever."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from audiomusic.server.static_files.bundles import ENTRIES, bundle

Paths = dict[str, tuple[Storage, str]]  # name -> (storage, path) of its source

HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
NEVER_SENT = ("rest_framework/",)  # its browsable pages are not used


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also renames the modules that scripts import, because otherwise an upgraded page could mix old and new
    modules, and bundles the entries of pages before they get their names.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths: Paths, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        bundled = {} if dry_run else self._bundled(paths)
        yield from super().post_process({**paths, **bundled}, dry_run, **options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress only the files that pages use: good compression takes most of a first start's seconds."""
        sent = [path for path in paths if HASHED.search(path) and not path.startswith(NEVER_SENT)]
        yield from super().compress_files(sent)

    def _bundled(self, paths: Paths) -> Paths:
        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path, "rb") as file:
                return bytes(file.read()).decode()

        made: Paths = {}
        for entry in ENTRIES:
            if entry in paths:
                text = bundle(entry, read)
                self.delete(entry)
                self._save(entry, ContentFile(text.encode()))
                made[entry] = (self, entry)
        return made
