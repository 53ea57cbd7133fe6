"""What a list counts, whatever it is narrowed by."""

from dataclasses import dataclass

import pytest
from django.db.models import Q

from library.query.conditions import Condition, FieldEquals
from library.query.job_query import JobQuery


@dataclass(frozen=True)
class Named(Condition):
    """A condition that the counts do not know."""

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
