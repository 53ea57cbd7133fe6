"""Pictures as users upload them."""

import struct
import zlib
from io import BytesIO

from PIL import Image


def picture(format="JPEG", size=(640, 400), mode="RGB", colour=(200, 30, 30), **options):
    """Return the bytes of a single-colour picture."""
    sink = BytesIO()
    Image.new(mode, size, colour).save(sink, format, **options)
    return sink.getvalue()


def located_jpeg(size=(640, 400)):
    """Return a JPEG with EXIF data that rotates it and gives a location."""
    image = Image.new("RGB", size, (10, 20, 200))
    exif = image.getexif()
    exif[0x0112] = 6  # rotate by 90 degrees
    exif[0x010F] = "zyzzyva camera"
    exif.get_ifd(0x8825)[1] = "N"
    sink = BytesIO()
    image.save(sink, "JPEG", exif=exif, comment=b"zyzzyva")
    return sink.getvalue()


def bomb_png(width=30_000, height=30_000):
    """Return a few hundred bytes whose header claims a picture of 900 million pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
