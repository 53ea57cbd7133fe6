"""The server's secret keys, generated once and kept in the data folder, so there is no default key to leak.

The file has one key per line. The first one signs; signatures of all of them are valid. `manage.py
rotatesecret` puts a new key first, and with `--drop-old` removes the others.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

FILE_NAME = "secret_key"


def read_or_make_secret_keys(data_dir: Path) -> list[str]:
    """Return the key that signs, generated on the first call, followed by the older keys, newest first.
    Raises SystemExit if the key cannot be stored.
    """
    path = data_dir / FILE_NAME
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # no access for other users of the machine
        # O_EXCL: if web and worker start together, only one creates the file, and the other reads it.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(get_random_secret_key())
    except FileExistsError:
        pass
    except OSError as error:
        raise SystemExit(
            f"AUDIOMUSIC_DATA_DIR: expected a folder that AudioMusic can write to, got {data_dir}: "
            f"{error.strerror}."
        ) from None
    return path.read_text().splitlines() or [""]  # audiomusic.checks refuses an empty key


def secret_key_rotate(*, data_dir: Path) -> None:
    """Sign with a new key from the next start on, and keep accepting the others."""
    _write(data_dir, [get_random_secret_key(), *read_or_make_secret_keys(data_dir)])


def old_secret_keys_drop(*, data_dir: Path) -> int:
    """Accept only the first key from the next start on. Return how many were removed."""
    first, *others = read_or_make_secret_keys(data_dir)
    _write(data_dir, [first])
    return len(others)


def _write(data_dir: Path, keys: list[str]) -> None:
    """Replace the file atomically: without it no one is signed in and no link works."""
    part = data_dir / f"{FILE_NAME}.part"
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(keys))
        file.flush()
        os.fsync(file.fileno())
    part.replace(data_dir / FILE_NAME)
