"""Adapters change a song as peft's own loading does, also when combined, and are removed without a trace."""

import json

import pytest
import torch
from peft import LoKrConfig, LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import load_file, save_file

from audiomusic.engines.acestep.adapters import AdapterRack
from audiomusic.engines.acestep.network.model import load_model
from audiomusic.engines.acestep.network.sampler import denoise
from audiomusic.engines.base import AdapterWeights, EngineError
from tests.engines.acestep.tiny import TURBO, make_song

#: Configurations as trainers write them, as peft's classes.
TRAINED = {
    "plain": LoraConfig(r=2, lora_alpha=4, target_modules=["to_q", "to_v"]),
    "rslora": LoraConfig(r=4, lora_alpha=4, use_rslora=True, target_modules=["to_q", "to_v"]),
    "patterns": LoraConfig(
        r=2,
        lora_alpha=2,
        target_modules=["to_q", "to_k", "to_v"],
        rank_pattern={"to_k": 4},
        alpha_pattern={"to_k": 2, "layers.0.self_attn.to_v": 6},
    ),
    "dora": LoraConfig(r=2, lora_alpha=4, use_dora=True, target_modules=["to_q", "to_v"]),
    "lokr": LoKrConfig(r=2, alpha=4, decompose_both=True, target_modules=["to_q", "to_v"]),
    "lokr with patterns": LoKrConfig(
        r=2, alpha=2, target_modules=["to_q", "to_v"], alpha_pattern={"to_v": 5}, rank_pattern={"to_v": 4}
    ),
}


@pytest.fixture(scope="module")
def loaded(turbo_folder):
    return load_model(str(turbo_folder), device="cpu")


@pytest.fixture
def model(loaded):
    yield loaded
    AdapterRack(loaded.pipe).use()
    loaded.pipe.unload_lora_weights()


def trained_by_peft(model, config, seed=3):
    """Return a copy of the transformer with random adapter weights, made by peft alone, and those weights."""
    transformer = type(model.pipe.transformer)(**model.pipe.transformer.config)
    transformer.load_state_dict(model.pipe.transformer.state_dict())
    inject_adapter_in_model(config, transformer)
    generator = torch.Generator().manual_seed(seed)
    for name, value in transformer.named_parameters():
        if "lora_" in name or "lokr_" in name:
            offset = 1.0 if "magnitude" in name else 0.0
            value.data = offset + 0.3 * torch.randn(value.shape, generator=generator)
    return transformer, get_peft_model_state_dict(transformer)


def write_adapter(folder, model, config=TRAINED["plain"], *, seed=3, start="transformer."):
    """Save an adapter of random values as a trainer would."""
    folder.mkdir()
    _, weights = trained_by_peft(model, config, seed)
    save_file(
        {f"{start}{name}": value.contiguous() for name, value in weights.items()}, folder / "a.safetensors"
    )
    told = {name: value for name, value in config.to_dict().items() if name not in ("target_modules",)}
    (folder / "adapter_config.json").write_text(json.dumps(told, default=list))
    return AdapterWeights(folder.name, str(folder))


def latents(model):
    return denoise(model, [make_song()], TURBO, on_step=lambda done, total: None, dropped=frozenset)[0]


def peft_latents(model, transformer):
    own, model.pipe.transformer = model.pipe.transformer, transformer.eval()
    try:
        return latents(model)
    finally:
        model.pipe.transformer = own


@pytest.mark.parametrize("config", TRAINED.values(), ids=TRAINED)
def test_it_sounds_as_peft_plays_it(model, tmp_path, config):
    transformer, _ = trained_by_peft(model, config)
    plain, expected = latents(model), peft_latents(model, transformer)
    AdapterRack(model.pipe).use(write_adapter(tmp_path / "rain", model, config))
    found = latents(model)
    assert (expected - plain).abs().mean() > 0.01
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-3)


