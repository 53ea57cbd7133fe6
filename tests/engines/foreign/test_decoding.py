"""Uploaded files: decoded within limits, whatever they contain."""

import hashlib

import numpy as np
import pytest
import soundfile

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.encoding import samples_sha256
from audiomusic.engines.foreign.bounds import DecodeBounds, SourceUnusable
from audiomusic.engines.foreign.decode_child import RATE_HZ
from audiomusic.engines.foreign.decoding import decode
from audiomusic.engines.foreign.kinds import audio_kind
from tests.support.sounds import long_silence, sound_bytes, tone

NOISE = np.random.default_rng(1).normal(size=(96_000, 2)) * 0.1


@pytest.fixture
def read(tmp_path):
    """read(content, max_s=…): return the decoded audio of a file with these bytes."""

    def go(content, **bounds):
        path = tmp_path / "sent.exe"  # the file name must not matter
        path.write_bytes(content)
        return decode(path, tmp_path / "sound.wav", DecodeBounds(**bounds))

    return go


def test_the_child_writes_at_the_rate_of_the_engines():
    assert RATE_HZ == SAMPLE_RATE_HZ


def test_24_bit_stereo_at_the_right_rate_is_kept_sample_for_sample(read, tmp_path):
    content = sound_bytes("FLAC", subtype="PCM_24")
    audio = read(content)
    assert (audio.kind, audio.frames, audio.sample_rate_hz, audio.channels) == ("flac", 48_000, 48_000, 2)
    assert audio.sha256 == samples_sha256(tmp_path / "sent.exe") == samples_sha256(audio.path)


@pytest.mark.parametrize(
    ("format", "rate_hz", "channels"), [("WAV", 44_100, 1), ("MP3", 44_100, 2), ("AIFF", 96_000, 6)]
)
def test_other_kinds_become_stereo_at_that_rate(read, format, rate_hz, channels):
    audio = read(sound_bytes(format, rate_hz=rate_hz, channels=channels))
    samples, rate_read = soundfile.read(audio.path)
    assert (rate_read, samples.shape[1], audio.sample_rate_hz) == (48_000, 2, rate_hz)
    assert audio.duration_s == pytest.approx(1.0, abs=0.06)
    spectrum = np.abs(np.fft.rfft(samples[:48_000, 0]))
    assert np.argmax(spectrum) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"hello", "source_not_audio", "of another kind"),
        (b"\xff\xf1" + bytes(400), "source_not_audio", "of another kind"),  # AAC
        (b"fLaC" + hashlib.sha256(b"a").digest() * 200, "source_not_audio", "damaged"),
        (sound_bytes("FLAC", subtype="PCM_24", samples=NOISE)[:90_000], "source_not_audio", "damaged"),
        (sound_bytes("WAV")[:90_000], "source_not_audio", "is incomplete"),
        (sound_bytes("MP3", samples=NOISE)[:11_000], "source_not_audio", "is incomplete"),
        (sound_bytes("WAV", seconds=0.2), "source_not_audio", "at least 0.5 s"),
        (sound_bytes("WAV", rate_hz=4_000), "source_not_audio", "samples a second"),
        (sound_bytes("WAV", channels=9, rate_hz=8_000), "source_not_audio", "channels"),
        (b"RIFF\x00\x00\x00\x00WAVE", "source_not_audio", "damaged"),
    ],
    ids=["text", "aac", "noise", "cut-flac", "cut-wav", "cut-mp3", "short", "slow", "nine", "empty-wav"],
)  # fmt: skip
def test_what_cannot_be_worked_on_says_so(read, content, code, words):
    with pytest.raises(SourceUnusable, match=words) as refused:
        read(content)
    assert refused.value.code == code


def test_ten_hours_of_silence_are_refused_by_their_header(read):
    with pytest.raises(SourceUnusable, match="at most 600 s of sound, got 36000 s") as refused:
        read(long_silence())
    assert refused.value.code == "source_too_long"


def test_a_header_that_says_nothing_of_its_length_is_counted(read):
    with pytest.raises(SourceUnusable) as refused:
        read(long_silence(said_s=0))
    assert refused.value.code == "source_too_long"


def test_a_file_that_takes_too_long_is_given_up(read):
    with pytest.raises(SourceUnusable, match="within"):
        read(sound_bytes(), wall_s=0.02)


def test_numbers_that_are_none_become_silence(read):
    samples = tone()
    samples[100] = np.nan
    samples[200] = np.inf
    audio = read(sound_bytes("WAV", subtype="FLOAT", samples=samples))
    heard, _ = soundfile.read(audio.path)
    assert np.isfinite(heard).all() and heard[100, 0] == 0


@pytest.mark.parametrize("head", [b"", b"\xff", b"GIF89a", b"FORM\0\0\0\0ILBM", b"RIFF\0\0\0\0AVI "])
def test_other_beginnings_are_no_audio(head):
    assert audio_kind(head) is None
