"""Which model is chosen from a folder."""

import json
import shutil

import pytest

from audiomusic.engines.acestep.folder import (
    WeightsError,
    folder_problems,
    has_weights,
    other_variants,
    planners_beside,
    read_folder,
)
from audiomusic.engines.acestep.layouts.detect import find_place
from tests.acestep_official import save_cache


def taken(folder, variant=""):
    facts = read_folder(folder, variant)
    return facts.layout, facts.name, facts.variant.name


def test_of_several_models_turbo_is_taken_unless_another_is_named(checkpoints):
    assert taken(checkpoints) == ("official", "acestep-v15-turbo", "turbo")
    for name in ("base", "BASE ", "acestep-v15-base"):
        assert taken(checkpoints, name) == ("official", "acestep-v15-base", "base")
    facts = read_folder(checkpoints)
    assert other_variants(checkpoints, facts) == ["acestep-v15-base"]
    assert facts.has_audio_tokens and facts.byte_count > 300_000


def test_a_single_model_finds_its_parts_beside_it(checkpoints):
    assert taken(checkpoints / "acestep-v15-base") == ("official", "acestep-v15-base", "base")
    assert other_variants(checkpoints / "acestep-v15-base", read_folder(checkpoints, "base")) == []
    assert has_weights(str(checkpoints / "acestep-v15-base"))


def test_a_model_that_is_not_there_is_told_with_those_that_are(checkpoints):
    with pytest.raises(WeightsError, match=r"no model called 'sft'; there are: acestep-v15-base, acestep"):
        find_place(checkpoints, "sft")
    with pytest.raises(WeightsError, match="no model called 'base'"):
        find_place(checkpoints / "acestep-v15-turbo", "base")
    assert not has_weights(str(checkpoints), "sft")


def test_several_models_without_a_turbo_want_a_name(own):
    shutil.copytree(own / "acestep-v15-base", own / "acestep-v15-sft")
    shutil.rmtree(own / "acestep-v15-turbo")
    with pytest.raises(WeightsError, match=r"several models and no turbo: .*AUDIOMUSIC_ACESTEP_VARIANT"):
        find_place(own)
    assert taken(own, "base")[1] == "acestep-v15-base"


def test_a_folder_with_one_model_needs_no_name(own):
    shutil.rmtree(own / "acestep-v15-turbo")
    assert taken(own)[2] == "base"


def test_the_xl_turbo_comes_after_the_turbo(own):
    config = own / "acestep-v15-turbo" / "config.json"
    shutil.copytree(own / "acestep-v15-turbo", own / "acestep-v15-a-large-one")
    large = own / "acestep-v15-a-large-one" / "config.json"
    large.write_text(json.dumps(json.loads(config.read_text()) | {"hidden_size": 2560}))
    assert find_place(own).variant_name == "turbo"
    shutil.rmtree(own / "acestep-v15-turbo")
    assert find_place(own).variant_name == "xl-turbo"
    assert find_place(own, "xl-turbo").name == "acestep-v15-a-large-one"


def test_folders_of_diffusers_lie_beside_each_other_too(turbo_folder, base_folder, tmp_path):
    shutil.copytree(turbo_folder, tmp_path / "acestep-v15-turbo-diffusers")
    shutil.copytree(base_folder, tmp_path / "acestep-v15-base-diffusers")
    assert taken(tmp_path) == ("diffusers", "acestep-v15-turbo-diffusers", "turbo")
    assert taken(tmp_path, "base")[1] == "acestep-v15-base-diffusers"


def test_a_cache_is_read_at_any_of_its_depths(checkpoints, tmp_path):
    repository = save_cache(checkpoints, tmp_path / "hub", "ACE-Step/Ace-Step1.5")
    [snapshot] = (repository / "snapshots").iterdir()
    for folder in (tmp_path / "hub", repository, snapshot):
        assert taken(folder) == ("official", "acestep-v15-turbo", "turbo")
    assert taken(tmp_path / "hub", "base")[2] == "base"


def test_a_model_in_a_cache_is_called_by_its_repository(turbo_folder, tmp_path):
    repository = save_cache(turbo_folder, tmp_path, "ACE-Step/acestep-v15-sft-diffusers")
    config = next((repository / "snapshots").iterdir()) / "transformer" / "config.json"
    told = json.loads(config.read_text()) | {"is_turbo": False}
    config.unlink()
    config.write_text(json.dumps(told))
    assert taken(repository) == ("diffusers", "acestep-v15-sft-diffusers", "sft")


def test_a_model_in_a_cache_finds_its_parts_in_other_repositories(checkpoints, tmp_path):
    save_cache(checkpoints, tmp_path, "ACE-Step/Ace-Step1.5")
    repository = save_cache(checkpoints / "acestep-v15-base", tmp_path, "ACE-Step/acestep-v15-base")
    assert taken(repository) == ("official", "acestep-v15-base", "base")
    shutil.rmtree(tmp_path / "models--ACE-Step--Ace-Step1.5")
    assert any("vae is missing" in problem for problem in folder_problems(repository))
    save_cache(checkpoints / "vae", tmp_path / "none", "x/vae")
    shutil.copytree(checkpoints / "vae", next((repository / "snapshots").iterdir()) / "vae")
    save_cache(checkpoints / "Qwen3-Embedding-0.6B", tmp_path, "Qwen/Qwen3-Embedding-0.6B")
    assert taken(repository)[2] == "base"


def test_the_language_models_that_came_along_are_named(own):
    (own / "acestep-5Hz-lm-1.7B").mkdir()
    assert [path.name for path in planners_beside(read_folder(own))] == ["acestep-5Hz-lm-1.7B"]


def test_nothing_heavy_is_imported_to_look_at_a_folder(checkpoints):
    import subprocess
    import sys

    code = (
        "import sys\nfrom audiomusic.engines.acestep.folder import read_folder\n"
        f"read_folder({str(checkpoints)!r})\n"
        "assert not {'torch', 'diffusers', 'transformers', 'safetensors'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
