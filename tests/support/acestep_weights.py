"""Fixtures for tiny ACE-Step weights on disk, to be imported into a conftest."""

import pytest

from audiomusic.devtools.acestep_weights import save_weights


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
