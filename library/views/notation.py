"""The page of a song's score: shown as notes, edited as ABC text, changed in words, and recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from audiomusic.accounts.credits.ledger import NotEnoughCredits, credits_are_unlimited
from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.engines.notation.tune import WrittenTune
from jobs.models import Job, Status
from jobs.scores.refusals import ScoreRefused
from jobs.scores.services import checked_abc, record_job_create, revise_job_create
from jobs.scores.sources import WrittenScore, performed_s, written_score
from jobs.specs.refusals import JobRefused
from jobs.specs.score_parameters import MAX_INSTRUCTION_CHARS
from jobs.specs.score_tasks import is_silent, record_credits, score_credits
from jobs.storage.files import StorageRefused
from jobs.storage.links import abc_url, midi_url, musicxml_url
from library.views.browse import own_job
from library.views.stems import STORAGE_SILENT, HtmxRequest

MAX_ABC_CHARS = 200_000
Problems = list[dict[str, Any]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notation(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Show the page. A POST with `check` returns the errors of the text and the price of a recording; one
    with `revise` or `record` creates that job."""
    user = user_of(request)
    own_job(user, job_id)
    try:
        score = written_score(user=user, job_id=job_id)
    except ScoreRefused as error:
        raise Http404(str(error)) from None
    except StorageRefused:
        return render(request, "library/notation_silent.html", {"problem": STORAGE_SILENT}, status=503)
    if request.method != "POST":
        return _page(request, score, score.abc)
    # Forms send line ends as \r\n; a score's text has \n.
    abc = request.POST.get("abc", "").replace("\r\n", "\n").strip() or score.abc
    if "check" in request.POST:
        return _checked(request, score, abc)
    problems, address = _start(user, score, request, abc)
    if address:
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    return _page(request, score, abc, problems=problems, instruction=request.POST.get("instruction", ""))


def _start(user: User, score: WrittenScore, request: HtmxRequest, abc: str) -> tuple[Problems, str]:
    """Return the errors, or the URL of the new job's page."""
    create: Callable[..., Job] = record_job_create
    wishes: dict[str, Any] = {"source_job_id": score.job.id, "abc": abc}
    if "revise" in request.POST:
        create = revise_job_create
        instruction = " ".join(request.POST.get("instruction", "").split())
        if not 1 <= len(instruction) <= MAX_INSTRUCTION_CHARS:
            sentence = f"Expected 1 to {MAX_INSTRUCTION_CHARS} characters, got {len(instruction)}."
            return [{"of": "instruction", "message": sentence}], ""
        wishes = {"source_job_id": score.job.id, "instruction": instruction}
        wishes |= {"section": section} if (section := request.POST.get("section", "")[:60]) else {}
        wishes |= {"allow_tempo_change": True} if request.POST.get("tempo") else {}
    elif request.POST.get("tempo"):
        wishes["allow_tempo_change"] = True
    try:
        job = create(user=user, wishes=wishes, params=wishes)
    except ScoreRefused as error:
        return _problems(error, "instruction" if "revise" in request.POST else "abc"), ""
    except (NotEnoughCredits, JobRefused) as error:
        return [{"of": "abc", "message": str(error)}], ""
    except StorageRefused:
        return [{"of": "abc", "message": STORAGE_SILENT}], ""
    return [], reverse("track", args=[job.id])


def _problems(error: ScoreRefused, of: str) -> Problems:
    """Return the problems, each with its bar if it has one."""
    rows = error.facts.get("problems") or [{"message": str(error)}]
    return [{"of": of, **row} for row in rows]


def _checked(request: HtmxRequest, score: WrittenScore, abc: str) -> HttpResponse:
    problems: Problems = []
    tune: WrittenTune | None = None
    try:
        tune = checked_abc(score, abc, allow_tempo_change=bool(request.POST.get("tempo")))
    except ScoreRefused as error:
        problems = _problems(error, "abc")
    context = {"problems": problems, "price": record_credits(performed_s(score, tune)) if tune else None}
    return render(request, "library/includes/notation_check.html", context | _credits())


def _page(
    request: HtmxRequest,
    score: WrittenScore,
    abc: str,
    *,
    problems: Problems | None = None,
    instruction: str = "",
) -> HttpResponse:
    job, index = score.job, score.take.index
    context = {
        "job": job,
        "abc": abc,
        "tune": score.tune,
        "sections": list(dict.fromkeys(section.label for section in score.tune.sections)),
        "problems": [each for each in problems or [] if each["of"] == "abc"],
        "instruction_problems": [each for each in problems or [] if each["of"] == "instruction"],
        "instruction": instruction,
        "price": record_credits(score.take.duration_s),
        "revise_price": score_credits(),
        "is_silent": is_silent(job),
        "files": {
            "ABC": abc_url(job, index, base_url=""),
            "MusicXML": musicxml_url(job, index, base_url=""),
            "MIDI": midi_url(job, index, base_url=""),
        },
        **_credits(),
    }
    return render(
        request, "library/notation.html", context, status=422 if problems and not request.htmx else 200
    )


def _credits() -> dict[str, bool]:
    return {"is_free": credits_are_unlimited()}


def has_notation(job: Job, scores: dict[int, str]) -> bool:
    """Return whether the job's page links to a score."""
    return job.status == Status.COMPLETED and (is_silent(job) or 1 in scores) and not job.stems_of_take(1)
