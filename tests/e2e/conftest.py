"""One real server for each test process: supervisor, web processes and worker, all on scratch data."""

import pytest

from tests.support.prepared import PreparedServer

CREDITS = 100_000  # the opening balance of each account


@pytest.fixture(scope="session")
def server(prepared_folder):
    """Start the server. Its key belongs to a user who starts with this server's credits, not to `scratch`,
    who has no limit."""
    with PreparedServer(prepared_folder, AUDIOMUSIC_CREDITS=str(CREDITS)) as running:
        running.key = running.manage("createkey", "penny").strip()
        yield running
