import shutil

import pytest

from audiomusic.engines.acestep.network.model import load_model
from tests.support.acestep_weights import base_folder, turbo_folder  # noqa: F401


@pytest.fixture(scope="session")
def turbo(turbo_folder):  # noqa: F811
    return load_model(str(turbo_folder), device="cpu")


@pytest.fixture(scope="session")
def base(base_folder):  # noqa: F811
    return load_model(str(base_folder), device="cpu")


@pytest.fixture
def broken(turbo_folder, tmp_path):  # noqa: F811
    """A copy of the weights to break."""
    return shutil.copytree(turbo_folder, tmp_path / "broken-turbo")
