"""Loading: what is loaded, and a sentence for each silent fault."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from audiomusic.engines.acestep.folder import WeightsError
from audiomusic.engines.acestep.layouts import parts
from audiomusic.engines.acestep.network import model as models
from audiomusic.engines.acestep.network.model import load_model, pick_device, pick_dtype
from tests.support.acestep_faults import without_vocabulary


def change_weights(file, change):
    weights = load_file(file)
    change(weights)
    save_file(weights, file, {"format": "pt"})


def test_a_loaded_model_says_what_it_is(turbo):
    assert (turbo.sample_rate_hz, turbo.hop, turbo.frames_per_s, turbo.channels) == (8000, 320, 25, 4)
    assert (turbo.device.type, turbo.dtype, turbo.most_frames) == ("cpu", torch.float32, 15_000)
    assert turbo.byte_count > 100_000


def test_the_number_format_follows_the_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert pick_dtype("auto", torch.device("cpu")) is torch.float32
    assert pick_dtype("auto", torch.device("cuda")) is torch.bfloat16
    assert pick_dtype("float16", torch.device("cpu")) is torch.float16
    with pytest.raises(WeightsError, match="No number format is called 'int8'"):
        pick_dtype("int8", torch.device("cpu"))


def test_a_device_that_is_not_there():
    assert pick_device("cpu").type == "cpu"
    for name in ("abacus", "cuda:99"):
        with pytest.raises(WeightsError, match=f"The device '{name}' cannot be used"):
            pick_device(name)


def test_missing_packages_are_named(turbo_folder, monkeypatch):
    monkeypatch.setattr(models, "missing_packages", lambda: ["diffusers"])
    with pytest.raises(WeightsError, match="needs diffusers: run `make acestep`"):
        load_model(str(turbo_folder))


def test_a_tokenizer_that_loads_as_one_token(broken, monkeypatch):
    without_vocabulary(broken)
    with pytest.raises(WeightsError, match=r"knows 1 token\(s\)"):
        load_model(str(broken))
    monkeypatch.setattr(parts, "READ_VOCABULARY_BYTES", 0)  # as if the file were too large to be checked
    with pytest.raises(WeightsError, match=r"loaded as \d token"):
        load_model(str(broken))


def test_a_silence_of_zeros(broken):
    [file] = (broken / "condition_encoder").glob("*.safetensors")
    change_weights(file, lambda weights: weights["silence_latent"].zero_())
    with pytest.raises(WeightsError, match="silence_latent is all zeros"):
        load_model(str(broken))


def test_weights_of_another_shape(broken):
    [file] = (broken / "vae").glob("*.safetensors")

    def widen(weights):
        name = next(name for name in weights if weights[name].ndim == 3)
        weights[name] = torch.cat([weights[name], weights[name]])

    change_weights(file, widen)
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_model(str(broken))


def test_weights_that_are_not_there(broken):
    [file] = (broken / "transformer").glob("*.safetensors")
    change_weights(file, lambda weights: weights.pop("proj_in_conv.weight"))
    with pytest.raises(WeightsError, match=r"no values|cannot be loaded"):
        load_model(str(broken))


def test_parts_that_do_not_belong_together(turbo, monkeypatch):
    monkeypatch.setattr(turbo.pipe.vae.config, "decoder_input_channels", 64)
    assert "do not belong together" in models.pipe_problems(turbo.pipe)[0]
