"""The process that reads one uploaded picture: `python -m …covers.read_child PATH FOLDER`.

Pillow's decoders are C code that reads untrusted bytes. An exploit would find an empty environment, could not
gain privileges, and has only the memory, time and disk that this module allows. The output is made from
pixels alone: the centre square as JPEG, large and small, without any of the file's metadata.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image, ImageOps

from audiomusic.engines.covers.bounds import (
    CPU_S,
    FORMATS,
    LARGE_LEAF,
    LARGE_PX,
    MAX_PIXELS,
    MEMORY_BYTES,
    READABLE,
    SMALL_LEAF,
    SMALL_PX,
    SMALLEST_PX,
)
from audiomusic.engines.foreign.confinement import confine

WRITTEN_BYTES = 8_000_000
QUALITY = 88
PAPER = (255, 255, 255)  # the background of transparent pictures


class UnreadablePicture(Exception):
    """Carries a message."""


def main() -> None:
    path, folder = sys.argv[1:3]
    confine(cpu_s=CPU_S, memory_bytes=MEMORY_BYTES, written_bytes=WRITTEN_BYTES)
    try:
        _write(_square(path), Path(folder))
        facts = {}
    except UnreadablePicture as error:
        facts = {"sentence": str(error)}
    except MemoryError:
        facts = {"sentence": "The picture needs too much memory."}
    except Exception:  # each decoder has its own errors, whose messages are about its internals
        facts = {"sentence": f"Expected {READABLE}, got a file that is damaged or of another kind."}
    sys.stdout.write(json.dumps(facts))


def _square(path: str) -> Image.Image:
    """Return the centre of the picture, upright and opaque."""
    Image.MAX_IMAGE_PIXELS = None  # checked below, before any pixel is decoded
    with Image.open(path, formats=FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            most = MAX_PIXELS // 1_000_000
            raise UnreadablePicture(f"Expected at most {most} million pixels, got {width} x {height}.")
        if min(width, height) < SMALLEST_PX:
            raise UnreadablePicture(
                f"Expected at least {SMALLEST_PX} pixels each way, got {width} x {height}."
            )
        image.draft("RGB", (LARGE_PX, LARGE_PX))  # decode a JPEG at reduced size if that suffices
        upright = ImageOps.exif_transpose(image)
        edge = min(upright.size)
        return _opaque(ImageOps.fit(upright, (edge, edge)) if upright.width != upright.height else upright)


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    sheet = Image.new("RGB", layered.size, PAPER)
    sheet.paste(layered, mask=layered.getchannel("A"))
    return sheet


def _write(square: Image.Image, folder: Path) -> None:
    for leaf, edge in ((LARGE_LEAF, LARGE_PX), (SMALL_LEAF, SMALL_PX)):
        size = min(edge, square.width)
        sized = square.resize((size, size), Image.Resampling.LANCZOS) if size != square.width else square
        bare = Image.frombytes("RGB", sized.size, sized.tobytes())  # drops all of the file's metadata
        bare.save(folder / leaf, "JPEG", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
