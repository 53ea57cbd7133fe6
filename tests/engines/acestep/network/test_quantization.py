"""8-bit weights: close to the plain song at half the bytes, wherever the parts are and whichever adapter is
mounted."""

from functools import cache
from pathlib import Path

import pytest
import torch

from audiomusic.devtools.acestep_memory import CountingAllocator
from audiomusic.engines.acestep import folder
from audiomusic.engines.acestep.adapters import AdapterRack
from audiomusic.engines.acestep.engine import AceStepEngine
from audiomusic.engines.acestep.folder import WeightsError, planner_bytes
from audiomusic.engines.acestep.network import model as models
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.model import compile_blocks, load_model
from audiomusic.engines.acestep.network.quantization import linear_layers, pin, quantize, stored, stored_bytes
from audiomusic.engines.acestep.network.sampler import denoise
from audiomusic.engines.acestep.placement import (
    GIB,
    CardMemory,
    PartSizes,
    Residents,
    sizes_in_int8,
    sizes_of,
)
from audiomusic.engines.acestep.planner.decoder import Decoder
from audiomusic.engines.acestep.planner.loader import load_planner
from audiomusic.engines.acestep.planner.static_cache import StaticCaches
from audiomusic.engines.acestep.threads import use_cores
from tests.engines.acestep.planner.tiny import save_planner
from tests.engines.acestep.test_adapters import TRAINED, write_adapter
from tests.engines.acestep.tiny import TURBO, make_song

#: Relative errors against the plain latents. Measured: 0.09 % in float32, 0.82 % in bfloat16 (0.79 % of it
#: from bfloat16 itself).
NEAR = {"float32": 0.003, "bfloat16": 0.015, "float16": 0.003}
BEYOND_HALF = 65_504


def latents(model, *songs):
    songs = songs or (make_song(),)
    with use_cores(1):
        return denoise(model, list(songs), TURBO, on_step=lambda done, total: None, dropped=frozenset)[0]


def parts_of(model):
    return {name: part for name, part in model.pipe.components.items() if isinstance(part, torch.nn.Module)}


def away(found, wanted):
    return ((found - wanted).norm() / wanted.norm()).item()


@pytest.fixture(scope="module")
def load(turbo_folder):
    """load(dtype, quantization): return the tiny model on the CPU, loaded once for each combination."""

    @cache
    def load(dtype, choice):
        return load_model(str(turbo_folder), device="cpu", dtype=dtype, quantization=choice)

    return load


@pytest.fixture
def plain(load):
    return load("float32", "none")


@pytest.fixture
def int8(load):
    yield load("float32", "int8")
    load("float32", "int8").pipe.unload_lora_weights()


@pytest.mark.parametrize("dtype", NEAR)
def test_the_song_is_near_the_plain_one(load, plain, dtype):
    model, song = load(dtype, "int8"), make_song()
    found, wanted = latents(model), latents(plain)
    assert 0 < away(found, wanted) < NEAR[dtype]
    if dtype == "float32":  # the VAE is not quantized
        sounds = [torch.from_numpy(vae.decode(each, wanted, song.samples)) for each in (model, plain)]
        assert torch.equal(*sounds)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_it_takes_the_bytes_that_were_counted_before(load, dtype):
    plain, int8 = load(dtype, "none"), load(dtype, "int8")
    found, before = sizes_of(parts_of(int8)), sizes_of(parts_of(plain))
    assert sizes_in_int8(parts_of(plain), plain.dtype) == found
    for name in ("transformer", "text_encoder", "condition_encoder"):
        assert found.parts[name] < before.parts[name]
    for name in ("vae", "audio_tokenizer", "audio_token_detokenizer"):
        assert found.parts[name] == before.parts[name]
    layers = list(linear_layers(plain.pipe.transformer, plain.dtype))
    values = sum(layer.weight.numel() for layer in layers)
    scales = sum(layer.out_features for layer in layers) * 5 * (2 if dtype == "float16" else 1)
    saved = values * plain.dtype.itemsize - values - scales
    assert before.parts["transformer"] - found.parts["transformer"] == saved
    assert int8.byte_count < plain.byte_count


