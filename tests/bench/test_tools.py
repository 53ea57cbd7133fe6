"""`bench tools` on short songs."""

import json

import pytest

from audiomusic.bench.engine import rework, tools
from audiomusic.engines.studio.compose.genres import load_genres


@pytest.fixture(autouse=True)
def short_songs(monkeypatch):
    monkeypatch.setattr(tools, "QUICK_SONGS", 2)
    monkeypatch.setattr(tools, "PIECED_SONGS", 1)
    monkeypatch.setattr(tools, "REFERRED_SONGS", 1)
    monkeypatch.setattr(tools, "LONG_S", 24.0)  # a quick run takes a quarter of this
    monkeypatch.setattr(rework, "DIAL_SEEDS", 1)
    monkeypatch.setattr(tools.make, "__defaults__", (4.0,))


def test_it_takes_songs_apart_and_times_it():
    report = tools.run(quick=True)
    assert report.figures["songs taken apart"] == 2
    assert report.figures["stems' rest, worst, dBFS"] <= -90
    assert report.figures["repainted songs' stems' rest, worst, dBFS"] <= -90
    assert report.figures["references nearer to their song's balance"] in (0, 1)
    assert 0 < report.figures["curves, share of the master, most"] < 0.05
    assert report.figures["one stem of 6 s, slowest, s"] > 0
    assert report.figures["repaints whose samples outside are equal"] == 2
    assert report.figures["repaint of 8 s in 6 s, s"] > 0
    assert {"machine", "figures", "wanted", "missed"} <= json.loads(report.to_json()).keys()


def test_every_genre_comes_in_turn():
    genres = [genre for genre, _ in tools.wishes(tools.SONGS)]
    assert set(genres) == set(load_genres()) and len(genres) == len(set(genres))
