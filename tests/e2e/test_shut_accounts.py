"""An account is deactivated by SQL while workers run: within seconds its songs end and its credits are
returned."""

import copy
import sqlite3
import time

import pytest

from tests.e2e.conftest import CREDITS

pytestmark = pytest.mark.e2e

SONG = {"prompt": "slow piano", "duration": 120, "format": "flac"}
SONGS = 4
MAKE = "/api/v1/music/prompt2instrumental"
QUINN = "username = 'quinn'"
OWN = f"user_id = (SELECT id FROM accounts_user WHERE {QUINN})"
WITHIN_S = 20
MACHINE_S = 40  # extra time for a busy machine


@pytest.fixture(scope="module")
def quinn(server):
    """Return the server with the key of a user that only these tests use."""
    theirs = copy.copy(server)
    theirs.key = server.manage("createkey", "quinn").strip()
    return theirs


def sql(server, statement):
    connection = sqlite3.connect(server.data_dir / "audiomusic.sqlite3", timeout=30)
    try:
        with connection:
            return connection.execute(statement).fetchall()
    finally:
        connection.close()


def statuses(server):
    return [status for (status,) in sql(server, f"SELECT status FROM jobs_job WHERE {OWN} ORDER BY id")]


def wait_until(condition, limit_s):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_its_songs_end_and_its_key_opens_nothing(quinn):
    for _ in range(SONGS):
        assert quinn.call("POST", MAKE, SONG)[0] == 200
    wait_until(lambda: "PROCESSING" in statuses(quinn), 120)
    sql(quinn, f"UPDATE accounts_user SET is_active = 0 WHERE {QUINN}")
    assert quinn.call("GET", "/api/v1/auth/me")[0] == 401
    wait_until(lambda: statuses(quinn) == ["CANCELLED"] * SONGS, WITHIN_S + MACHINE_S)
    assert sql(quinn, f"SELECT balance FROM accounts_creditaccount WHERE {OWN}") == [(CREDITS,)]
    takes = f"SELECT count(*) FROM jobs_take WHERE job_id IN (SELECT id FROM jobs_job WHERE {OWN})"
    assert sql(quinn, takes) == [(0,)]

    sql(quinn, f"UPDATE accounts_user SET is_active = 1 WHERE {QUINN}")
    assert quinn.call("POST", MAKE, SONG | {"duration": 2})[0] == 200
    wait_until(lambda: statuses(quinn)[-1] == "COMPLETED", 240)
