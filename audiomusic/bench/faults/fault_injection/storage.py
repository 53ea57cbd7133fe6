"""File storage on a disk that may be full."""

from __future__ import annotations

import errno
from typing import Any

from django.core.files.storage import FileSystemStorage

from audiomusic.bench.faults.fault_injection.points import FULL_DISK, die_at, is_on


class FaultyStorage(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        if is_on(FULL_DISK):
            raise OSError(errno.ENOSPC, "No space left on device")
        saved: str = super()._save(name, content)  # type: ignore[misc]  # Django documents it, the stubs leave it out
        die_at("storing")  # as a .part file, before it gets its name
        return saved
