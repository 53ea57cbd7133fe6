"""A real server started under a generous umask: nothing it keeps can be opened by others."""

import os
import stat

import pytest

from audiomusic.devtools.scratch_server import ONE_HIT, ScratchServer
from tests.support.prepared import PreparedServer

pytestmark = pytest.mark.e2e


@pytest.fixture
def generous_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder):
    """Each path that is not 0700 (folders) or 0600 (files), with its mode."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode != (0o700 if path.is_dir() else 0o600):
            found[str(path.relative_to(folder))] = oct(mode)
    return found


def make_song(server):
    status, answer = server.call("POST", "/api/v1/music/text2samples", ONE_HIT)
    assert status == 200, answer
    server.wait_for(answer["job"]["id"], "COMPLETED")
    return answer["job"]["id"]


def test_every_file_and_folder_is_its_owners_alone(generous_umask, tmp_path):
    with ScratchServer(folder=tmp_path / "server") as server:
        make_song(server)
        kept = {path.name for path in server.data_dir.rglob("*")}
        assert {"secret_key", "cache.sqlite3", "static", "audio", "take-1.flac"} <= kept
        assert open_to_others(server.data_dir) == {}


def test_a_folder_of_an_earlier_version_is_mended_at_the_start(generous_umask, prepared_folder):
    with PreparedServer(prepared_folder) as server:
        make_song(server)
        server.stop()
        for path in [server.data_dir, *server.data_dir.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        server.start()
        make_song(server)
        assert open_to_others(server.data_dir) == {}
