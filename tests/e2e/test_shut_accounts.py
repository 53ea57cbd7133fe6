"""An account is shut by SQL beside real workers: within seconds its songs end and its credits are back."""

import sqlite3
import time

import pytest

from tests.support.prepared import PreparedServer

pytestmark = pytest.mark.e2e

CREDITS = 100_000
SONG = {"prompt": "slow piano", "duration": 120, "format": "flac"}
SONGS = 4
MAKE = "/api/v1/music/prompt2instrumental"
PENNY = "username = 'penny'"
WITHIN_S = 20
MACHINE_S = 40  # what a busy machine may take beyond that


@pytest.fixture(scope="module")
def server(prepared_folder):
    with PreparedServer(prepared_folder, AUDIOMUSIC_CREDITS=str(CREDITS)) as running:
        running.key = running.manage("createkey", "penny").strip()
        yield running


def sql(server, statement):
    connection = sqlite3.connect(server.data_dir / "audiomusic.sqlite3", timeout=30)
    try:
        with connection:
            return connection.execute(statement).fetchall()
    finally:
        connection.close()


def statuses(server):
    return [status for (status,) in sql(server, "SELECT status FROM jobs_job ORDER BY id")]


def wait_until(condition, limit_s):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_its_songs_end_and_its_key_opens_nothing(server):
    for _ in range(SONGS):
        assert server.call("POST", MAKE, SONG)[0] == 200
    wait_until(lambda: "PROCESSING" in statuses(server), 120)
    sql(server, f"UPDATE accounts_user SET is_active = 0 WHERE {PENNY}")
    assert server.call("GET", "/api/v1/auth/me")[0] == 401
    wait_until(lambda: statuses(server) == ["CANCELLED"] * SONGS, WITHIN_S + MACHINE_S)
    account = f"user_id = (SELECT id FROM accounts_user WHERE {PENNY})"
    balance = f"SELECT balance FROM accounts_creditaccount WHERE {account}"
    assert sql(server, balance) == [(CREDITS,)]
    assert sql(server, "SELECT count(*) FROM jobs_take") == [(0,)]

    sql(server, f"UPDATE accounts_user SET is_active = 1 WHERE {PENNY}")
    assert server.call("POST", MAKE, SONG | {"duration": 2})[0] == 200
    wait_until(lambda: statuses(server)[-1] == "COMPLETED", 240)
