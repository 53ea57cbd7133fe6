import io

import numpy as np
import pytest
import soundfile

from audiomusic.engines.encoding import CHUNK_FRAMES, FORMATS, encode, peaks, probe, transcode


def noise(duration_s, level=0.2, seed=0):
    return (level * np.random.default_rng(seed).standard_normal((2, int(48_000 * duration_s)))).astype("f")


def tone(duration_s):
    time_s = np.arange(int(48_000 * duration_s)) / 48_000
    return np.stack([0.4 * np.sin(2 * np.pi * hz * time_s) for hz in (440, 660)]).astype("f")


def read(path):
    samples, sample_rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    assert sample_rate_hz == 48_000
    return samples.T


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_lossless_formats_keep_24_bits(tmp_path, format):
    samples = tone(1.5)
    encode(samples, tmp_path / "a", format)
    assert np.abs(read(tmp_path / "a") - samples).max() <= 2**-23


@pytest.mark.parametrize("format", ["mp3", "ogg"])
def test_lossy_formats_sound_alike(tmp_path, format):
    samples = tone(1.5)
    encode(samples, tmp_path / "a", format)
    decoded = read(tmp_path / "a")
    assert decoded.shape == samples.shape
    error = (decoded - samples)[:, 4800:-4800]
    assert 10 * np.log10(np.square(error).mean() / np.square(samples).mean()) < -35


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_what_it_says(tmp_path, format):
    encode(tone(1), tmp_path / "a", format)
    info = probe(tmp_path / "a")
    codec = FORMATS[format]
    assert (info.format, info.subtype) == (codec.container, codec.subtype)
    assert (info.channels, info.sample_rate_hz, info.frames, info.duration_s) == (2, 48_000, 48_000, 1.0)


def test_mp3_has_a_constant_320_kbit_a_second(tmp_path):
    encode(noise(4), tmp_path / "a.mp3", "mp3")
    assert (tmp_path / "a.mp3").stat().st_size * 8 / 4 == pytest.approx(320_000, rel=0.03)


def test_a_minute_of_noise_survives_vorbis(tmp_path):
    encode(noise(60), tmp_path / "a.ogg", "ogg")
    assert probe(tmp_path / "a.ogg").duration_s == 60


@pytest.mark.parametrize("frames", [1, 2, CHUNK_FRAMES - 1, CHUNK_FRAMES, CHUNK_FRAMES + 1])
def test_lengths_around_a_chunk_are_exact(tmp_path, frames):
    encode(np.zeros((2, frames), "f"), tmp_path / "a.flac", "flac")
    assert probe(tmp_path / "a.flac").frames == frames


def test_overs_are_clipped_not_wrapped(tmp_path):
    encode(np.full((2, 100), 1.5, "f"), tmp_path / "a.wav", "wav")
    assert read(tmp_path / "a.wav").min() > 0.999


def test_one_channel_is_written_as_one(tmp_path):
    encode(tone(0.1)[:1], tmp_path / "a.ogg", "ogg")
    assert probe(tmp_path / "a.ogg").channels == 1


def test_encode_refuses_samples_that_are_no_numbers(tmp_path):
    samples = tone(1)
    samples[1, 40_000] = np.nan
    with pytest.raises(ValueError, match="samples must be finite"):
        encode(samples, tmp_path / "a.flac", "flac")


@pytest.mark.parametrize("shape", [(48_000,), (48_000, 2), (0, 10), (2, 0)])
def test_encode_refuses_another_shape(tmp_path, shape):
    with pytest.raises(ValueError, match=r"samples must be \[1 or 2, frames\], at least one frame, not"):
        encode(np.zeros(shape, "f"), tmp_path / "a.flac", "flac")


def test_an_unknown_format_is_named_with_those_there_are(tmp_path):
    with pytest.raises(ValueError, match="no format is called 'aiff'; there are: wav, flac, mp3, ogg"):
        encode(tone(0.1), tmp_path / "a", "aiff")


@pytest.mark.parametrize("format", FORMATS)
def test_transcode_from_the_master(tmp_path, format):
    encode(tone(2), tmp_path / "master.flac", "flac")
    transcode(tmp_path / "master.flac", tmp_path / "a", format)
    info = probe(tmp_path / "a")
    assert (info.format, info.frames) == (FORMATS[format].container, 96_000)


def test_transcode_without_loss_is_exact_and_reads_open_files(tmp_path):
    encode(noise(2), tmp_path / "master.flac", "flac")
    transcode(io.BytesIO((tmp_path / "master.flac").read_bytes()), tmp_path / "a.wav", "wav")
    assert np.array_equal(read(tmp_path / "a.wav"), read(tmp_path / "master.flac"))


def test_what_is_no_audio_is_refused(tmp_path):
    (tmp_path / "a.flac").write_bytes(b"<html>not a song</html>")
    for refused in (lambda: probe(tmp_path / "a.flac"), lambda: transcode(tmp_path / "a.flac", "b", "wav")):
        with pytest.raises(ValueError, match="Expected an audio file"):
            refused()


def test_peaks_follow_the_loudness():
    samples = np.zeros((2, 48_000), "f")
    samples[1, 24_000:] = -0.51234
    found = peaks(samples, count=4)
    assert found == [0.0, 0.0, 0.512, 0.512]


@pytest.mark.parametrize(("frames", "length"), [(0, 0), (1, 1), (799, 799), (800, 800), (100_003, 800)])
def test_peaks_give_at_most_the_count(frames, length):
    assert len(peaks(np.full((2, frames), 2.0, "f"))) == length
    assert set(peaks(np.full((2, frames), 2.0, "f"))) <= {1.0}
