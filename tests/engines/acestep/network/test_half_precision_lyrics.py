"""float16 holds numbers up to 65,504, and the lyrics' last layer produces larger ones."""

import pytest
import torch

from audiomusic.engines.acestep.network.conditions import encode_conditions
from audiomusic.engines.acestep.network.half_precision import keep_lyrics_exact
from audiomusic.engines.acestep.network.model import load_model, pick_dtype
from tests.engines.acestep.tiny import make_song


def loud(model):
    """Scale the last lyric layer so that it adds hundreds of thousands, as in trained models."""
    with torch.no_grad():
        down = model.pipe.condition_encoder.lyric_encoder.layers[-1].mlp.down_proj
        down.weight.mul_(100.0).clamp_(-6e4, 6e4)
        model.pipe.condition_encoder.lyric_encoder.layers[-1].mlp.up_proj.weight.mul_(3e4)
    return model


@pytest.fixture(scope="module")
def halves(turbo_folder):
    return {
        name: loud(load_model(str(turbo_folder), device="cpu", dtype=name)) for name in ("float32", "float16")
    }


def test_lyrics_that_overflow_are_read_as_in_full_precision(halves):
    exact, half = (encode_conditions(halves[name], [make_song()]) for name in ("float32", "float16"))
    assert half.states.dtype is torch.float16 and half.states.isfinite().all()
    error = (half.states.float() - exact.states).norm() / exact.states.norm()
    assert error < 0.02


def test_without_that_layer_in_full_precision_they_would_not_be(turbo_folder, monkeypatch):
    monkeypatch.setattr("audiomusic.engines.acestep.network.model.keep_lyrics_exact", lambda encoder: None)
    model = loud(load_model(str(turbo_folder), device="cpu", dtype="float16"))
    assert not encode_conditions(model, [make_song()]).states.isfinite().all()
    keep_lyrics_exact(model.pipe.condition_encoder)
    assert encode_conditions(model, [make_song()]).states.isfinite().all()


@pytest.mark.parametrize(("has_own", "dtype"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_card_computes_what_it_can_by_itself(monkeypatch, has_own, dtype):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_own)
    assert pick_dtype("auto", torch.device("cuda")) is dtype


def test_the_others(monkeypatch):
    assert pick_dtype("auto", torch.device("mps")) is torch.bfloat16
    assert pick_dtype("auto", torch.device("cpu")) is torch.float32
