"""`bench faults`: a short torment of a real server, and that the count notices what is lost."""

import random
import threading
from collections import Counter
from types import SimpleNamespace

import pytest

from audiomusic.bench import faults, faults_load
from audiomusic.bench.faults_deeds import DECK, DEEDS, endless_deck
from audiomusic.bench.faults_load import Listener
from audiomusic.bench.report import Report


@pytest.fixture
def found():
    """An audit in which all is well: three songs, two of them made."""
    return {
        "jobs": {"COMPLETED": 2, "FAILED": 1},
        "codes": {"storage_failed": 1},
        "repeated": 1,
        "events": [["a", 1, "delivered", "{}"], ["b", 2, "delivered", "{}"], ["c", 3, "delivered", "{}"]],
        "problems": {"credits": [], "files": []},
    }


@pytest.fixture
def missed(found):
    """missed(asked, ids): what the report says was missed."""

    def fill(asked=3, ids=(1, 2, 3)):
        listener = Listener(0, "", threading.Event(), job_ids=list(ids))
        receiver = SimpleNamespace(listeners=[listener], heard=Counter("aabc"), problems=[])
        world = SimpleNamespace(done=Counter(worker_killed=2, killed_stored=1), worst_overdue_s=4.0)
        report = Report()
        faults.fill_report(report, "x", world, receiver, asked, found)
        return report.missed, report.figures

    return fill


def test_where_all_is_well_nothing_is_missed(missed):
    names, figures = missed()
    assert names == []
    assert (figures["x_faults"], figures["x_events_heard_again"], figures["x_made_again"]) == (3, 1, 1)


def test_a_lost_song_is_noticed(missed):
    assert missed(asked=4)[0] == ["x_lost"]


def test_a_song_made_for_two_wishes_is_noticed(missed):
    assert missed(ids=(1, 2, 2))[0] == ["x_twice"]


def test_a_song_that_still_waits_is_noticed(missed, found):
    found["jobs"] = {"COMPLETED": 2, "PROCESSING": 1}
    assert missed()[0] == ["x_waiting"]


def test_an_event_nobody_heard_is_noticed(missed, found):
    found["events"].append(["d", 3, "failed", "{}"])
    assert missed()[0] == ["x_events_not_heard"]


def test_whatever_a_proof_says_is_noticed(missed, found):
    found["problems"]["files"] = ["The file x is gone."]
    assert missed()[0] == ["x_wrong_files"]


def test_the_deck_holds_every_deed():
    assert set(DECK) == set(DEEDS)
    deck, count = endless_deck(random.Random(1)), sum(DECK.values())
    assert Counter(next(deck) for _ in range(count)) == DECK


@pytest.mark.e2e
def test_a_short_torment_loses_nothing(monkeypatch, django_db_blocker):
    monkeypatch.setattr(faults, "PAUSE_S", (0.2, 0.5))
    monkeypatch.setattr(faults, "USERS", 2)
    monkeypatch.setattr(faults_load, "IN_LINE", 3)
    deeds = ["messages_doubled", "point_set", "worker_killed", "leases_lapsed"]
    with django_db_blocker.unblock():  # it looks into the database of the server that it torments
        report = faults.run(database="sqlite", seed=5, deeds=deeds)
    assert report.missed == [], report.to_table()
    assert report.figures["faults_sqlite_asked"] >= 6
    assert report.figures["faults_sqlite_faults"] >= 3
