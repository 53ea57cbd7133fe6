"""Weights that cannot be read: they are named, with what would help."""

import pytest
import torch
from safetensors.torch import save_file

from audiomusic.engines.acestep.folder import folder_problems, has_weights


def only(problems):
    assert len(problems) == 1, problems
    return problems[0]


def test_another_model_of_comfyuis(tmp_path):
    file = tmp_path / "ace_step_v1_3.5b.safetensors"
    save_file({"model.diffusion_model.genre_embedder.weight": torch.zeros(2), "vae.x": torch.zeros(1)}, file)
    told = only(folder_problems(file))
    assert "holds no model of ACE-Step 1.5" in told and "manage.py models path" in told
    assert "has weights but no model_index.json" in only(folder_problems(file.parent))
    assert not has_weights(str(file)) and not has_weights(str(file.parent))


def test_gguf(tmp_path):
    file = tmp_path / "acestep-v15-turbo-Q8_0.gguf"
    file.touch()
    assert "is in GGUF" in only(folder_problems(file)) and "is in GGUF" in only(folder_problems(tmp_path))


@pytest.mark.parametrize("name", ["ace_step_1.5.ckpt", "pytorch_model.bin", "model.pt"])
def test_pickled_weights(tmp_path, name):
    file = tmp_path / name
    file.touch()
    for path in (file, tmp_path):
        assert "is pickled, can run code" in only(folder_problems(path))


def test_another_file(tmp_path):
    file = tmp_path / "song.mp3"
    file.touch()
    assert "Expected a folder of weights or ComfyUI's single file, got" in only(folder_problems(file))
