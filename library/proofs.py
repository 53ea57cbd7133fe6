"""What must hold of every like and dislike."""

from __future__ import annotations

from django.db.models import F, Q

from library.models import Reaction


def reaction_problems() -> list[str]:
    """A sentence for each reaction that is not its job's owner's, or has not its job's time."""
    wrong = Reaction.objects.filter(~Q(user=F("job__user")) | ~Q(job_created_at=F("job__created_at")))
    rows = wrong.order_by("job", "user").values_list("user__username", "value", "job")
    sentence = "{0}'s {1} of job {2} has another owner or time than the job."
    return [sentence.format(*row) for row in rows]
