"""Every instrument, measured with numpy and librosa: in tune, lively, and unlike the others."""

import librosa
import numpy as np
import pytest
import torch

from audiomusic.engines.studio.score import INSTRUMENTS
from audiomusic.engines.studio.synth.declared import fill
from audiomusic.engines.studio.synth.modal import Modal
from audiomusic.engines.studio.synth.patches import REFERENCE_RMS, patch_of, patches
from audiomusic.engines.studio.synth.signals import Notes
from audiomusic.engines.units import midi_to_hz

torch.set_num_threads(1)
RATE = 48_000
UNPITCHED = {"riser"}
PITCHED = [name for name in INSTRUMENTS if name not in UNPITCHED]
LOW = {"upright_bass", "electric_bass", "synth_bass", "sub_bass"}
RINGING_OUT = ["marimba", "pizzicato", "banjo", "muted_guitar", "pluck", "steel_drum"]
HOLDING = ["organ", "strings", "trumpet", "flute", "accordion", "saw_lead", "warm_pad", "violin"]


def played(name, pitch=None, velocity=0.8, seconds=1.0, seed=5):
    """Return one note of an instrument: numpy [channels, n]."""
    pitch = (40 if name in LOW else 64) if pitch is None else pitch
    f0_hz = torch.tensor([midi_to_hz(pitch)], dtype=torch.float64)
    notes = Notes(f0_hz, torch.tensor([velocity]), [seed], round(seconds * RATE))
    return patch_of(name).write(notes)[0].numpy()


def centroid_hz(wave):
    power = np.abs(np.fft.rfft(wave.mean(axis=0))) ** 2
    return float((power * np.fft.rfftfreq(wave.shape[1], 1 / RATE)).sum() / power.sum())


def off_cents(wave, f0_hz):
    """Return how far the power centroid within half a semitone of f0 is from f0, in cents."""
    mono = wave.mean(axis=0)[RATE // 20 :]
    power = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), 1 << 20)) ** 2
    hz = np.fft.rfftfreq(1 << 20, 1 / RATE)
    near = (hz > f0_hz * 2 ** (-0.5 / 12)) & (hz < f0_hz * 2 ** (0.5 / 12))
    centre = (power[near] * hz[near]).sum() / power[near].sum()
    return 1200 * np.log2(centre / f0_hz)


def rms(wave):
    return float(np.sqrt(np.mean(wave**2)))


def test_every_instrument_has_a_patch_and_no_patch_is_idle():
    assert set(patches()) == set(INSTRUMENTS)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_note_is_finite_audible_centred_and_starts_without_a_step(name):
    wave = played(name)
    assert wave.shape[0] in (1, 2)
    assert np.isfinite(wave).all()
    assert 0.01 < rms(wave) <= REFERENCE_RMS * 1.6
    assert np.abs(wave).max() < 1.2
    assert np.abs(wave[:, 0]).max() < 0.02
    assert np.abs(wave.mean()) < 2e-3


@pytest.mark.parametrize("name", PITCHED)
def test_it_is_in_tune(name):
    pitch = 40 if name in LOW else 64
    assert off_cents(played(name, pitch, seconds=1.5), midi_to_hz(pitch)) == pytest.approx(0, abs=8)


@pytest.mark.parametrize("name", ["piano", "nylon_guitar", "electric_bass", "clarinet", "marimba", "organ"])
@pytest.mark.parametrize("pitch", [38, 52, 71, 84])
def test_it_is_in_tune_all_over_the_keyboard(name, pitch):
    # A piano's bass is tuned by its partials, which are sharp, so its fundamentals are a little low.
    near_cents = 8 if name == "piano" and pitch < 48 else 5
    assert off_cents(played(name, pitch, seconds=1.5), midi_to_hz(pitch)) == pytest.approx(0, abs=near_cents)


