"""The server's secret: made once, kept in the data folder, so that no default exists to leak.

The file holds a key a line. The first signs; what any of them signed is still believed. `manage.py
rotatesecret` puts a new one in front, and with `--drop-old` takes away those behind it.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

FILE_NAME = "secret_key"


def read_or_make_secret_keys(data_dir: Path) -> list[str]:
    """The secret that signs, made on first call, and those that signed before it, newest first. Raises
    SystemExit where it cannot be kept."""
    path = data_dir / FILE_NAME
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # other users of the machine stay out
        # O_EXCL: of web and worker starting together only one makes it, the other reads it.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(get_random_secret_key())
    except FileExistsError:
        pass
    except OSError as error:
        raise SystemExit(
            f"AUDIOMUSIC_DATA_DIR: expected a folder that AudioMusic can write to, got {data_dir}: "
            f"{error.strerror}."
        ) from None
    return path.read_text().splitlines() or [""]  # audiomusic.checks refuses an empty one


def secret_key_rotate(*, data_dir: Path) -> None:
    """Sign with a new secret from the next start on, and go on believing the others."""
    _write(data_dir, [get_random_secret_key(), *read_or_make_secret_keys(data_dir)])


def old_secret_keys_drop(*, data_dir: Path) -> int:
    """From the next start on believe the first secret alone. Returns how many went."""
    first, *others = read_or_make_secret_keys(data_dir)
    _write(data_dir, [first])
    return len(others)


def _write(data_dir: Path, keys: list[str]) -> None:
    """The file changes whole or not at all: without it nobody is signed in and no link opens."""
    part = data_dir / f"{FILE_NAME}.part"
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(keys))
        file.flush()
        os.fsync(file.fileno())
    part.replace(data_dir / FILE_NAME)
