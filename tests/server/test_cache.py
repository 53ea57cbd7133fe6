"""The cache that all web processes of a host share."""

import multiprocessing
import pickle
import sqlite3
import threading

import pytest

from audiomusic.server.cache import SqliteCache


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "cache.sqlite3"


@pytest.fixture
def cache(path):
    return SqliteCache(path, {})


def count_up(path, times):
    cache = SqliteCache(path, {})
    for _ in range(times):
        cache.incr("n")


def test_it_keeps_what_was_set(cache):
    for value in (7, -1, True, None, 1.5, "ü", "7", [1, {"a": [2]}]):
        cache.set("key", value)
        assert cache.get("key", "nothing") == value
        assert type(cache.get("key")) is type(value)


def test_what_json_has_not_is_refused(cache):
    with pytest.raises(TypeError, match="not JSON serializable"):
        cache.set("key", {1, 2})


class Planted:
    def __reduce__(self):
        return pytest.fail, ("a pickle was read",)


@pytest.mark.parametrize("planted", [pickle.dumps(Planted()), "nonsense", 1.5])
def test_what_others_wrote_there_is_as_if_it_were_not(cache, path, planted):
    cache.set("key", 1)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE json_entry SET value = ?", [planted])
    assert cache.get("key", "nothing") == "nothing"


def test_the_pickles_of_an_earlier_version_go(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE entry (key TEXT PRIMARY KEY, value, expires_at REAL) WITHOUT ROWID")
        file.execute("INSERT INTO entry VALUES (':1:key', ?, NULL)", [pickle.dumps(Planted())])
    cache = SqliteCache(path, {})
    assert cache.get("key") is None
    assert cache.add("key", 1)
    assert cache._rows("SELECT name FROM sqlite_master") == [("json_entry",)]


def test_another_process_sees_it(cache, path):
    cache.set("key", [1, 2])
    assert SqliteCache(path, {}).get("key") == [1, 2]


def test_what_is_not_there_is_the_default(cache):
    assert cache.get("key") is None
    assert cache.get("key", 3) == 3
    assert not cache.delete("key")
    assert not cache.touch("key", 10)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("key")


def test_entries_expire(cache, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    cache.set("key", 1, 60)
    cache.set("kept", 1, None)
    now[0] += 59
    assert cache.incr("key") == 2  # and still expires at the same time
    now[0] += 2
    assert cache.get("key") is None
    with pytest.raises(ValueError, match="not found"):
        cache.incr("key")
    assert cache.get("kept") == 1


def test_touch_puts_the_end_off(cache, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    cache.set("key", 1, 10)
    assert cache.touch("key", 100)
    now[0] += 99
    assert cache.get("key") == 1


def test_add_leaves_what_is_there(cache, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    assert cache.add("key", 1, 10)
    assert not cache.add("key", 2, 10)
    assert cache.get("key") == 1
    now[0] += 11
    assert cache.add("key", 3, 10)
    assert cache.get("key") == 3


def test_delete_and_clear(cache):
    cache.set("a", 1)
    cache.set("b", 1)
    assert cache.delete("a")
    cache.clear()
    assert cache.get("b") is None


def test_expired_entries_are_taken_away_in_time(cache, monkeypatch):
    cache.set("old", 1, -1)
    monkeypatch.setattr("audiomusic.server.cache.PRUNE_EVERY_S", 0.0)
    cache.set("new", 1)
    assert cache._rows("SELECT count(*) FROM json_entry") == [(1,)]


def test_no_count_is_lost_between_processes(cache, path):
    cache.set("n", 0)
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=count_up, args=(path, 200)) for _ in range(3)]
    for other in others:
        other.start()
    threads = [threading.Thread(target=count_up, args=(path, 200)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for other in [*others, *threads]:
        other.join()
    assert cache.get("n") == 1000
