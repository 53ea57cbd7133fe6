import shutil

import pytest

from audiomusic.bench.acestep_weights import save_weights
from audiomusic.engines.acestep.model import load_model


@pytest.fixture(scope="session")
def turbo_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights") / "tiny-turbo"
    save_weights(folder, is_turbo=True)
    return folder


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights") / "tiny-base"
    save_weights(folder, is_turbo=False)
    return folder


@pytest.fixture(scope="session")
def turbo(turbo_folder):
    return load_model(str(turbo_folder), device="cpu")


@pytest.fixture(scope="session")
def base(base_folder):
    return load_model(str(base_folder), device="cpu")


@pytest.fixture
def broken(turbo_folder, tmp_path):
    """A copy of the weights to break."""
    return shutil.copytree(turbo_folder, tmp_path / "broken-turbo")
