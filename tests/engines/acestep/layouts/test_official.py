"""Faults in ACE-Step's own folder, each reported in a helpful sentence."""

import json
import shutil

import pytest
from safetensors.torch import load_file, save_file

from audiomusic.engines.acestep.folder import folder_problems, read_folder


def only(problems):
    assert len(problems) == 1, problems
    return problems[0]


@pytest.fixture
def turbo_place(own):
    return own / "acestep-v15-turbo"


def change_weights(place, change):
    file = place / "model.safetensors"
    weights = load_file(file)
    change(weights)
    save_file(weights, file, {"format": "pt"})


@pytest.mark.parametrize("name", ["vae", "Qwen3-Embedding-0.6B"])
def test_a_part_that_lies_nowhere_is_told_with_how_to_fetch_it(own, name):
    shutil.rmtree(own / name)
    told = only(folder_problems(own))
    assert f"folder {name} is missing" in told and f"--include '{name}/*' --local-dir {own}" in told


def test_a_part_may_lie_in_the_models_own_folder(own, turbo_place):
    (own / "vae").rename(turbo_place / "vae")
    assert folder_problems(own) == []
    assert "vae is missing" in only(folder_problems(own, "base"))


def test_without_its_silence(own, turbo_place):
    (turbo_place / "silence_latent.pt").write_bytes(b"")
    assert "silence_latent.pt is cut off" in only(folder_problems(own))
    (turbo_place / "silence_latent.pt").unlink()
    assert "silence_latent.pt is missing" in only(folder_problems(own))


def test_weights_that_are_cut_off(own, turbo_place):
    file = turbo_place / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    assert "is cut off: it has" in only(folder_problems(own))
    file.unlink()
    assert "has no .safetensors file" in only(folder_problems(own))


def test_a_pointer_that_git_left(own, turbo_place):
    (turbo_place / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\nsize 4\n")
    assert "git lfs pull" in only(folder_problems(own))


def test_a_missing_shard(own):
    (own / "acestep-v15-base" / "model-00002-of-00003.safetensors").unlink()
    assert "model-00002-of-00003.safetensors is missing" in only(folder_problems(own, "base"))


def test_a_tensor_that_tells_the_shape_is_missing(own, turbo_place):
    change_weights(turbo_place, lambda weights: weights.pop("decoder.proj_in.1.weight"))
    assert "lack the tensor decoder.proj_in.1.weight" in only(folder_problems(own))


def test_a_part_without_any_tensor(own, turbo_place):
    def drop(weights):
        for name in [name for name in weights if name.startswith(("encoder.", "null_"))]:
            del weights[name]

    change_weights(turbo_place, drop)
    assert "no tensor of the condition encoder" in only(folder_problems(own))


def test_without_its_audio_tokenizer_it_makes_songs_but_no_covers(own, turbo_place):
    def drop(weights):
        for name in [name for name in weights if name.startswith("tokenizer.")]:
            del weights[name]

    change_weights(turbo_place, drop)
    assert not read_folder(own).has_audio_tokens


def test_a_text_encoder_without_its_vocabulary(own):
    place = own / "Qwen3-Embedding-0.6B" / "tokenizer.json"
    told = json.loads(place.read_text())
    told["model"]["vocab"] = {"<|endoftext|>": 0}
    place.write_text(json.dumps(told))
    assert "vocabulary is missing" in only(folder_problems(own))


def test_a_folder_in_disorder_that_cannot_be_listed(own, monkeypatch):
    from pathlib import Path

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert "cannot be read: Permission denied" in only(folder_problems(own))
