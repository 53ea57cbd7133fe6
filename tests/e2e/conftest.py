"""One real server for the whole module: supervisor, web processes, worker, all on scratch data."""

import pytest

from audiomusic.devtools.scratch_server import ScratchServer


@pytest.fixture(scope="session")
def server():
    with ScratchServer(AUDIOMUSIC_CREDITS="100000") as running:
        yield running
