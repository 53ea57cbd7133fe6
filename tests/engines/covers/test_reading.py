"""Uploaded pictures: read in a separate process and re-encoded from their pixels."""

from io import BytesIO

import pytest
from PIL import Image

from audiomusic.engines.covers import reading
from audiomusic.engines.covers.bounds import MAX_BYTES, PictureUnusable
from audiomusic.engines.covers.reading import read_cover
from tests.support.pictures import bomb_png, located_jpeg, picture


@pytest.fixture
def read(tmp_path):
    """read(bytes): return the large and the small cover."""

    def read_bytes(content):
        path = tmp_path / "sent"
        path.write_bytes(content)
        return [Image.open(BytesIO(made.read_bytes())) for made in read_cover(path, tmp_path)]

    return read_bytes


def near(colour, wanted):
    return all(abs(one - other) < 6 for one, other in zip(colour, wanted, strict=True))


@pytest.mark.parametrize(
    ("content", "edges"),
    [
        (picture("JPEG", (3000, 2000)), (1024, 256)),
        (picture("PNG", (500, 900), "RGBA", (200, 30, 30, 255)), (500, 256)),
        (picture("WEBP", (100, 80), lossless=True), (80, 80)),
    ],
    ids=["jpeg", "png", "webp"],
)
def test_the_middle_becomes_a_square_jpeg(read, content, edges):
    for made, edge in zip(read(content), edges, strict=True):
        assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (edge, edge))
        assert near(made.getpixel((edge // 2, edge // 2)), (200, 30, 30))


def test_nothing_that_the_file_says_comes_along(read, tmp_path):
    large, _ = read(located_jpeg())
    assert not large.getexif() and set(large.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert all(b"zyzzyva" not in path.read_bytes() for path in tmp_path.glob("*.jpg"))


def test_what_is_transparent_lies_on_white(read):
    large, _ = read(picture("PNG", (100, 100), "RGBA", (0, 0, 0, 0)))
    assert near(large.getpixel((50, 50)), (255, 255, 255))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "got a file that is damaged or of another kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "of another kind"),
        (picture("GIF", (100, 100)), "of another kind"),
        (picture("TIFF", (100, 100)), "of another kind"),
        (picture("JPEG")[:400], "damaged"),
        (bomb_png(), "at most 50 million pixels, got 30000 x 30000"),
        (picture("PNG", (20, 20)), "at least 64 pixels each way, got 20 x 20"),
    ],
    ids=["nothing", "svg", "gif", "tiff", "broken off", "bomb", "tiny"],
)
def test_what_is_no_cover_is_refused(read, content, sentence):
    with pytest.raises(PictureUnusable, match=sentence):
        read(content)


def test_a_file_may_be_so_large(read):
    with pytest.raises(PictureUnusable, match="at most 10 MB"):
        read(bytes(MAX_BYTES + 1))


def test_a_decoder_that_dies_is_a_sentence(read, monkeypatch):
    monkeypatch.setattr(reading, "CHILD", "audiomusic.engines.covers.none")
    with pytest.raises(PictureUnusable, match="could not be decoded"):
        read(picture())
