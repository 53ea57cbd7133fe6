"""Recorded instruments: the pack is complete, notes are in tune and seamless, memory is bounded."""

import shutil
import struct

import numpy as np
import pytest
import torch

from audiomusic.engines.studio.synth.sampling import library
from audiomusic.engines.studio.synth.sampling.header import SoundFontNotReadable
from audiomusic.engines.studio.synth.sampling.pack import (
    INDEX,
    PACK_DIR,
    RECORDING_DIR,
    Pack,
    PackDamaged,
    pack,
)
from audiomusic.engines.studio.synth.sampling.player import Sampled
from audiomusic.engines.studio.synth.sampling.recordings import Recording, RecordingCache, unrolled
from audiomusic.engines.studio.synth.sampling.resample import resampled, sizes_for
from audiomusic.engines.studio.synth.sampling.soundfont import SoundFont
from audiomusic.engines.studio.synth.sampling.zones import Zone, takes_at, zones_at
from audiomusic.engines.studio.synth.signals import Notes
from audiomusic.engines.units import midi_to_hz

RATE = 48_000


def sine(f_hz, samples, rate_hz):
    return torch.sin(torch.arange(samples, dtype=torch.float64) * (2 * np.pi * f_hz / rate_hz)).float()


def recording_of(wave, rate_hz=44_100):
    return Recording((wave * 20_000).to(torch.int16), rate_hz)


def note(model, pitch, seconds=0.5, velocity=0.8, seed=0):
    f0_hz = torch.tensor([midi_to_hz(pitch)], dtype=torch.float64)
    return model.write(Notes(f0_hz, torch.tensor([velocity]), [seed], round(seconds * RATE)))[0]


def test_the_pack_is_whole_small_and_credited():
    held = {path.stem for path in (PACK_DIR / RECORDING_DIR).glob("*.ogg")}
    used = {zone.recording for name in pack().instruments for zone in pack().zones(name)}
    assert held == set(pack().recordings) == used
    assert sum(path.stat().st_size for path in (PACK_DIR / RECORDING_DIR).iterdir()) <= 16e6
    for font in ("FluidR3Mono", "MuseScoreGeneral"):
        assert "Permission is hereby granted" in (PACK_DIR / f"LICENSE-{font}.txt").read_text("utf-8")


def test_every_recording_is_the_one_that_the_index_names():
    for name in pack().recordings[::8]:
        assert pack().read(name).samples.abs().max() > 500


def test_a_recording_that_was_changed_is_refused(tmp_path):
    (tmp_path / RECORDING_DIR).mkdir()
    shutil.copy(PACK_DIR / INDEX, tmp_path / INDEX)
    (tmp_path / RECORDING_DIR / "clave-l.ogg").write_bytes(b"OggS and no more")
    with pytest.raises(PackDamaged, match="clave-l.ogg"):
        Pack(tmp_path).read("clave-l")


def test_an_instrument_that_no_one_recorded_is_refused_by_name():
    with pytest.raises(ValueError, match="got 'theremin'"):
        library.recorded_instrument("theremin")


@pytest.mark.parametrize("step", [0.4, 0.92, 1.0, 1.7])
def test_another_speed_is_another_pitch_and_nothing_folds_back(step):
    sound = resampled(sine(3000, 60_000, RATE), step, 24_000).numpy()[2000:-2000]
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18)) ** 2
    hz = np.fft.rfftfreq(1 << 18, 1 / RATE)
    assert 1200 * np.log2(hz[power.argmax()] / (3000 * step)) == pytest.approx(0, abs=0.5)
    assert power[np.abs(hz - 3000 * step) > 60].max() < 1e-7 * power.max()


def test_sizes_are_near_their_ratio_and_not_much_too_large():
    for length, step in ((4000, 0.93), (48_000, 1.31), (250_000, 0.55), (1_400_000, 1.02)):
        read, written = sizes_for(length, step)
        assert length <= written < 1.6 * length
        assert abs(1200 * np.log2(read / written / step)) < 0.5


def test_a_filter_comes_with_the_pitch():
    wave = sine(500, 48_000, RATE) + sine(9000, 48_000, RATE)
    dull = resampled(wave, 1.0, 40_000, lambda f_hz: (f_hz < 2000).float())
    assert torch.allclose(dull[3000:-3000], sine(500, 40_000, RATE)[3000:-3000], atol=0.02)


def test_a_loop_has_no_seam():
    """The period is 100 samples, and the loop's end is off by a quarter of it, as in bad loops."""
    recording = recording_of(sine(441, 5000, 44_100))
    wave = unrolled(recording, 0, (1000, 4025), 20_000).numpy()
    assert len(wave) == 20_000
    assert np.abs(np.diff(wave)).max() < 1.3 * np.abs(np.diff(wave[:1000])).max()


def test_without_a_loop_a_recording_ends():
    assert len(unrolled(recording_of(sine(441, 5000, 44_100)), 200, (0, 0), 20_000)) == 4800


