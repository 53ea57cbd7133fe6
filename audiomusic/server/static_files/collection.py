"""Collecting static files at a start, only where they changed: hashing and compressing them takes seconds."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from audiomusic.server.static_files import bundles

FINGERPRINT_FILE = "sources.sha256"  # in STATIC_ROOT: what the collected files were made from


def static_collect() -> bool:
    """Collect the static files unless they are those of the last time. Returns whether it did."""
    fingerprint = _fingerprint()
    file = Path(settings.STATIC_ROOT) / FINGERPRINT_FILE
    if file.exists() and file.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    file.write_text(fingerprint)
    return True


def _fingerprint() -> str:
    """Names, sizes and times of all sources, and what puts them together. A time alone would not do: files of
    a newer version may be older than what was collected from the one before."""
    ignored = apps.get_app_config("staticfiles").ignore_patterns  # type: ignore[attr-defined]
    digest = hashlib.sha256(Path(bundles.__file__).read_bytes())
    for finder in get_finders():
        for name, storage in sorted(finder.list(ignored), key=lambda each: each[0]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
