"""How far a caption's wishes were met, as passed to the pages."""

import pytest

from jobs.models import Job
from jobs.specs.conformance import WishNote, WishRow, wish_report

MISSED = {"take": 1, "wish": "no drums", "asked": "no drums", "found": "16 hits in bars 5-8", "ok": False}
KEPT = {
    "take": 1,
    "wish": "flute",
    "asked": "flute plays",
    "found": "flute, 60 notes in bars 1-8",
    "ok": True,
}


def report_of(effective, **params):
    return wish_report(Job(task="text2music", params=params, effective=effective))


def test_wishes_are_told_with_their_marks():
    report = report_of({"conformance": [KEPT, MISSED], "not_understood": ["glorp"]})
    assert report.rows[1] == WishRow("no drums", "no drums", "16 hits in bars 5-8", False, 1)
    assert (report.kept_count, len(report.rows), report.has_takes) == (1, 2, False)
    assert report.not_understood == ("glorp",)


def test_takes_are_told_apart_where_there_are_several():
    assert report_of({"conformance": [KEPT, KEPT | {"take": 2}]}).has_takes


def test_a_missed_wish_is_told_once_and_parameters_stand_elsewhere():
    notes = {"no drums": "take 1 has: 16 hits", "oud": "the nearest is a nylon guitar", "bpm": "fixed"}
    report = report_of({"conformance": [MISSED], "not_applied": notes | {"made_up": "unused"}}, made_up=1)
    assert report.notes == (WishNote("oud", "the nearest is a nylon guitar"),)


@pytest.mark.parametrize(
    "effective",
    [{}, {"conformance": None, "not_applied": None, "not_understood": None}, {"conformance": ["odd"]}],
)
def test_an_engine_that_tells_nothing_has_no_report(effective):
    assert not report_of(effective)
