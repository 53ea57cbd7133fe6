"""The totals of a list, whatever narrows it."""

from dataclasses import dataclass

import pytest
from django.db import connection
from django.db.models import Q

from jobs.search.lookup import find
from library.query.conditions import Condition, FieldEquals, TextContains
from library.query.facets import FacetSamples, facet_counts
from library.query.job_query import SORTS, JobQuery


@dataclass(frozen=True)
class Named(Condition):
    """A condition that the stored counts do not cover."""

    text: str
    name = "named"
    can_find = False

    def predicate(self, path, user_id):
        return Q(**{f"{path}display_name": self.text})


@pytest.mark.parametrize("others", [(), (FieldEquals("status", "FAILED"),)], ids=["alone", "beside another"])
def test_what_the_counts_do_not_know_is_counted(owner, job_row, others):
    job_row(owner, status="FAILED", display_name="Rain")
    wanted = job_row(owner, status="FAILED", display_name="Snow")
    jobs = JobQuery(owner).where(*others, Named("Snow"))
    assert jobs.total == 1
    assert jobs.page(0, 10) == [wanted]


def test_two_searches_are_counted_together(owner, job_row):
    wanted = job_row(owner, display_name="Rain", prompt="piano")
    job_row(owner, display_name="Rain"), job_row(owner, prompt="piano")
    jobs = JobQuery(owner).where(*(TextContains(find(word, user=owner)) for word in ("rain", "piano")))
    assert (jobs.total, jobs.page(0, 10)) == (1, [wanted])


def test_choices_beside_what_the_counts_do_not_know_are_counted_from_the_jobs(owner, job_row):
    job_row(owner, status="FAILED", display_name="Rain")
    job_row(owner, status="FAILED", display_name="Snow")
    conditions = (Named("Snow"),)
    counts = facet_counts(owner, {}, FacetSamples(owner, conditions))
    assert counts.of["status"] == {"FAILED": 1}


@pytest.mark.parametrize("is_descending", [True, False])
def test_each_order_is_read_from_an_index(owner, is_descending):
    """SQLite keeps no statistics: the plan is the same for few rows and many."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads few rows without an index, and is right")
    for sort_by in SORTS:
        jobs = JobQuery(owner, sort_by=sort_by, is_descending=is_descending)
        lines = jobs._plan(1.0).jobs(slice(0, 50)).explain().splitlines()
        assert any("INDEX job_user_" in line for line in lines), (sort_by, lines)
        assert sum("TEMP B-TREE" in line for line in lines) == 1, (sort_by, lines)  # for the page only