def test_norms_embeddings_and_what_is_near_the_song_stay_plain(int8):
    changed = {
        f"{part}.{name}"
        for part, module in parts_of(int8).items()
        for name, tensor in module.named_parameters()
        if stored(tensor) != [tensor]
    }
    assert {name.partition(".")[0] for name in changed} == {
        "transformer", "text_encoder", "condition_encoder",
    }  # fmt: skip
    assert all("layers." in name and name.endswith(".weight") and "norm" not in name for name in changed)


def test_no_layer_lies_there_twice_while_it_is_quantized():
    """Beyond the existing weights, quantizing takes no more memory than a few copies of one layer."""
    part = torch.nn.ModuleDict({"layers": torch.nn.ModuleList(torch.nn.Linear(64, 64) for _ in range(16))})
    with CountingAllocator(part.parameters()) as allocator:
        quantize(part, torch.float32)
    layer_bytes = 64 * 64 * 4
    assert allocator.now < 16 * layer_bytes / 3
    assert allocator.peak < allocator.now + 6 * layer_bytes


def test_each_piece_of_a_weight_is_pinned(monkeypatch):
    part = torch.nn.ModuleDict({"layers": torch.nn.ModuleList([torch.nn.Linear(16, 8)])})
    quantize(part, torch.float32)
    weight = part["layers"][0].weight
    before = stored(weight)
    monkeypatch.setattr(torch.Tensor, "pin_memory", torch.Tensor.clone)  # real pinning needs a card
    pin(weight)
    for piece, old in zip(stored(weight), before, strict=True):
        assert piece is not old and torch.equal(piece, old)


def test_in_float16_nothing_overflows_between_weights_and_scales():
    generator = torch.Generator().manual_seed(1)
    part = torch.nn.ModuleDict({"layers": torch.nn.ModuleList([torch.nn.Linear(256, 8, bias=False)])})
    layer = part["layers"][0]
    layer.weight.data = 0.02 * torch.randn(8, 256, generator=generator)
    given = 400 * torch.randn(4, 256, generator=generator)
    wanted = given @ layer.weight.T
    unscaled = (given @ (layer.weight / layer.weight.abs().amax(1, keepdim=True) * 127).T).abs().max()
    assert wanted.abs().max() < BEYOND_HALF / 50 and unscaled > BEYOND_HALF  # as with one scale for each row
    quantize(part.half(), torch.float16)
    found = layer(given.half()).float()
    assert found.isfinite().all() and away(found, wanted) < 0.01


def test_in_float16_the_lyrics_last_layer_stays_exact(load):
    last = load("float16", "int8").pipe.condition_encoder.lyric_encoder.layers[-1]
    assert {(type(weight), weight.dtype) for weight in last.parameters()} == {
        (torch.nn.Parameter, torch.float32)
    }


def test_parts_take_turns_with_it_and_make_the_same_song(turbo_folder, int8):
    model = load_model(str(turbo_folder), device="cpu", quantization="int8")
    for stay in ("turns", "blocks"):
        model.residents = Residents(parts_of(model), model.device, stay)
        assert torch.equal(latents(model), latents(int8))


@pytest.mark.parametrize("name", ["plain", "dora", "lokr"])
def test_adapters_play_on_it_as_on_plain_weights(plain, int8, tmp_path, name):
    adapter, without = write_adapter(tmp_path / "rain", plain, TRAINED[name]), latents(int8)
    played = []
    for model in (plain, int8):
        rack = AdapterRack(model.pipe)
        rack.use(adapter)
        played.append(latents(model))
        rack.use()
    assert away(played[0], without) > 0.05
    assert away(played[1], played[0]) < 0.004  # measured: 0.08 to 0.17 %
    assert torch.equal(latents(int8), without)


def test_a_block_of_it_is_compiled_once(turbo_folder):
    model, graphs = load_model(str(turbo_folder), device="cpu", compiled="off", quantization="int8"), []
    model.pipe.transformer.layers = model.pipe.transformer.layers[:1]
    wanted = latents(model)

    def note(graph, inputs):
        graphs.append(graph)
        return graph.forward

    compile_blocks(model.pipe.transformer, note)
    try:
        assert torch.equal(latents(model), wanted)
        latents(model, make_song(2, duration_s=31.0))
        assert len(graphs) == 1
    finally:
        torch._dynamo.reset()