def test_zones_are_chosen_by_key_and_touch_and_the_nearest_beyond_them():
    zones = [
        Zone("low-soft", 40.0, (30, 50), (0, 79)), Zone("low-hard", 40.0, (30, 50), (80, 127)),
        Zone("high", 60.0, (51, 70)),
    ]  # fmt: skip
    assert [zone.recording for zone in zones_at(zones, 40, 100)] == ["low-hard"]
    assert [zone.recording for zone in zones_at(zones, 10, 20)] == ["low-soft"]
    assert [zone.recording for zone in zones_at(zones, 90, 20)] == ["high"]


def test_neighbours_stand_in_where_they_are_near():
    zones = [Zone("a", 48.0, (46, 49)), Zone("b", 52.0, (50, 53)), Zone("c", 64.0, (54, 70))]
    found = [[zone.recording for zone in take] for take in takes_at(zones, 50.0, 90)]
    assert found == [["b"], ["a"]]


def test_a_long_note_outlasts_its_recording_and_a_soft_one_is_darker():
    flute = Sampled("flute")
    held = note(flute, 72, seconds=4.0)
    assert held[:, -RATE // 2 :].square().mean() > 0.1 * held[:, RATE : 2 * RATE].square().mean()
    guitar = Sampled("steel_guitar")
    bright = [torch.fft.rfft(note(guitar, 57, velocity=v)[0]).abs()[2500:].sum() for v in (0.3, 0.95)]
    assert bright[0] < 0.6 * bright[1]


def test_another_seed_plays_another_recording():
    takes = [note(Sampled("steel_guitar"), 57, seed=seed) for seed in (0, 1)]
    assert not torch.allclose(takes[0], takes[1], atol=1e-3)
    alone = Sampled("steel_guitar", neighbours=False)
    assert torch.equal(note(alone, 57, seed=0), note(alone, 57, seed=1))


def test_memory_holds_no_more_than_it_may():
    cache = RecordingCache(budget_mib=0.1)
    for number in range(10):
        cache.fetch(number, lambda: recording_of(torch.zeros(20_000)))
    assert cache.size <= 0.1 * 2**20
    again = cache.fetch(9, lambda: pytest.fail("read twice"))
    assert again.samples.numel() == 20_000


# A sound font with one preset, in as few bytes as possible.


def _chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _list(kind, *chunks):
    return _chunk(b"LIST", kind + b"".join(chunks))


def small_font(path, *, program=24, f_hz=220.0, root=57):
    """Write a sound font with a looped sine at 220 Hz as the nylon guitar."""
    wave = (sine(f_hz, 8020, 22_050).numpy() * 30_000).astype("<i2")
    gens = [
        (43, bytes([0, 127])),
        (58, struct.pack("<h", root)),
        (54, struct.pack("<h", 1)),
        (53, struct.pack("<h", 0)),
    ]
    igen = b"".join(struct.pack("<H2s", op, raw) for op, raw in gens) + struct.pack("<H2s", 0, b"\0\0")
    hydra = _list(
        b"pdta",
        _chunk(b"phdr", struct.pack("<20sHHHIII", b"Nylon", program, 0, 0, 0, 0, 0)
               + struct.pack("<20sHHHIII", b"EOP", 0, 0, 1, 0, 0, 0)),
        _chunk(b"pbag", struct.pack("<HHHH", 0, 0, 1, 0)),
        _chunk(b"pmod", bytes(10)),
        _chunk(b"pgen", struct.pack("<HhHh", 41, 0, 0, 0)),
        _chunk(b"inst", struct.pack("<20sH20sH", b"Nylon", 0, b"EOI", 1)),
        _chunk(b"ibag", struct.pack("<HHHH", 0, 0, len(gens), 0)),
        _chunk(b"imod", bytes(10)),
        _chunk(b"igen", igen),
        _chunk(b"shdr", struct.pack("<20sIIIIIBbHH", b"wave", 0, 8020, 4009, 8018, 22_050, 60, 0, 0, 1)
               + struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    )  # fmt: skip
    body = b"sfbk" + _list(b"sdta", _chunk(b"smpl", wave.tobytes())) + hydra
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


@pytest.fixture
def own_font(tmp_path):
    library.use_soundfont(small_font(tmp_path / "own.sf2"))
    yield
    library.use_soundfont(None)


def test_a_soundfont_of_ones_own_plays_what_it_holds_and_is_named(own_font):
    sound = note(Sampled("nylon_guitar"), 69)[0].numpy()[4000:-4000]
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 17))
    assert power.argmax() * RATE / (1 << 17) == pytest.approx(440, abs=1)
    assert library.recorded_instrument("piano")[0] is pack()
    assert set(library.recordings_made_with()) == {"samples", "soundfont"}


def test_a_file_that_is_no_soundfont_is_refused(tmp_path):
    (tmp_path / "song.sf2").write_bytes(b"RIFF....WAVE" + bytes(100))
    with pytest.raises(SoundFontNotReadable, match="song.sf2"):
        SoundFont(tmp_path / "song.sf2")
    with pytest.raises(SoundFontNotReadable, match="No such file"):
        SoundFont(tmp_path / "none.sf2")


def test_a_soundfont_that_ends_too_soon_is_refused(tmp_path):
    whole = small_font(tmp_path / "own.sf2").read_bytes()
    (tmp_path / "half.sf2").write_bytes(whole[:-400])
    with pytest.raises(SoundFontNotReadable, match="half.sf2"):
        SoundFont(tmp_path / "half.sf2")
