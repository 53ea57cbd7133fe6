"""Reports of who holds which lock, on child processes and the test database."""

import faulthandler
import os
import sqlite3
import subprocess
import sys

import pytest
from django.db import connection

from audiomusic.bench.faults import lock_holders as holders

WAITER = (
    "import faulthandler, signal, sys, time\n"
    "faulthandler.register(signal.SIGUSR2, file=sys.stderr)\n"
    "def wait_for_nothing():\n    print('ready', flush=True)\n    time.sleep(60)\n"
    "wait_for_nothing()\n"
)


@pytest.fixture
def child(tmp_path):
    """Start a process that handles the signal; its standard error stands in for a server's log."""
    with (tmp_path / "log.txt").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", WAITER], stdout=subprocess.PIPE, stderr=log)
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def sql(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def test_it_tells_what_each_thread_waits_for(child):
    lines = holders.process_lines(os.getpid())
    [place] = [number for number, line in enumerate(lines) if f"process {child.pid} of {os.getpid()}" in line]
    assert f"thread {child.pid}" in lines[place + 1]


def test_it_tells_where_each_process_is_in_its_code(child, tmp_path):
    lines = holders.stack_lines(child.pid, tmp_path / "log.txt")
    assert lines[0] == f"stacks of process {child.pid}:"
    assert any("in wait_for_nothing" in line for line in lines)


def test_who_would_die_of_the_signal_is_not_asked(tmp_path):
    (tmp_path / "log.txt").touch()
    assert not faulthandler.unregister(holders.STACK_SIGNAL)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert holders.stack_lines(process.pid, tmp_path / "log.txt") == []
        assert process.poll() is None


def test_of_a_stack_the_innermost_frames_are_told():
    deep = ["Thread 1:", *[f"  File {number}" for number in range(30)], "Thread 2:", "  File x"]
    assert len(list(holders._innermost(deep))) == holders.MAX_FRAMES + 3


@pytest.mark.django_db
def test_every_question_can_be_asked():
    questions = dict(holders.ROWS)
    if connection.vendor == "postgresql":
        questions |= {"sessions": holders.POSTGRES_SESSIONS, "locks": holders.POSTGRES_LOCKS}
    for name, question in questions.items():
        assert holders.row_lines(name, sql, question)[0].startswith(f"{name}: ")
        sql(question)  # raises if the query is wrong


def test_a_database_that_is_away_is_told():
    def fail(question):
        raise ConnectionError("no database")

    assert holders.row_lines("songs", fail, "SELECT 1") == ["songs: no database"]


def test_who_locks_the_file_is_told(tmp_path):
    path = tmp_path / "one.sqlite3"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("CREATE TABLE t (x)")
    database.execute("BEGIN IMMEDIATE")
    lines = holders.file_lock_lines(path)
    if not os.path.exists("/proc/locks"):
        pytest.skip("who locks a file cannot be seen here")
    assert any("one.sqlite3: " in line and f" {os.getpid()} " in line for line in lines), lines
    database.close()
