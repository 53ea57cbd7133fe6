"""Renders a drawn cover as PNG."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw

from audiomusic.engines.covers.drawings import cover_shapes

SMALLEST, LARGEST = 32, 1024  # edge length in pixels
FINE, FINE_UP_TO = 3, 512  # supersampling factor up to this size, since Pillow does not antialias
COARSE = 2
COLOURS = 64  # a cover's few, and the blends at the edges


@lru_cache(maxsize=256)  # a picture has a few kilobytes, and players request the same ones
def cover_png(text: str, size: int) -> bytes:
    """Return the cover of the song with this number, `size` pixels wide and high."""
    size = min(max(size, SMALLEST), LARGEST)
    factor = FINE if size <= FINE_UP_TO else COARSE
    scale = size * factor / 100
    image = Image.new("RGB", (size * factor, size * factor))
    draw = ImageDraw.Draw(image)
    for shape in cover_shapes(text):
        draw.polygon([(x * scale, y * scale) for x, y in shape.points], fill=shape.colour)
    sink = BytesIO()
    small = image.reduce(factor).quantize(COLOURS)
    small.save(sink, "PNG", optimize=False)
    return sink.getvalue()
