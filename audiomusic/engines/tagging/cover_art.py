"""The picture of a song: drawn from a number, so that a song looks the same wherever it is shown."""

from __future__ import annotations

import colorsys
import hashlib
import struct
import zlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

SIZE = 512  # pixels, each way: what players show full screen on a phone
RINGS = 24
COLOURS = 64  # of the palette: a cover takes about 7 kB of each file
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE_COLOUR = 3


@lru_cache(maxsize=64)
def cover_png(number: int, size: int = SIZE) -> bytes:
    """A square PNG of rings between two colours: the same bytes for the same number and size."""
    dice = hashlib.sha256(f"cover {number}".encode()).digest()
    rows = _shades(dice, size)
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, _PALETTE_COLOUR, 0, 0, 0)),
            _chunk(b"PLTE", _palette(dice)),
            _chunk(b"IDAT", zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes(), 6)),
            _chunk(b"IEND", b""),
        ]
    )


def _shades(dice: bytes, size: int) -> npt.NDArray[np.uint8]:
    """The palette's colour of each pixel: rings around one place, bent by those around another."""
    across = np.linspace(-1.0, 1.0, size)
    x, y = np.meshgrid(across, across)
    near, far = (np.hypot(x - dice[i] / 128 + 1, y - dice[i + 1] / 128 + 1) for i in (0, 2))
    rings = np.floor((near + dice[4] / 512 * np.sin(far * (3 + dice[5] / 64))) * RINGS / 3)
    return ((rings * (5 + dice[6] % 9)) % COLOURS).astype(np.uint8)


def _palette(dice: bytes) -> bytes:
    """From a dark colour to a light one, around the wheel of hues."""
    start, turn = dice[7] / 256, (dice[8] - 128) / 400
    shares = [step / (COLOURS - 1) for step in range(COLOURS)]
    colours = [colorsys.hls_to_rgb((start + turn * share) % 1, 0.18 + 0.6 * share, 0.55) for share in shares]
    return bytes(round(255 * channel) for colour in colours for channel in colour)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
