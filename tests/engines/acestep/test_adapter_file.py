"""Adapters as each trainer saves them: they give the same tensors, at the strength of their training."""

import json

import pytest
import torch
from safetensors.torch import save_file

from audiomusic.engines.acestep.adapter_file import read_adapter
from audiomusic.engines.base import AdapterWeights

LAYER = "layers.0.self_attn.to_q"
OUT = "layers.1.cross_attn.to_out.0"
LAYERS = ("", "layers", "layers.0", LAYER, OUT, "layers.0.mlp.up_proj")
#: A file's names for the layer's tensors, up to the name of the factor.
SPELLINGS = {
    "diffusers": "transformer.layers.0.self_attn.to_q",
    "peft": "base_model.model.layers.0.self_attn.q_proj",
    "of the whole model": "base_model.model.decoder.layers.0.self_attn.q_proj",
    "comfy": "diffusion_model.decoder.layers.0.self_attn.q_proj",
    "bare": "layers.0.self_attn.q_proj",
    "flattened": "lora_unet_layers_0_self_attn_q_proj",
    "lycoris": "lycoris_decoder_layers_0_self_attn_q_proj",
}


def factors(rank=2):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(rank, 6, generator=generator), torch.randn(8, rank, generator=generator)


@pytest.fixture
def write(tmp_path):
    def file(tensors, config=None, header=None, **registered):
        tensors = {name: torch.as_tensor(value) for name, value in tensors.items()}
        metadata = {"lora_adapter_metadata": json.dumps(header)} if header else None
        save_file(tensors, tmp_path / "a.safetensors", metadata=metadata)
        if config is not None:
            (tmp_path / "adapter_config.json").write_text(json.dumps(config))
        return AdapterWeights("a", str(tmp_path), **registered)

    return file


def change(weights, layer=LAYER):
    return weights[f"{layer}.lora_B.weight"] @ weights[f"{layer}.lora_A.weight"]


@pytest.mark.parametrize("start", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize(
    "ends", [("lora_A.weight", "lora_B.weight"), ("lora_down.weight", "lora_up.weight"),
             ("lora_A.default.weight", "lora_B.default.weight")],
)  # fmt: skip
def test_the_layer_is_found_under_every_name(write, start, ends):
    down, up = factors()
    adapter = write({f"{start}.{ends[0]}": down, f"{start}.{ends[1]}": up}, {"lora_alpha": 2, "r": 2})
    torch.testing.assert_close(change(read_adapter(adapter, LAYERS)), up @ down)


def test_a_name_of_several_parts_is_found_flattened(write):
    down, up = factors()
    start = "lora_unet_layers_1_cross_attn_o_proj"
    adapter = write({f"{start}.lora_down.weight": down, f"{start}.lora_up.weight": up, f"{start}.alpha": 2.0})
    torch.testing.assert_close(change(read_adapter(adapter, LAYERS), OUT), up @ down)


@pytest.mark.parametrize(
    ("scale", "config", "header", "registered"),
    [
        (2.0, None, None, {}),  # 16 / 8, the trainer's default
        (3.0, {"lora_alpha": 6, "r": 2}, None, {}),
        (3.0, {"lora_alpha": 6, "r": 99}, None, {}),  # the tensors show their rank
        (2.0, {"lora_alpha": 99}, {"transformer.lora_alpha": 4, "transformer.r": 2}, {}),
        (6 / 2**0.5, {"lora_alpha": 6, "r": 2, "use_rslora": True}, None, {}),
        (5.0, {"lora_alpha": 6, "alpha_pattern": {"to_q": 10}}, None, {}),
        (5.0, {"lora_alpha": 6, "alpha_pattern": {"q_proj": 10}}, None, {}),
        (5.0, {"lora_alpha": 6, "alpha_pattern": {r"layers\.\d\.self_attn\.(q|k)_proj": 10}}, None, {}),
        (3.0, {"lora_alpha": 6, "alpha_pattern": {"q": 10, "layers.7.self_attn.to_q": 8}}, None, {}),
        (4.0, {"lora_alpha": 6, "r": 2}, None, {"alpha": 8.0}),
        (0.5, {"lora_alpha": 6, "r": 2}, None, {"alpha": 8.0, "rank": 16}),
    ],
)
def test_the_strength_is_told_by_the_registry_the_header_the_folder_or_the_trainer(
    write, scale, config, header, registered
):
    down, up = factors()
    tensors = {f"transformer.{LAYER}.lora_A.weight": down, f"transformer.{LAYER}.lora_B.weight": up}
    found = change(read_adapter(write(tensors, config, header, **registered), LAYERS))
    torch.testing.assert_close(found, scale * up @ down)


def test_a_layers_own_alpha_counts_once(write):
    down, up = factors()
    start = SPELLINGS["flattened"]
    tensors = {f"{start}.lora_down.weight": down, f"{start}.lora_up.weight": up, f"{start}.alpha": 1.0}
    found = read_adapter(write(tensors, {"lora_alpha": 64, "r": 2}), LAYERS)
    torch.testing.assert_close(change(found), 0.5 * up @ down)
    assert not any("alpha" in name for name in found)


@pytest.mark.parametrize(
    ("config", "alpha", "scale"),
    [(None, None, 1.0), (None, 4.0, 2.0), ({"peft_type": "LOKR", "alpha": 6, "r": 2}, None, 3.0)],
)
def test_kronecker_factors(write, config, alpha, scale):
    generator = torch.Generator().manual_seed(2)
    w1, a, b = (torch.randn(*shape, generator=generator) for shape in ((2, 2), (4, 2), (2, 3)))
    start = SPELLINGS["lycoris"]
    tensors = {f"{start}.lokr_w1": w1, f"{start}.lokr_w2_a": a, f"{start}.lokr_w2_b": b}
    tensors |= {f"{start}.alpha": torch.tensor(alpha)} if alpha else {}
    found = read_adapter(write(tensors, config), LAYERS)
    made = torch.kron(found[f"{LAYER}.lokr_w1"], found[f"{LAYER}.lokr_w2_a"] @ found[f"{LAYER}.lokr_w2_b"])
    torch.testing.assert_close(made, scale * torch.kron(w1, a @ b))


def test_half_precision_stays(write):
    down, up = (factor.bfloat16() for factor in factors())
    tensors = {f"{LAYER}.lora_A.weight": down, f"{LAYER}.lora_B.weight": up}
    found = read_adapter(write(tensors, {"lora_alpha": 3, "r": 2}), LAYERS)
    assert {tensor.dtype for tensor in found.values()} == {torch.bfloat16}


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["unet.mid.lora_A.weight"], "no weights for this transformer"),
        ([f"{LAYER}.lora_A.weight", "layers.9.self_attn.to_q.lora_A.weight"], "no weights for this"),
        ([f"{LAYER}.weight"], "no weights for this transformer"),
        ([f"{LAYER}.hada_w1_a"], "a LoHa"),
        ([f"{LAYER}.oft_blocks"], "an OFT"),
        ([f"{LAYER}.lokr_t2"], "a LoKr of convolutions"),
        ([f"{LAYER}.dora_scale", f"{LAYER}.lora_A.weight"], "a DoRA of LyCORIS"),
    ],
)
def test_what_cannot_be_played_is_refused_by_name(write, names, told):
    with pytest.raises(ValueError, match=told):
        read_adapter(write({name: torch.ones(2, 2) for name in names}), LAYERS)
