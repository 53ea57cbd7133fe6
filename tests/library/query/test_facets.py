"""How many jobs each choice would leave, from the stored counts and from the jobs."""

import pytest

from library.query import facets
from library.query.facets import NAMES, FacetSamples, facet_counts
from library.query.filters import JobFilterSet
from library.query.job_query import JobQuery


@pytest.fixture
def counts_of(owner):
    """counts_of(genre="Jazz", …): the counts given this choice."""

    def count(**chosen):
        values = dict.fromkeys(JobFilterSet.form_fields()) | chosen
        conditions = JobFilterSet.narrow(JobQuery(owner), values).conditions
        return facet_counts(owner, values, FacetSamples(owner, conditions))

    return count


@pytest.fixture
def songs(owner, other, job_row, tag, react):
    """Three jazz songs, two of them calm, and a calm rock song; each with its status."""
    rows = (
        ("Blue", "Jazz", "Calm", "COMPLETED", "en"),
        ("Green", "Jazz", "Calm", "FAILED", "de"),
        ("Teal", "Jazz", "Angry", "COMPLETED", "de"),
        ("Red", "Rock", "Calm", "COMPLETED", "en"),
    )
    made = {}
    for name, genre, emotion, status, language in rows:
        job = job_row(owner, display_name=name, status=status, vocal_language=language)
        tag(job, "genre", genre)
        tag(job, "emotion", emotion)
        made[name] = job
    react(made["Blue"])
    tag(job_row(other, display_name="Blue", status="COMPLETED"), "genre", "Jazz")
    return made


def test_one_tag_leaves_the_others_to_be_counted(counts_of, songs):
    counts = counts_of(genre="Jazz")
    assert counts.of["genre"] == {"Jazz": 3, "Rock": 1}
    assert counts.of["status"] == {"COMPLETED": 2, "FAILED": 1}
    assert counts.of["emotion"] == {"Calm": 2, "Angry": 1}
    assert counts.of["language"] == {"en": 1, "de": 2}
    assert counts.at_least == frozenset()


def test_two_tags_are_counted_over_the_jobs(counts_of, songs):
    counts = counts_of(genre="Jazz", emotion="Calm").of
    assert counts["genre"] == {"Jazz": 2, "Rock": 1}
    assert counts["emotion"] == {"Calm": 2, "Angry": 1}
    assert counts["status"] == {"COMPLETED": 1, "FAILED": 1}
    assert counts["liked"] == {"true": 1, "false": 1}


def test_a_search_is_counted_over_what_it_finds(counts_of, songs):
    counts = counts_of(search="e").of  # Blue, Green, Teal, Red
    assert counts["genre"] == {"Jazz": 3, "Rock": 1}
    counts = counts_of(search="re", status="COMPLETED").of  # Green, Red
    assert counts["status"] == {"FAILED": 1, "COMPLETED": 1}
    assert counts["genre"] == {"Rock": 1}


def test_what_finds_nothing_counts_nothing(counts_of, songs):
    assert all(counts_of(search="zzz").of[name] == {} for name in NAMES)


def test_the_counts_agree_with_the_stored_ones(counts_of, songs):
    """For a search that matches every song, the jobs give the same numbers as the stored counts."""
    assert counts_of(search="e").of == counts_of().of


def test_at_the_ceiling_a_count_is_so_many_or_more(counts_of, songs, monkeypatch):
    monkeypatch.setattr(facets, "CEILING", 2)
    counts = counts_of(search="e")
    assert counts.at_least == frozenset(NAMES)
    assert sum(counts.of["status"].values()) == 2


def test_what_is_said_too_often_is_counted_among_the_first(counts_of, songs, monkeypatch):
    monkeypatch.setattr("jobs.search.queries.FEW", 2)
    counts = counts_of(search="re")
    assert counts.at_least == frozenset()  # two: few enough to be counted one by one
    counts = counts_of(search="e", genre="Jazz")
    assert "status" in counts.at_least
    assert 0 < sum(counts.of["status"].values()) <= 2
