import multiprocessing
import os
import signal

import pytest

from audiomusic.server import start_lock as module
from audiomusic.server.start_lock import NAME, FolderInUse, start_lock


def test_a_second_start_hears_who_is_there(tmp_path):
    with start_lock(tmp_path), pytest.raises(FolderInUse) as refused, start_lock(tmp_path):
        pass
    sentence = str(refused.value)
    assert f"Another AudioMusic (process {os.getpid()}) already uses {tmp_path}" in sentence
    assert "AUDIOMUSIC_DATA_DIR" in sentence


def test_another_folder_is_free_and_so_is_this_one_afterwards(tmp_path):
    (tmp_path / "other").mkdir()
    with start_lock(tmp_path), start_lock(tmp_path / "other"):
        pass
    with start_lock(tmp_path):
        assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


def _hold(folder, is_held):
    with start_lock(folder):
        is_held.set()
        signal.pause()


def test_a_killed_process_leaves_no_obstacle(tmp_path):
    context = multiprocessing.get_context("spawn")
    is_held = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, is_held))
    holder.start()
    assert is_held.wait(60)
    with pytest.raises(FolderInUse, match=f"process {holder.pid}"), start_lock(tmp_path):
        pass
    holder.kill()
    holder.join()
    assert (tmp_path / NAME).read_text() == f"{holder.pid}\n"  # stale
    with start_lock(tmp_path):
        assert (tmp_path / NAME).read_text() == f"{os.getpid()}\n"


def test_hosts_may_share_a_folder(tmp_path):
    with (
        start_lock(tmp_path, host="first"),
        start_lock(tmp_path, host="second"),
        pytest.raises(FolderInUse),
        start_lock(tmp_path, host="first"),
    ):
        pass


def test_a_file_system_without_locks_is_served_all_the_same(tmp_path, monkeypatch, caplog):
    def refuse(*arguments):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(module.fcntl, "flock", refuse)
    with start_lock(tmp_path):
        assert "cannot be locked" in caplog.text
