"""ComfyUI's files: which model is chosen, what is reported about it, and what is wrong with it."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from audiomusic.engines.acestep.folder import (
    WeightsError,
    folder_problems,
    has_weights,
    other_variants,
    read_folder,
    tasks_in,
)
from audiomusic.engines.acestep.layouts.comfyui import family_of
from audiomusic.engines.acestep.layouts.detect import find_place
from tests.acestep_comfyui import save_comfyui, save_split, save_tokenizer
from tests.acestep_official import save_cache


def only(problems):
    assert len(problems) == 1, problems
    return problems[0]


def rewrite(file, change):
    weights = load_file(file)
    change(weights)
    save_file(weights, file)


def without(start):
    def change(weights):
        for name in [name for name in weights if name.startswith(start)]:
            del weights[name]

    return change


def test_the_file_or_a_folder_that_holds_it(single_file):
    for path in (single_file, single_file.parent, single_file.parent.parent):
        facts = read_folder(path)
        assert (facts.layout, facts.name, facts.variant.name) == ("comfyui", single_file.stem, "turbo")
        assert facts.path == single_file and facts.has_audio_tokens and has_weights(str(path))
    assert tasks_in(str(single_file)) == ("text2music", "cover", "repaint")
    assert other_variants(single_file, facts) == []


def test_what_is_not_used_is_not_counted(single_file):
    facts = read_folder(single_file)
    assert single_file.stat().st_size - 200_000 < facts.byte_count < single_file.stat().st_size - 4000
    rewrite(single_file, lambda weights: weights.update({"text_encoders.qwen3_4b.x": torch.zeros(10_000)}))
    assert read_folder(single_file).byte_count == facts.byte_count


def test_what_was_taken_for_granted_is_told(single_file, plain_checkpoints):
    silence, language_model = read_folder(single_file).notes
    assert silence.startswith("No silence_latent.pt lies beside") and "(qwen3_2b, 0.0 GB)" in language_model
    shutil.copy(plain_checkpoints / "acestep-v15-turbo" / "silence_latent.pt", single_file.parent)
    rewrite(single_file, without("text_encoders.qwen3_2b."))
    assert read_folder(single_file).notes == ()


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("ace_step_1.5_turbo_aio", "turbo"),
        ("acestep_v1.5_xl_sft_bf16", "sft"),
        ("ACE-Step-1.5-Base", "base"),
        ("acestep_v1.5_merge_sft_turbo", None),
        ("database", None),
    ],
)
def test_the_name_tells_the_variant(name, family):
    assert family_of(name) == family


def test_a_name_that_tells_none_is_turbo_unless_the_setting_says_otherwise(single_file):
    file = single_file.rename(single_file.with_name("my_songs.safetensors"))
    facts = read_folder(file)
    assert facts.variant.name == "turbo" and "tells no variant: it is taken as turbo" in facts.notes[0]
    for named in ("base", "sft", "turbo"):
        facts = read_folder(file, named)
        assert facts.variant.name == named and len(facts.notes) == 2
    assert "lego" in tasks_in(str(file), "base")
    with pytest.raises(WeightsError, match="no model called 'xl-base'; there are: my_songs"):
        find_place(file, "xl-base")


def test_a_name_that_tells_one_is_believed(single_file):
    with pytest.raises(WeightsError, match="no model called 'base'; there are: ace_step_1.5_turbo_aio"):
        find_place(single_file, "base")


def test_of_several_files_turbo_is_taken_unless_another_is_named(single_file):
    shutil.copy(single_file, single_file.with_name("a_base.safetensors"))
    facts = read_folder(single_file.parent)
    assert facts.path == single_file and other_variants(single_file.parent, facts) == ["a_base"]
    assert read_folder(single_file.parent, "base").name == "a_base"
    assert read_folder(single_file.parent, "a_base").variant.name == "base"


def test_beside_ace_steps_own_folders(plain_checkpoints, tmp_path):
    shutil.copytree(plain_checkpoints, tmp_path / "all")
    save_comfyui(plain_checkpoints, "acestep-v15-turbo", tmp_path / "all" / "ace_sft.safetensors")
    assert read_folder(tmp_path / "all").layout == "official"
    assert read_folder(tmp_path / "all", "sft").layout == "comfyui"


def test_a_file_of_ace_steps_own_stands_for_its_folder(plain_checkpoints):
    facts = read_folder(plain_checkpoints / "acestep-v15-turbo" / "model.safetensors")
    assert (facts.layout, facts.name) == ("official", "acestep-v15-turbo")


def test_in_a_cache_the_tokenizer_may_be_another_repository(single_file, plain_checkpoints, tmp_path):
    hub = tmp_path / "hub"
    (tmp_path / "repository" / "checkpoints").mkdir(parents=True)
    shutil.copy(single_file, tmp_path / "repository" / "checkpoints")
    repository = save_cache(tmp_path / "repository", hub, "Comfy-Org/ace_step_1.5_ComfyUI_files")
    assert "hold no tokenizer" in only(folder_problems(hub))
    save_tokenizer(plain_checkpoints, tmp_path / "words")
    save_cache(tmp_path / "words", hub, "Qwen/Qwen3-Embedding-0.6B")
    for path in (hub, repository):
        assert (read_folder(path).layout, read_folder(path).name) == ("comfyui", single_file.stem)


@pytest.mark.parametrize("place", [".", "tokenizer", "../Qwen3-Embedding-0.6B"])
def test_the_tokenizer_may_lie_beside_the_file(place, single_file, plain_checkpoints):
    shutil.rmtree(single_file.parent / "Qwen3-Embedding-0.6B")
    save_tokenizer(plain_checkpoints, single_file.parent / place)
    assert folder_problems(single_file) == []


def test_without_a_tokenizer(single_file):
    place = single_file.parent / "Qwen3-Embedding-0.6B"
    (place / "tokenizer_config.json").unlink()
    assert "has no tokenizer_config.json" in only(folder_problems(single_file))
    shutil.rmtree(place)
    files = "tokenizer.json tokenizer_config.json"
    command = f"`hf download Qwen/Qwen3-Embedding-0.6B {files} --local-dir {place}` fetches it"
    assert "hold no tokenizer" in only(folder_problems(single_file))
    assert command in only(folder_problems(single_file))


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("text_encoders.qwen3_06b.", "has no text encoder that fits the model"),
        ("vae.", "has no VAE that fits the model"),
        ("model.diffusion_model.decoder.", "no tensor of the transformer"),
        ("model.diffusion_model.decoder.proj_in.1.weight", "lack the tensor decoder.proj_in.1.weight"),
        ("text_encoders.qwen3_06b.transformer.model.layers.0.mlp", "lack the tensor layers.0.mlp.gate_proj"),
        ("vae.encoder.layers.0.weight_v", "VAE lack the tensor encoder.conv1.weight_v"),
    ],
)
def test_a_file_that_lacks_a_part(single_file, start, told):
    rewrite(single_file, without(start))
    assert told in only(folder_problems(single_file))


def test_a_file_that_is_cut_off(single_file):
    whole = single_file.read_bytes()
    single_file.write_bytes(whole[:-100])
    assert "is cut off: it has" in only(folder_problems(single_file))
    assert "is cut off: it has" in only(folder_problems(single_file.parent))
    single_file.write_bytes(whole[:100])
    assert "is cut off" in only(folder_problems(single_file))


@pytest.mark.parametrize("number", [torch.float8_e4m3fn, torch.int8])
def test_quantized_weights_are_refused_by_name(single_file, number):
    name = "model.diffusion_model.decoder.layers.0.mlp.up_proj.weight"
    rewrite(single_file, lambda weights: weights.update({name: weights[name].to(number)}))
    assert "is quantized (" in only(folder_problems(single_file))


def test_a_language_model_may_be_quantized(single_file):
    eighth = torch.zeros(8, dtype=torch.float8_e4m3fn)
    rewrite(single_file, lambda weights: weights.update({"text_encoders.qwen3_2b.x": eighth}))
    assert folder_problems(single_file) == []


def test_what_counts_is_no_weight(single_file):
    levels = {"model.diffusion_model.tokenizer.quantizer.layers.0._levels": torch.tensor([8, 8, 8])}
    rewrite(single_file, lambda weights: weights.update(levels))
    assert folder_problems(single_file) == []


def test_a_silence_that_is_cut_off(single_file):
    (single_file.parent / "silence_latent.pt").write_bytes(b"")
    assert "silence_latent.pt is cut off" in only(folder_problems(single_file))


@pytest.mark.parametrize("depth", [".", "diffusion_models"])
def test_a_file_a_part(plain_checkpoints, tmp_path, depth):
    models = tmp_path / "ComfyUI" / "models"
    file = save_split(plain_checkpoints, "acestep-v15-turbo", models)
    save_tokenizer(plain_checkpoints, models)
    facts = read_folder(models / depth if depth == "." else file)
    assert (facts.layout, facts.variant.name) == ("comfyui-split", "turbo")
    assert folder_problems(models) == []
    (models / "vae" / "ace_1.5_vae.safetensors").unlink()
    assert f"none lies in {models / 'vae'}: put ace_1.5_vae" in only(folder_problems(file))
