import mmap
import shutil
import subprocess

import numpy as np
import pytest
from mutagen.flac import FLAC

from audiomusic.engines.encoding import encode
from audiomusic.engines.file_metadata import TrackTags, write_tags
from audiomusic.engines.tagging import flac_seek_table
from audiomusic.engines.tagging.flac_seek_table import add_seek_table


@pytest.fixture(scope="module")
def noise():
    """Return 25 s of noise whose bytes can be anything, including sync codes."""
    return np.random.default_rng(1).uniform(-0.5, 0.5, (2, 25 * 48_000)).astype("f")


@pytest.fixture
def path(noise, tmp_path):
    encode(noise, tmp_path / "song.flac", "flac")
    return tmp_path / "song.flac"


def first_frame(path):
    """Return where the audio begins: after the last metadata block."""
    content, at = path.read_bytes(), 4
    while True:
        is_last, length = content[at] & 0x80, int.from_bytes(content[at + 1 : at + 4])
        at += 4 + length
        if is_last:
            return at


def test_every_ten_seconds_have_their_place(path, noise):
    write_tags(path, TrackTags(title="Night Train"))
    points = FLAC(path).seektable.seekpoints
    block = FLAC(path).info.max_blocksize
    assert [round(point.first_sample / 48_000) for point in points] == [0, 10, 20]
    content, start = path.read_bytes(), first_frame(path)
    for point in points:
        at = start + point.byte_offset
        assert content[at : at + 2] == b"\xff\xf8"
        assert flac_seek_table._frame_number(content[at : at + 16]) == point.first_sample // block
        assert point.num_samples == block


def test_the_table_stays_true_when_the_tags_grow(path):
    write_tags(path, TrackTags(title="A"))
    before = FLAC(path).seektable.seekpoints
    write_tags(path, TrackTags(title="A" * 5000))
    assert FLAC(path).seektable.seekpoints == before
    assert len([block for block in FLAC(path).metadata_blocks if block.code == 3]) == 1


def test_every_frame_is_found(path):
    write_tags(path, TrackTags())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        numbers = [number for number, _ in flac_seek_table._frames(content)]
    assert numbers == list(range(-(-25 * 48_000 // FLAC(path).info.max_blocksize)))


@pytest.mark.parametrize("number", [0, 127, 128, 2047, 2048, 65_535, 65_536, 1_000_000])
def test_numbers_are_read_as_they_are_coded(number):
    header = b"\xff\xf8\xca\x18" + _utf8(number)
    header += bytes([flac_seek_table._crc8(header)])
    assert flac_seek_table._frame_number(header + b"\0") == number
    assert flac_seek_table._frame_number(header[:-1] + bytes([header[-1] ^ 1]) + b"\0") is None


def _utf8(number):
    if 0xD800 <= number < 0xE000 or number > 0x10FFFF:
        raise ValueError(number)
    return chr(number).encode()


def test_a_file_of_another_kind_of_frames_gets_none(path, monkeypatch):
    monkeypatch.setattr(flac_seek_table, "_frames", lambda content: iter(()))
    audio = FLAC(path)
    add_seek_table(audio, path)
    assert audio.seektable is None


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed")
def test_ffprobe_jumps_by_the_table(path):
    write_tags(path, TrackTags(title="Night Train"))
    asked = ["ffprobe", "-v", "error", "-read_intervals", "20%+#1", "-show_packets", "-of", "csv", str(path)]
    shown = subprocess.run(asked, capture_output=True, check=True, text=True)
    assert shown.stderr == "" and "packet" in shown.stdout


@pytest.mark.parametrize("length", [4, 5, 6, 16])
def test_bytes_at_the_end_that_look_like_a_frame_are_none(length):
    assert flac_seek_table._frame_number(b"\xff\xf8\xc9\x18" + bytes(length - 4)) is None
