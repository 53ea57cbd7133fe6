"""The server's secret: made once, kept in the data folder, so that no default exists to leak."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

FILE_NAME = "secret_key"


def read_or_make_secret_key(data_dir: Path) -> str:
    """The secret in `data_dir`, made on first call. Raises SystemExit where it cannot be kept."""
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
            f"AUDIOMUSIC_DATA_DIR must be a folder that AudioMusic may write to, "
            f"but {data_dir} is not: {error.strerror}."
        ) from None
    return path.read_text()
