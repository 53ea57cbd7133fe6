"""What a folder of weights shows before anything is loaded."""

import json
import shutil

import pytest

from audiomusic.engines.acestep import folder as folders
from audiomusic.engines.acestep.folder import WeightsError, folder_problems, has_weights, read_folder
from audiomusic.engines.acestep.variants import find_variant


def only(problems):
    assert len(problems) == 1, problems
    return problems[0]


def rewrite(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_sound_folder_is_told_by_its_variant(turbo_folder, base_folder):
    turbo, base = read_folder(turbo_folder), read_folder(base_folder)
    assert (turbo.variant.name, turbo.variant.steps, turbo.variant.guidance_scale) == ("turbo", 8, 1.0)
    assert (base.variant.name, base.variant.shift) == ("base", 1.0)
    assert turbo.has_audio_tokens and turbo.byte_count > 100_000
    assert has_weights(str(turbo_folder))


@pytest.mark.parametrize(
    ("config", "name", "variant"),
    [
        ({"is_turbo": True, "hidden_size": 2048}, "x", "turbo"),
        ({"model_version": "turbo", "hidden_size": 2560}, "x", "xl-turbo"),
        ({"hidden_size": 2560}, "acestep-v15-xl-sft-diffusers", "xl-sft"),
        ({"model_version": "sft"}, "x", "sft"),
        ({}, "acestep-v15-base", "base"),
    ],
)
def test_variants_are_told_apart(config, name, variant):
    assert find_variant(config, name).name == variant


def test_only_base_works_on_single_tracks():
    assert "lego" in find_variant({}, "x").tasks
    assert "lego" not in find_variant({"is_turbo": True}, "x").tasks


def test_no_folder(tmp_path):
    assert "AUDIOMUSIC_ACESTEP_DIR is empty" in only(folder_problems(""))
    assert "There is no folder" in only(folder_problems(tmp_path / "nowhere"))
    assert not has_weights("") and not has_weights(str(tmp_path))


def test_a_folder_that_is_no_model(tmp_path):
    assert "is not a model: it has no model_index.json" in only(folder_problems(tmp_path))
    (tmp_path / "model.safetensors").touch()
    assert "original layout" in only(folder_problems(tmp_path))


def test_an_index_that_cannot_be_read(broken):
    (broken / "model_index.json").write_text("{")
    assert "cannot be read as JSON" in only(folder_problems(broken))
    (broken / "model_index.json").write_text("[]")
    assert "no JSON object" in only(folder_problems(broken))


def test_another_pipeline(broken):
    rewrite(broken / "model_index.json", _class_name="StableDiffusionPipeline")
    assert "holds a StableDiffusionPipeline; expected an AceStepPipeline" in only(folder_problems(broken))
    assert not has_weights(str(broken))


def test_a_class_that_does_not_belong_there(broken):
    rewrite(broken / "model_index.json", vae=["os", "system"])
    assert "names system as the vae" in only(folder_problems(broken))


@pytest.mark.parametrize("part", ["transformer", "vae", "text_encoder", "tokenizer", "condition_encoder"])
def test_a_missing_part(broken, part):
    shutil.rmtree(broken / part)
    assert f"{part} is missing" in only(folder_problems(broken))


def test_a_tokenizer_without_a_vocabulary(broken):
    for file in (broken / "tokenizer").iterdir():
        file.unlink()
    assert "The tokenizer in" in only(folder_problems(broken))


def test_weights_that_are_cut_off(broken):
    [file] = (broken / "vae").glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-100])
    assert "is cut off: it has" in only(folder_problems(broken))
    file.write_bytes(b"")
    assert "is cut off" in only(folder_problems(broken))


def test_weights_in_another_format(broken):
    [file] = (broken / "vae").glob("*.safetensors")
    file.rename(file.with_suffix(".bin"))
    assert "weights in other formats are not loaded" in only(folder_problems(broken))


def test_a_missing_shard(broken):
    index = {"weight_map": {"a": "part-1.safetensors"}}
    (broken / "transformer" / "diffusion.safetensors.index.json").write_text(json.dumps(index))
    assert "part-1.safetensors is missing" in only(folder_problems(broken))


def test_without_its_silence(broken):
    from safetensors.torch import load_file, save_file

    [file] = (broken / "condition_encoder").glob("*.safetensors")
    weights = load_file(file)
    del weights["silence_latent"]
    save_file(weights, file, {"format": "pt"})
    assert "no silence_latent" in only(folder_problems(broken))


def test_without_its_audio_tokenizer_it_makes_songs_but_no_covers(broken):
    rewrite(broken / "model_index.json", audio_tokenizer=[None, None], audio_token_detokenizer=[None, None])
    assert not read_folder(broken).has_audio_tokens


def test_without_its_packages_there_is_nothing_to_run(turbo_folder, monkeypatch):
    monkeypatch.setattr(folders, "find_spec", lambda name: None)
    assert folders.missing_packages() == ["diffusers", "transformers", "safetensors", "peft"]
    assert not has_weights(str(turbo_folder))


def test_all_that_is_wrong_is_told_at_once(broken):
    shutil.rmtree(broken / "vae")
    shutil.rmtree(broken / "tokenizer")
    with pytest.raises(WeightsError, match=r"vae is missing\. .*tokenizer is missing\."):
        read_folder(broken)
