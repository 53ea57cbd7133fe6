"""Compare two of the user's songs: play them in sync, and list the differences."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import user_of
from jobs.models import Job, Take
from jobs.representations import job_representation, takes_of
from jobs.specs.refusals import SourceNotFound, SourceUnfit
from jobs.storage.files import StorageRefused
from jobs.storage.scores import kept_score
from jobs.tools.sources import SourceRef, source_take
from library.comparison import Comparison, compare_songs
from library.views.browse import own_job


class Side(NamedTuple):
    """One of the two songs. `body`: the take, as in API responses."""

    letter: str
    job: Job
    body: Any
    score: dict[str, Any] | None

    @property
    def urls(self) -> list[str]:
        """Return the audio URLs. The song's own format, which exists, comes before those made on request."""
        own = self.job.format
        return [self.body["urls"][own], *(url for name, url in self.body["urls"].items() if name != own)]


@login_required
@require_safe
def compare(request: HttpRequest, job_id: int, other_id: int) -> HttpResponse:
    user = user_of(request)
    sides = (_side("A", user, job_id), _side("B", user, other_id))
    context = {"sides": sides, "comparison": _comparison(*sides)}
    return render(request, "library/compare.html", context)


def _side(letter: str, user: User, job_id: int) -> Side:
    """Return the first take of a finished song. Raises Http404."""
    job = own_job(user, job_id)
    try:
        take = source_take(user=user, ref=SourceRef(job_id))
    except (SourceNotFound, SourceUnfit) as error:
        raise Http404(str(error)) from None
    body = job_representation(job, base_url="", takes=takes_of(job), queue_position=None)
    return Side(letter, job, body["takes"][take.index - 1], _score(take))


def _score(take: Take) -> dict[str, Any] | None:
    try:
        return kept_score(take)
    except (FileNotFoundError, StorageRefused):
        return None


def _comparison(one: Side, other: Side) -> Comparison | None:
    """Return the comparison, or None if one of the songs has no readable score."""
    if one.score is None or other.score is None:
        return None
    return compare_songs(one.score, other.score, lyrics=(one.job.lyrics, other.job.lyrics))
