"""Weights that are not read, by their names and with what would help."""

import pytest
import torch
from safetensors.torch import save_file

from audiomusic.engines.acestep.folder import folder_problems, has_weights


def only(problems):
    assert len(problems) == 1, problems
    return problems[0]


@pytest.fixture
def comfyui(tmp_path):
    file = tmp_path / "ace_step_1.5_turbo_aio.safetensors"
    save_file(
        {"model.diffusion_model.decoder.proj_in.1.weight": torch.zeros(2), "vae.x": torch.zeros(1)}, file
    )
    return file


def test_comfyuis_single_file(comfyui):
    for told in (only(folder_problems(comfyui)), only(folder_problems(comfyui.parent))):
        assert "ComfyUI's single file" in told and "no tokenizer and no silence_latent" in told
        assert "manage.py models path" in told
    assert not has_weights(str(comfyui)) and not has_weights(str(comfyui.parent))


def test_gguf(tmp_path):
    file = tmp_path / "acestep-v15-turbo-Q8_0.gguf"
    file.touch()
    assert "is in GGUF" in only(folder_problems(file)) and "is in GGUF" in only(folder_problems(tmp_path))


def test_another_file(tmp_path):
    file = tmp_path / "song.mp3"
    file.touch()
    assert "Expected a folder of weights, got the file" in only(folder_problems(file))
