"""Estimated stems: percussion, bass, and the output of a separation model."""

import json

import numpy as np
import pytest
import soundfile

from audiomusic.engines.foreign.stems.mdx import load_model, vocals_of
from audiomusic.engines.foreign.stems.methods import StemsUnavailable
from audiomusic.engines.foreign.stems.separator import separate
from audiomusic.engines.foreign.stems.settings_file import (
    ModelUnusable,
    SettingsUnusable,
    model_file,
    read_settings,
)
from audiomusic.engines.foreign.stems.split import bass, percussive
from tests.support.onnx_model import separation_model

RATE_HZ = 48_000
EVEN = np.arange(3 * RATE_HZ) / RATE_HZ
HALF = np.eye(4) / 2


def tone(frequency_hz):
    return np.tile(sum(np.sin(2 * np.pi * frequency_hz * k * EVEN) / k for k in (1, 2, 3)), (2, 1)) * 0.1


def clicks():
    sound = np.zeros((2, len(EVEN)))
    noise = np.random.default_rng(1).normal(size=600) * np.exp(-np.arange(600) / 120)
    for start in range(0, len(EVEN) - 600, RATE_HZ // 2):
        sound[:, start : start + 600] += noise * 0.3
    return sound


def si_sdr(found, wanted):
    found, wanted = found.ravel().astype(float), wanted.ravel()
    aim = wanted * (found @ wanted) / (wanted @ wanted)
    return 10 * np.log10((aim @ aim) / ((found - aim) @ (found - aim)))


@pytest.fixture(scope="module")
def mixed():
    struck, low, high = clicks(), tone(55), tone(660)
    return struck, low, (struck + low + high).astype(np.float32)


def test_what_is_struck_is_told_from_what_sounds_on(mixed):
    struck, _, mix = mixed
    assert percussive(mix).shape == mix.shape
    assert si_sdr(percussive(mix), struck) > si_sdr(mix, struck) + 6


def test_the_bass_is_told_from_what_is_above_it(mixed):
    _, low, mix = mixed
    assert si_sdr(bass(mix), low) > si_sdr(mix, low) + 6


@pytest.fixture
def model(tmp_path):
    """model(weights, name, **beside): write a model file with these weights, and its settings file."""

    def make(weights=HALF, name="own.onnx", beside=None, **sizes):
        path = tmp_path / name
        path.write_bytes(separation_model(weights, **sizes))
        if beside is not None:
            path.with_suffix(".json").write_text(beside)
        return path

    return make


def test_a_model_is_run_by_the_shape_that_its_file_has(model):
    low = tone(440).astype(np.float32)
    path = model(beside=json.dumps({"stem": "vocals", "n_fft": 4096, "compensate": 2.0}))
    made = vocals_of(low, load_model(path))
    assert made.shape == low.shape
    assert made[:, 9_000:-9_000] == pytest.approx(low[:, 9_000:-9_000], abs=0.01)


def test_a_model_of_what_is_played_gives_the_rest(model):
    low = tone(440).astype(np.float32)
    made = vocals_of(low, load_model(model(np.eye(4), beside='{"stem": "instrumental", "n_fft": 4096}')))
    assert np.abs(made[:, 9_000:-9_000]).max() < 0.01


def test_random_weights_give_a_sound_in_time(model):
    weights = np.random.default_rng(2).normal(size=(4, 4))
    loaded = load_model(model(weights, name="vocals.onnx", bins=2048, frames=32))
    assert (loaded.bins, loaded.frames, loaded.size, loaded.gives_vocals) == (2048, 32, 6144, True)
    made = vocals_of(clicks().astype(np.float32)[:, :RATE_HZ], loaded)
    assert made.shape == (2, RATE_HZ) and np.isfinite(made).all() and np.abs(made).max() > 0


@pytest.mark.parametrize(
    ("content", "words"), [(b"no model", "cannot be read"), (None, "Expected a separation model of")]
)
def test_what_is_no_separation_model_is_refused(model, content, words):
    path = model(bins=8) if content is None else model()
    path.write_bytes(content if content is not None else path.read_bytes())
    with pytest.raises(StemsUnavailable, match=words):
        load_model(path)


@pytest.mark.parametrize(
    "beside", ["{", "[]", '{"stem": "drums"}', '{"n_fft": "6144"}', '{"n_fft": 8}', '{"other": 1}']
)
def test_settings_beside_a_model_that_say_nothing_are_named(model, beside):
    with pytest.raises(SettingsUnusable, match="Expected"):
        read_settings(model(beside=beside))


def test_a_model_is_a_file_or_alone_in_its_folder(model, tmp_path):
    path = model()
    assert model_file(path) == model_file(tmp_path) == path
    model(name="second.onnx")
    for wrong in (tmp_path, tmp_path / "none.onnx", tmp_path / "song.wav"):
        with pytest.raises(ModelUnusable, match="Expected"):
            model_file(wrong)


def test_a_process_of_its_own_says_what_is_wrong_and_is_ended_with_the_question(mixed, tmp_path):
    soundfile.write(tmp_path / "sound.wav", mixed[2].T, RATE_HZ, "PCM_24")
    wrong = tmp_path / "no.onnx"
    wrong.write_bytes(b"no model")
    with pytest.raises(StemsUnavailable, match="cannot be read"):
        separate(tmp_path / "sound.wav", tmp_path, ["vocals"], wrong, 3.0, lambda: None)

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        separate(tmp_path / "sound.wav", tmp_path, ["drums"], None, 3.0, stop)
    assert not (tmp_path / "drums.wav").exists()
