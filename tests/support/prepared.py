"""A real server that skips its first start: it uses a copy of prepared tables, static files and accounts.

A first start takes seconds of CPU time. The test run does it once, and each server starts from a copy of that
folder. test_stopping checks what the first start printed and wrote.
"""

import fcntl
import os
import shutil
from contextlib import contextmanager

from audiomusic.devtools.scratch_server import ScratchServer

DONE = "key"  # written last: the API key of the user `scratch`


def prepare(root):
    """Return the folder to copy. The first process that calls this creates it."""
    folder = root / "prepared-server"
    with (root / "prepared-server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / DONE).exists():
            with generous_umask(), ScratchServer("web", database_url="", folder=folder) as server:
                key = server.key
            (folder / DONE).write_text(key)
    return folder


@contextmanager
def generous_umask():
    """One under which others may read what a process makes, unless it takes care."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def run_folder(tmp_path_factory):
    """Return the folder that all processes of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


class PreparedServer(ScratchServer):
    """Usage: `with PreparedServer(prepared_folder, "web") as server:`. It runs on SQLite with unlimited
    credits, because the account of `scratch` was created with them."""

    def __init__(self, prepared_folder, part="all", **environment):
        super().__init__(part, database_url="", **environment)
        shutil.copytree(prepared_folder / "data", self.data_dir)
        self.key = (prepared_folder / DONE).read_text()

    def __enter__(self):
        self.start()
        return self
