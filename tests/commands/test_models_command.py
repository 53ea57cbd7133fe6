from io import StringIO

import pytest
from django.core.management import call_command

from presets.models import Adapter
from tests.acestep_comfyui import save_comfyui, save_tokenizer
from tests.acestep_official import save_official
from tests.support.acestep_weights import turbo_folder  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def models():
    """models(*arguments): return the command's output and whether it exits with 0."""

    def run(*arguments):
        out = StringIO()
        try:
            call_command("models", *arguments, stdout=out)
        except SystemExit as end:
            return out.getvalue(), end.code == 0
        return out.getvalue(), True

    return run


def test_it_lists_what_is_there(models, settings, turbo_folder):  # noqa: F811
    settings.ACESTEP_DIR = str(turbo_folder)
    Adapter.objects.create(name="Rain", folder="/adapters/rain", is_active=False)
    told, _ = models()
    assert "Weights: turbo" in told and "Makes text2music, cover, repaint." in told
    assert "8 steps, guidance 1, shift 3." in told and "for covers: there" in told
    assert "Adapter Rain: /adapters/rain (switched off)." in told


def test_it_lists_nothing_where_nothing_is(models):
    told, is_content = models("list")
    assert "Folder: none is set." in told and "models path" in told and is_content


def test_it_tells_who_writes_the_words(models, settings):
    assert "Writes the words: the built-in writer." in models("list")[0]
    settings.LLM_URL, settings.LLM_MODEL = "http://127.0.0.1:11434/v1", "qwen3:8b"
    assert "Writes the words: qwen3:8b at http://127.0.0.1:11434/…." in models("list")[0]


def test_it_checks_by_loading(models, settings, turbo_folder):  # noqa: F811
    settings.ACESTEP_DIR, settings.ACESTEP_DEVICE = str(turbo_folder), "cpu"
    assert models("check") == ("The weights load and are in order.\n", True)
    assert models("check", "--quick") == ("The weights are in order.\n", True)


def test_it_tells_the_number_format(models, settings, turbo_folder):  # noqa: F811
    settings.ACESTEP_DIR, settings.ACESTEP_DEVICE = str(turbo_folder), "cpu"
    assert "Number format: auto; weights of 8 bits only where a card holds these in no way." in models()[0]
    settings.ACESTEP_DTYPE, settings.ACESTEP_QUANTIZATION = "bfloat16", "int8"
    assert "Number format: bfloat16; weights of 8 bits." in models()[0]
    told, is_content = models("check")
    assert "They are loaded as 8-bit weights and take 0.0 GB." in told and is_content


def test_weights_of_8_bits_without_torchao_are_told(models, settings, turbo_folder, monkeypatch):  # noqa: F811
    monkeypatch.setattr(
        "audiomusic.engines.acestep.folder.find_spec", lambda name: None if name == "torchao" else object()
    )
    settings.ACESTEP_DIR, settings.ACESTEP_QUANTIZATION = str(turbo_folder), "int8"
    told, is_content = models("check", "--quick")
    assert "=int8 needs torchao" in told and not is_content


def test_it_is_not_content_with_anything_less(models, settings, tmp_path):
    settings.ACESTEP_DIR = str(tmp_path)
    told, is_content = models("check")
    assert "is not a model" in told and not is_content


def test_a_device_that_is_not_there_is_found_by_loading(models, settings, turbo_folder):  # noqa: F811
    settings.ACESTEP_DIR, settings.ACESTEP_DEVICE = str(turbo_folder), "cuda:99"
    told, is_content = models("check")
    assert "cannot be used" in told and not is_content


def test_it_tells_how_to_get_weights(models, settings):
    told, _ = models("path")
    folder = settings.DATA_DIR / "weights"
    assert "make acestep" in told
    assert f"hf download Runware/acestep-v15-turbo-diffusers --local-dir {folder}/acestep" in told
    assert f"AUDIOMUSIC_ACESTEP_DIR={folder}/acestep-v15-turbo-diffusers" in told


def test_it_lists_the_models_of_a_folder_and_takes_the_one_that_is_named(
    models,
    settings,
    turbo_folder,  # noqa: F811
    tmp_path,
):
    save_official(turbo_folder, tmp_path, "acestep-v15-turbo")
    save_official(turbo_folder, tmp_path, "acestep-v15-turbo-shift3")
    (tmp_path / "acestep-5Hz-lm-1.7B").mkdir()
    settings.ACESTEP_DIR, settings.ACESTEP_DEVICE = str(tmp_path), "cpu"
    told, _ = models()
    assert "Weights: turbo, 0.0 GB, acestep-v15-turbo in ACE-Step's own layout." in told
    assert "Also there, by AUDIOMUSIC_ACESTEP_VARIANT: acestep-v15-turbo-shift3." in told
    assert f"AUDIOMUSIC_ACESTEP_PLANNER_DIR={tmp_path}/acestep-5Hz-lm-1.7B uses it." in told
    settings.ACESTEP_VARIANT = "turbo-shift3"
    assert "acestep-v15-turbo-shift3 in ACE-Step's own layout" in models()[0]
    assert models("check") == ("The weights load and are in order.\n", True)
    settings.ACESTEP_VARIANT = "base"
    told, is_content = models("check")
    assert "no model called 'base'; there are: acestep-v15-turbo, acestep-v15-turbo-shift3" in told
    assert not is_content


def test_comfyuis_single_file(models, settings, turbo_folder, tmp_path):  # noqa: F811
    save_official(turbo_folder, tmp_path / "own", "acestep-v15-turbo")
    file = save_comfyui(tmp_path / "own", "acestep-v15-turbo", tmp_path / "ace_aio.safetensors")
    settings.ACESTEP_DIR, settings.ACESTEP_DEVICE = str(file), "cpu"
    told, is_content = models("check", "--quick")
    assert "`hf download Qwen/Qwen3-Embedding-0.6B tokenizer.json" in told and not is_content
    save_tokenizer(tmp_path / "own", tmp_path)
    told, _ = models()
    assert "Weights: turbo, 0.0 GB, ace_aio in ComfyUI's single file." in told
    assert "is taken as turbo" in told and "(qwen3_2b, 0.0 GB) is not used" in told
    assert models("check") == ("The weights load and are in order.\n", True)
    assert "ComfyUI's single file" in models("path")[0]
