"""A real server whose first start is behind it: tables, static files, first accounts are those of a copy.

A first start takes many seconds of a core. The run makes it once, and each server begins with a copy of that
folder; what the first start itself printed and wrote, test_stopping looks at.
"""

import fcntl
import os
import shutil
from contextlib import contextmanager

from audiomusic.devtools.scratch_server import ScratchServer

DONE = "key"  # written last: the key of the user `scratch`


def prepare(root):
    """The folder to copy, made by the first process of the run that asks for it."""
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
    """The folder that all processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


class PreparedServer(ScratchServer):
    """`with PreparedServer(prepared_folder, "web") as server:`; on SQLite, unlimited credits: the account
    of `scratch` was opened with them."""

    def __init__(self, prepared_folder, part="all", **environment):
        super().__init__(part, database_url="", **environment)
        shutil.copytree(prepared_folder / "data", self.data_dir)
        self.key = (prepared_folder / DONE).read_text()

    def __enter__(self):
        self.start()
        return self
