import shutil

import pytest

from audiomusic.engines.acestep.network.model import load_model
from tests.acestep_comfyui import save_comfyui, save_plain_official, save_tokenizer
from tests.acestep_official import save_official
from tests.support.acestep_weights import base_folder, turbo_folder  # noqa: F401


@pytest.fixture(autouse=True)
def one_core(monkeypatch):
    """Use one core: threads of a model this small wait for each other several times as long as they work."""
    monkeypatch.setattr("audiomusic.engines.acestep.engine.ALL_CORES", 1)


@pytest.fixture(scope="session")
def turbo(turbo_folder):  # noqa: F811
    return load_model(str(turbo_folder), device="cpu")


@pytest.fixture(scope="session")
def base(base_folder):  # noqa: F811
    return load_model(str(base_folder), device="cpu")


@pytest.fixture
def broken(turbo_folder, tmp_path):  # noqa: F811
    """Return a copy of the weights, to be broken."""
    return shutil.copytree(turbo_folder, tmp_path / "broken-turbo")


@pytest.fixture(scope="session")
def checkpoints(turbo_folder, base_folder, tmp_path_factory):  # noqa: F811
    """Return ACE-Step's own folder with two models, as its downloader leaves it."""
    folder = tmp_path_factory.mktemp("official") / "checkpoints"
    save_official(turbo_folder, folder, "acestep-v15-turbo")
    save_official(base_folder, folder, "acestep-v15-base", shards=3)
    return folder


@pytest.fixture
def own(checkpoints, tmp_path):
    """Return a copy of that folder, to be broken."""
    return shutil.copytree(checkpoints, tmp_path / "checkpoints")


@pytest.fixture(scope="session")
def plain_checkpoints(tmp_path_factory):
    """Return ACE-Step's own folder with a turbo model whose config says only what a single file also
    shows."""
    return save_plain_official(tmp_path_factory.mktemp("plain"))


@pytest.fixture
def single_file(plain_checkpoints, tmp_path):
    """Return the same model as ComfyUI's single file, with the tokenizer beside it, to be broken."""
    file = tmp_path / "comfyui" / "ace_step_1.5_turbo_aio.safetensors"
    save_comfyui(plain_checkpoints, "acestep-v15-turbo", file)
    save_tokenizer(plain_checkpoints, file.parent / "Qwen3-Embedding-0.6B")
    return file
