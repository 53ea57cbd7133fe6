"""Adapters change the song, as strongly as they should, and leave no trace."""

import json

import pytest
import torch
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import save_file

from audiomusic.engines.acestep.adapters import AdapterRack, adapter_scale
from audiomusic.engines.acestep.network.model import load_model
from audiomusic.engines.acestep.network.sampler import denoise
from audiomusic.engines.base import AdapterWeights, EngineError
from tests.engines.acestep.tiny import TURBO, make_song


@pytest.fixture
def model(turbo_folder):
    return load_model(str(turbo_folder), device="cpu")


def write_adapter(folder, model, *, seed=3, rank=2, alpha=4):
    """An adapter of random values, as a trainer would save it."""
    folder.mkdir()
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=["to_q", "to_v"])
    trained = inject_adapter_in_model(config, type(model.pipe.transformer)(**model.pipe.transformer.config))
    generator = torch.Generator().manual_seed(seed)
    weights = {
        f"transformer.{name}": torch.randn(value.shape, generator=generator)
        for name, value in get_peft_model_state_dict(trained).items()
    }
    save_file(weights, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"lora_alpha": alpha, "r": rank}))
    return AdapterWeights(folder.name, str(folder))


def latents(model):
    return denoise(model, [make_song()], TURBO, on_step=lambda done, total: None, dropped=frozenset)[0]


def test_it_changes_the_song_by_its_weight_and_goes_without_a_trace(model, tmp_path):
    plain, rack = latents(model), AdapterRack(model.pipe)
    adapter = write_adapter(tmp_path / "rain", model)
    rack.use(adapter, 1.0)
    strong = latents(model)
    assert not torch.allclose(plain, strong, atol=1e-3)
    rack.use(adapter, 0.1)
    weak = latents(model)
    assert (weak - plain).abs().mean() < (strong - plain).abs().mean()
    rack.use(adapter, 0.0)
    torch.testing.assert_close(latents(model), plain, atol=1e-5, rtol=0)
    rack.use(None, 1.0)
    assert torch.equal(latents(model), plain)


def test_one_takes_the_place_of_another(model, tmp_path):
    rack = AdapterRack(model.pipe)
    first = write_adapter(tmp_path / "one", model, seed=1)
    second = write_adapter(tmp_path / "two.b c", model, seed=2)
    rack.use(first, 1.0)
    alone = latents(model)
    rack.use(second, 1.0)
    assert not torch.allclose(latents(model), alone, atol=1e-3)
    rack.use(first, 1.0)
    assert torch.equal(latents(model), alone)


def test_the_strength_follows_the_registry_the_folder_and_the_trainer(tmp_path):
    assert adapter_scale(AdapterWeights("a", str(tmp_path))) == 2.0  # 16 / 8
    (tmp_path / "adapter_config.json").write_text('{"lora_alpha": 6, "r": 4}')
    assert adapter_scale(AdapterWeights("a", str(tmp_path))) == 1.5
    assert adapter_scale(AdapterWeights("a", str(tmp_path), alpha=8.0)) == 2.0
    assert adapter_scale(AdapterWeights("a", str(tmp_path), alpha=8.0, rank=16)) == 0.5


@pytest.mark.parametrize("count", [0, 2])
def test_a_folder_without_one_file_of_weights(model, tmp_path, count, caplog):
    for number in range(count):
        (tmp_path / f"{number}.safetensors").touch()
    with pytest.raises(EngineError, match="'a' cannot be loaded") as caught:
        AdapterRack(model.pipe).use(AdapterWeights("a", str(tmp_path)), 1.0)
    assert str(tmp_path) not in str(caught.value)
    assert f"{tmp_path} cannot be loaded: it has {count} .safetensors files" in caplog.text


def test_an_adapter_that_the_loader_refuses_does_not_say_where_it_lies(model, tmp_path, caplog):
    (tmp_path / "a.safetensors").write_bytes(b"no tensors")
    with pytest.raises(EngineError, match="'torn' cannot be loaded") as caught:
        AdapterRack(model.pipe).use(AdapterWeights("torn", str(tmp_path)), 1.0)
    assert str(tmp_path) not in str(caught.value) and str(tmp_path) in caplog.text


def test_an_adapter_of_something_else(model, tmp_path):
    plain, rack = latents(model), AdapterRack(model.pipe)
    save_file({"unet.lora_A.weight": torch.ones(2, 2)}, tmp_path / "a.safetensors")
    with pytest.raises(EngineError, match="'alien' cannot be loaded"):
        rack.use(AdapterWeights("alien", str(tmp_path)), 1.0)
    rack.use(None, 1.0)
    assert torch.equal(latents(model), plain)