@pytest.mark.parametrize("name", ["clarinet", "trumpet", "violin", "cello", "harmonica", "square_lead"])
def test_a_pitch_tracker_hears_the_note(name):
    wave = librosa.resample(played(name, 62).mean(axis=0), orig_sr=RATE, target_sr=16_000)
    track = librosa.yin(wave, fmin=80, fmax=1200, sr=16_000)
    assert librosa.hz_to_midi(np.median(track)) == pytest.approx(62, abs=0.15)


@pytest.mark.parametrize("name", RINGING_OUT)
def test_struck_sounds_die_away(name):
    wave = played(name, seconds=1.5)
    assert rms(wave[:, -RATE // 5 :]) < 0.15 * rms(wave[:, : RATE // 5])


@pytest.mark.parametrize("name", HOLDING)
def test_blown_and_bowed_sounds_hold(name):
    wave = played(name, seconds=2.5)
    assert rms(wave[:, -RATE // 2 :]) > 0.6 * rms(wave[:, RATE : RATE + RATE // 2])


@pytest.mark.parametrize(
    "name",
    ["piano", "steel_guitar", "electric_bass", "trumpet", "brass_section", "electric_piano", "synth_bass"],
)
def test_a_harder_touch_is_brighter(name):
    soft, hard = played(name, velocity=0.3), played(name, velocity=0.95)
    assert centroid_hz(hard) > 1.1 * centroid_hz(soft)


def test_high_piano_notes_die_sooner_than_low_ones():
    def left(pitch):
        wave = played("piano", pitch, seconds=3.0)
        return rms(wave[:, -RATE // 2 :]) / rms(wave[:, : RATE // 2])

    assert left(36) > 3 * left(84)


def test_piano_partials_are_stretched_like_a_strings():
    wave = played("piano", 45, seconds=2.0)
    f0_hz = midi_to_hz(45)
    power = np.abs(np.fft.rfft(wave.mean(axis=0) * np.hanning(2 * RATE), 1 << 20))
    hz = np.fft.rfftfreq(1 << 20, 1 / RATE)
    near = (hz > 11.7 * f0_hz) & (hz < 12.5 * f0_hz)
    assert 12.02 < hz[near][power[near].argmax()] / f0_hz < 12.35


def test_instruments_differ_in_colour():
    """No two instruments, sustained or struck, share a band profile."""
    names = [name for name in PITCHED if name not in LOW]
    profiles = []
    for name in names:
        mel = librosa.feature.melspectrogram(
            y=played(name, 60).mean(axis=0), sr=RATE, n_mels=40, hop_length=2400
        )
        profiles.append(librosa.power_to_db(mel / mel.sum(), top_db=60).ravel())
    stacked = np.stack(profiles)
    apart = np.sqrt(((stacked[:, None] - stacked[None]) ** 2).mean(axis=2))
    np.fill_diagonal(apart, 99)
    closest = np.unravel_index(apart.argmin(), apart.shape)
    assert apart.min() > 2.0, (names[closest[0]], names[closest[1]])


def test_the_same_note_is_the_same_and_another_take_is_not():
    first, again, other = played("steel_guitar"), played("steel_guitar"), played("steel_guitar", seed=6)
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1e-3)
    assert rms(first) == pytest.approx(rms(other), rel=0.2)


@pytest.mark.parametrize("name", sorted(LOW))
def test_basses_stand_in_the_middle(name):
    assert played(name).shape[0] == 1


@pytest.mark.parametrize("name", ["supersaw", "strings", "warm_pad", "bright_pad", "choir_pad"])
def test_wide_sounds_survive_mono(name):
    left, right = played(name)
    assert 0.1 < np.corrcoef(left, right)[0, 1] < 0.95
    assert rms((left + right) / 2) > 0.6 * rms(left)


def test_an_unknown_instrument_is_refused_by_name():
    with pytest.raises(ValueError, match="got 'theremin'"):
        patch_of("theremin")


def test_an_unknown_parameter_is_refused():
    with pytest.raises(ValueError, match="Modal has no wobble"):
        fill(Modal, {"modes": [], "wobble": 1})