@pytest.fixture(scope="module")
def language_model(tmp_path_factory):
    return save_planner(tmp_path_factory.mktemp("language-model"))


@torch.inference_mode()
def test_the_language_model_too_but_not_its_vocabulary(language_model):
    plain = load_planner(language_model).model
    int8 = load_planner(language_model, is_quantized=True).model
    assert int8.lm_head.weight is int8.model.embed_tokens.weight and stored(int8.lm_head.weight) == [
        int8.lm_head.weight
    ]
    told = [model(input_ids=torch.tensor([[5, 6, 7, 8]])).logits[0, -1] for model in (int8, plain)]
    assert 0 < away(*told) < 0.05
    places = [
        Decoder(int8, [[5, 6, 7, 8]], 0, 64, caches).logits(slice(0, 200))
        for caches in (None, StaticCaches(int8, records=False))
    ]
    torch.testing.assert_close(*places)
    weights = {id(weight): weight for weight in int8.parameters()}.values()
    found, foreseen = sum(map(stored_bytes, weights)), planner_bytes(language_model, in_int8=True)
    head_bytes = 8 + int.from_bytes((Path(language_model) / "model.safetensors").read_bytes()[:8], "little")
    assert found == foreseen - head_bytes
    assert foreseen < planner_bytes(language_model) and planner_bytes("", in_int8=True) == 0


# The choice of quantization, and refusals


def needs(plain_gib, int8_gib):
    return models._Needs(*(PartSizes({"vae": round(gib * GIB)}, 0, 0) for gib in (plain_gib, int8_gib)))


def card(free_gib, total_gib):
    return CardMemory(round(free_gib * GIB), round(total_gib * GIB))


def test_auto_takes_it_where_the_card_holds_the_plain_weights_in_no_way():
    assert needs(4, 2).want_int8(card(3, 3))
    assert not needs(4, 2).want_int8(card(6, 6))
    assert not needs(4, 3.5).want_int8(card(3, 3))  # neither fits
    assert not needs(4, 2).want_int8(None)  # on a CPU


def test_auto_does_not_change_the_song_because_others_use_the_card():
    assert not needs(4, 2).want_int8(card(3, 8))
    with pytest.raises(
        WeightsError, match="take smaller weights, set AUDIOMUSIC_ACESTEP_QUANTIZATION=int8, or"
    ):
        needs(4, 2).placement(card(3, 8), is_quantized=False)


def test_a_card_that_is_too_small_for_either_is_not_told_of_it():
    with pytest.raises(WeightsError, match="take smaller weights, or set AUDIOMUSIC_ACESTEP_DEVICE=cpu"):
        needs(4, 3.5).placement(card(1, 1), is_quantized=False)


@pytest.fixture
def no_torchao(monkeypatch):
    monkeypatch.setattr(folder, "find_spec", lambda name: None if name == "torchao" else object())


def test_without_torchao_auto_keeps_plain_weights_and_tells_what_would_fit(no_torchao):
    assert not needs(4, 2).want_int8(card(3, 3))
    with pytest.raises(WeightsError, match=r"=int8 and install torchao \(`make acestep`\), or"):
        needs(4, 2).placement(card(3, 3), is_quantized=False)


def test_without_torchao_int8_is_refused(no_torchao, turbo_folder):
    with pytest.raises(WeightsError, match="=int8 needs torchao, which is not installed: run `make acestep`"):
        load_model(str(turbo_folder), device="cpu", quantization="int8")


def test_another_word_is_refused(turbo_folder):
    with pytest.raises(WeightsError, match="Expected a quantization of auto, none, int8, got 'int4'"):
        load_model(str(turbo_folder), device="cpu", quantization="int4")


def test_the_engine_says_which_weights_it_has(turbo_folder, monkeypatch):
    monkeypatch.setattr(models._Needs, "want_int8", lambda needs, room: True)
    auto, none = (
        AceStepEngine(str(turbo_folder), device="cpu", quantization=choice) for choice in ("auto", "none")
    )
    assert auto.model.is_quantized and not none.model.is_quantized
    assert (auto.facts()["quantization"], none.facts()["quantization"]) == ("int8", "none")
    assert auto.facts()["memory_bytes"] < none.facts()["memory_bytes"]
