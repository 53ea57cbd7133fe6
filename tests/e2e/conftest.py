"""One real server for the process: supervisor, web processes, worker, all on scratch data."""

import pytest

from tests.support.prepared import PreparedServer

CREDITS = 100_000  # that each account begins with


@pytest.fixture(scope="session")
def server(prepared_folder):
    """Its key is that of a user who began with this server's credits, not without limit as `scratch` did."""
    with PreparedServer(prepared_folder, AUDIOMUSIC_CREDITS=str(CREDITS)) as running:
        running.key = running.manage("createkey", "penny").strip()
        yield running