def test_it_changes_the_song_by_its_weight_and_goes_without_a_trace(model, tmp_path):
    plain, rack = latents(model), AdapterRack(model.pipe)
    adapter = write_adapter(tmp_path / "rain", model)
    rack.use(adapter)
    strong = latents(model)
    assert not torch.allclose(plain, strong, atol=1e-3)
    rack.use(at_weight(adapter, 0.1))
    weak = latents(model)
    assert (weak - plain).abs().mean() < (strong - plain).abs().mean()
    rack.use(at_weight(adapter, 0.0))
    torch.testing.assert_close(latents(model), plain, atol=1e-5, rtol=0)
    rack.use()
    assert torch.equal(latents(model), plain)


def test_one_takes_the_place_of_another(model, tmp_path):
    rack = AdapterRack(model.pipe)
    first = write_adapter(tmp_path / "one", model, seed=1)
    second = write_adapter(tmp_path / "two.b c", model, seed=2)
    rack.use(first)
    alone = latents(model)
    rack.use(second)
    assert not torch.allclose(latents(model), alone, atol=1e-3)
    rack.use(first)
    assert torch.equal(latents(model), alone)


def test_two_play_together_each_at_its_weight(model, tmp_path):
    """The result equals weights to which both changes are added."""
    rack = AdapterRack(model.pipe)
    first = write_adapter(tmp_path / "one", model, seed=1)
    second = write_adapter(tmp_path / "two", model, TRAINED["rslora"], seed=2)
    rack.use(at_weight(first, 0.5), at_weight(second, -0.25))
    both = latents(model)
    transformer = type(model.pipe.transformer)(**model.pipe.transformer.config)
    rack.use()
    state = {name: value.clone() for name, value in model.pipe.transformer.state_dict().items()}
    for folder, config, share in (("one", "plain", 0.5), ("two", "rslora", -0.25)):
        weights = load_file(tmp_path / folder / "a.safetensors")
        trained = TRAINED[config]
        scale = trained.lora_alpha / (trained.r**0.5 if trained.use_rslora else trained.r)
        for name, down in weights.items():
            if name.endswith("lora_A.weight"):
                layer = name.removeprefix("transformer.").removesuffix("lora_A.weight")
                up = weights[name.replace("lora_A", "lora_B")]
                state[f"{layer}weight"] += share * scale * up @ down
    transformer.load_state_dict(state)
    torch.testing.assert_close(both, peft_latents(model, transformer), atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("count", [0, 2])
def test_a_folder_without_one_file_of_weights(model, tmp_path, count, caplog):
    for number in range(count):
        (tmp_path / f"{number}.safetensors").touch()
    with pytest.raises(EngineError, match="'a' cannot be loaded") as caught:
        AdapterRack(model.pipe).use(AdapterWeights("a", str(tmp_path)))
    assert str(tmp_path) not in str(caught.value)
    assert f"{tmp_path} cannot be loaded: it has {count} .safetensors files" in caplog.text


def test_an_adapter_that_the_loader_refuses_does_not_say_where_it_lies(model, tmp_path, caplog):
    (tmp_path / "a.safetensors").write_bytes(b"no tensors")
    with pytest.raises(EngineError, match="'torn' cannot be loaded") as caught:
        AdapterRack(model.pipe).use(AdapterWeights("torn", str(tmp_path)))
    assert str(tmp_path) not in str(caught.value) and str(tmp_path) in caplog.text


def test_an_adapter_of_something_else_takes_the_others_off(model, tmp_path):
    plain, rack = latents(model), AdapterRack(model.pipe)
    (tmp_path / "alien").mkdir()
    save_file({"unet.lora_A.weight": torch.ones(2, 2)}, tmp_path / "alien" / "a.safetensors")
    good = write_adapter(tmp_path / "rain", model)
    with pytest.raises(EngineError, match="'alien' cannot be loaded"):
        rack.use(good, AdapterWeights("alien", str(tmp_path / "alien")))
    rack.use()
    assert torch.equal(latents(model), plain)


def at_weight(adapter, weight):
    return AdapterWeights(adapter.name, adapter.folder, adapter.alpha, adapter.rank, weight)
