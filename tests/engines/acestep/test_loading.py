"""The same weights in either layout are the same model and make the same song."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from audiomusic.engines.acestep.folder import WeightsError
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.model import load_model
from audiomusic.engines.acestep.network.sampler import denoise
from tests.acestep_comfyui import save_comfyui, save_split, save_tokenizer
from tests.acestep_official import save_cache
from tests.engines.acestep.tiny import BASE, TURBO, make_song


def values(pipe):
    """Return every tensor of a pipeline by part and name."""
    found = {}
    for part, module in pipe.components.items():
        if isinstance(module, torch.nn.Module):
            rows = [*module.named_parameters(), *module.named_buffers()]
            found |= {f"{part}.{name}": tensor for name, tensor in rows}
    return found


def made(model, sampling):
    song = make_song(seed=7, duration_s=2.2, bpm=90, keyscale="F# minor")
    latents = denoise(model, [song], sampling, on_step=lambda done, total: None, dropped=frozenset)[0]
    return vae.decode(model, latents, song.samples)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("variant", ["turbo", "base"])  # base is split into three files
def test_either_layout_is_the_same_model_to_the_last_bit(
    variant, dtype, checkpoints, turbo_folder, base_folder
):
    folder, sampling = (turbo_folder, TURBO) if variant == "turbo" else (base_folder, BASE)
    one = load_model(str(folder), device="cpu", dtype=dtype)
    other = load_model(str(checkpoints), variant=variant, device="cpu", dtype=dtype)
    ours, theirs = values(one.pipe), values(other.pipe)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert tensor.dtype == theirs[name].dtype and torch.equal(tensor, theirs[name]), name
    assert (one.channels, one.most_frames, one.hop) == (other.channels, other.most_frames, other.hop)
    assert np.array_equal(made(one, sampling), made(other, sampling))


def test_a_cache_of_links_makes_the_same_song(checkpoints, tmp_path, turbo):
    repository = save_cache(checkpoints, tmp_path, "ACE-Step/Ace-Step1.5")
    assert np.array_equal(made(load_model(str(repository), device="cpu"), TURBO), made(turbo, TURBO))


def test_audio_codes_are_the_same_too(checkpoints, turbo):
    from audiomusic.engines.acestep.network.conditions import codes_to_latents

    codes = "<|audio_code_7|><|audio_code_40000|>"
    own = load_model(str(checkpoints), device="cpu")
    assert torch.equal(codes_to_latents(own, codes), codes_to_latents(turbo, codes))


def test_nothing_is_written_and_no_code_is_run(checkpoints):
    before = {path: path.stat().st_mtime_ns for path in checkpoints.rglob("*")}
    load_model(str(checkpoints), device="cpu")
    assert {path: path.stat().st_mtime_ns for path in checkpoints.rglob("*")} == before


def test_weights_that_lack_a_tensor(own):
    file = own / "acestep-v15-turbo" / "model.safetensors"
    weights = load_file(file)
    del weights["decoder.norm_out.weight"]
    save_file(weights, file, {"format": "pt"})
    with pytest.raises(WeightsError, match=r"lack 1 tensors of the transformer, the first norm_out\.weight"):
        load_model(str(own), device="cpu")


def test_a_tensor_of_another_shape(own):
    file = own / "acestep-v15-turbo" / "model.safetensors"
    weights = load_file(file)
    weights["decoder.norm_out.weight"] = torch.zeros(3)
    save_file(weights, file, {"format": "pt"})
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_model(str(own), device="cpu")


def test_a_silence_that_would_run_something(own):
    class Planted:
        def __reduce__(self):
            return (exec, ("raise SystemExit('ran')",))

    torch.save(Planted(), own / "acestep-v15-turbo" / "silence_latent.pt")
    with pytest.raises(WeightsError, match="holds more than tensors, and is not read"):
        load_model(str(own), device="cpu")


def test_a_silence_of_another_kind(own):
    torch.save(torch.ones(3), own / "acestep-v15-turbo" / "silence_latent.pt")
    with pytest.raises(WeightsError, match="no tensor of three dimensions"):
        load_model(str(own), device="cpu")


def test_encoders_that_are_narrower_than_the_transformer_as_the_xl_models_are(tmp_path):
    from dataclasses import replace

    from audiomusic.devtools.acestep_weights import TINY, save_weights
    from tests.acestep_official import save_official

    wide = TINY.attention | {"hidden_size": 24, "intermediate_size": 40, "num_attention_heads": 3}
    xl = tmp_path / "xl"
    save_weights(xl, size=replace(TINY, attention=wide | {"encoder_hidden_size": 16}))
    save_official(xl, tmp_path / "checkpoints", "acestep-v15-xl-turbo", shards=4)
    shutil.rmtree(tmp_path / "checkpoints" / "acestep-v15-xl-turbo" / "__pycache__", ignore_errors=True)
    config = tmp_path / "checkpoints" / "acestep-v15-xl-turbo" / "config.json"
    told = json.loads(config.read_text())
    assert told["hidden_size"] == 24 and told["num_attention_heads"] == 3
    one, other = (load_model(str(path), device="cpu") for path in (xl, tmp_path / "checkpoints"))
    assert np.array_equal(made(one, TURBO), made(other, TURBO))


def same(one, other):
    """Return whether two models make the same song; assert that their weights are bit-identical."""
    ours, theirs = values(one.pipe), values(other.pipe)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert tensor.dtype == theirs[name].dtype and torch.equal(tensor, theirs[name]), name
    assert (one.channels, one.most_frames, one.hop) == (other.channels, other.most_frames, other.hop)
    assert one.sample_rate_hz == other.sample_rate_hz
    return np.array_equal(made(one, TURBO), made(other, TURBO))


@pytest.mark.parametrize("stored", [None, torch.bfloat16, torch.float16])
def test_comfyuis_single_file_is_the_same_model_to_the_last_bit(stored, plain_checkpoints, tmp_path):
    """With ACE-Step's silence beside the file. Its stored format does not change the result, nor does the
    format computed in."""
    name, dtype = "acestep-v15-turbo", "bfloat16" if stored is torch.bfloat16 else "float32"
    own = shutil.copytree(plain_checkpoints, tmp_path / "own")
    for file in own.rglob("*.safetensors") if stored else ():
        weights = {name: tensor.to(stored) for name, tensor in load_file(file).items()}
        save_file(weights, file, {"format": "pt"})
    file = save_comfyui(own, name, tmp_path / "x" / "ace_turbo.safetensors", torch_names=stored is None)
    save_tokenizer(own, file.parent)
    shutil.copy(own / name / "silence_latent.pt", file.parent)
    one, other = (load_model(str(path), device="cpu", dtype=dtype) for path in (own, file))
    assert same(one, other)


def test_comfyuis_split_files_are_the_same_model_to_the_last_bit(plain_checkpoints, tmp_path):
    save_split(plain_checkpoints, "acestep-v15-turbo", tmp_path)
    save_tokenizer(plain_checkpoints, tmp_path / "Qwen3-Embedding-0.6B")
    shutil.copy(plain_checkpoints / "acestep-v15-turbo" / "silence_latent.pt", tmp_path)
    assert same(load_model(str(plain_checkpoints), device="cpu"), load_model(str(tmp_path), device="cpu"))


def test_without_ace_steps_silence_the_vaes_own_is_the_same(single_file, plain_checkpoints, tmp_path):
    """ACE-Step's silence_latent.pt is said to be its VAE's encoding of silence. If so, the song is the same
    without that file."""
    file_model = load_model(str(single_file), device="cpu")
    own = shutil.copytree(plain_checkpoints, tmp_path / "own")
    heard = file_model.pipe.condition_encoder.silence_latent
    torch.save(heard.transpose(1, 2).contiguous(), own / "acestep-v15-turbo" / "silence_latent.pt")
    assert same(load_model(str(own), device="cpu"), file_model)
    halved = load_model(str(single_file), device="cpu", dtype="bfloat16")
    assert torch.equal(halved.pipe.condition_encoder.silence_latent, heard.bfloat16())
    assert halved.pipe.vae.dtype == torch.bfloat16


def test_the_file_says_what_it_lacks_when_it_is_loaded(single_file, caplog):
    with caplog.at_level("INFO"):
        load_model(str(single_file), device="cpu")
    assert "the VAE's own silence is taken" in caplog.text and "qwen3_2b" in caplog.text
