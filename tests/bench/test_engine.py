"""How `bench engine` reports its measurements; the measuring itself takes minutes."""

import multiprocessing

import pytest

from audiomusic.bench.engine import benchmark, determinism, listening, music
from audiomusic.bench.report import Report
from tests.bench.children import send_a_song, send_nothing


@pytest.fixture
def context():
    return multiprocessing.get_context("spawn")


def test_every_part_is_in_the_one_report(monkeypatch):
    listened = Report()
    listened.add("genre_told_share", 0.7, at_least=0.75)
    monkeypatch.setattr(listening, "call_judges", lambda: None)  # no judges are loaded here
    monkeypatch.setattr(benchmark, "measure_song", send_a_song)
    monkeypatch.setattr(benchmark, "measure_cold_start", lambda connection: None)
    monkeypatch.setattr(
        benchmark, "_add_cold_start", lambda report, context: report.add("cold_first_sound_s", 5)
    )
    monkeypatch.setattr(
        determinism, "add_sameness", lambda report: report.add("same_samples_any_way_share", 1)
    )
    monkeypatch.setattr(music, "run", lambda quick: listened)
    report = benchmark.run()
    assert report.figures["song_120s_times_real_time"] == 12
    assert report.figures["song_600s_times_real_time"] == 60
    assert {"cold_first_sound_s", "same_samples_any_way_share"} <= set(report.figures)
    assert report.missed == ["song_120s_times_real_time", "genre_told_share"]


def test_a_process_that_dies_without_a_word_is_an_error(context):
    with pytest.raises(EOFError):
        benchmark._from_process(context, send_nothing)


def test_pieces_alike_are_told_from_others():
    ways = [{"a": "1", "b": "2"}, {"a": "1", "b": "2"}, {"b": "3", "a": "1"}]
    assert determinism.shares_alike(ways[:2]) == 1
    assert determinism.shares_alike(ways) == 0.5


def test_every_kind_is_made_in_every_way():
    assert {kind for kind, _, _ in determinism.PIECES} == {"song", "instrumental", "rap", "vocals", "samples"}
    assert {workers for workers, _ in determinism.WAYS} == {1, 2}
    assert {order for _, order in determinism.WAYS} == {1, -1}
