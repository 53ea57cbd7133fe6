"""Collection of static files at start, only if they changed: hashing and compressing them takes seconds."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from audiomusic.server.static_files import bundles

FINGERPRINT_FILE = "sources.sha256"  # in STATIC_ROOT: the fingerprint of the sources of the collected files


def static_collect() -> bool:
    """Collect the static files if they changed since the last time. Return whether they did."""
    fingerprint = _fingerprint()
    file = Path(settings.STATIC_ROOT) / FINGERPRINT_FILE
    if file.exists() and file.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    file.write_text(fingerprint)
    return True


def _fingerprint() -> str:
    """Hash the names, sizes and times of all sources, and the bundler's code. The times alone are not enough:
    files of a newer version can be older than the collected ones of the previous version.
    """
    ignored = apps.get_app_config("staticfiles").ignore_patterns  # type: ignore[attr-defined]
    digest = hashlib.sha256(Path(bundles.__file__).read_bytes())
    for finder in get_finders():
        for name, storage in sorted(finder.list(ignored), key=lambda each: each[0]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
