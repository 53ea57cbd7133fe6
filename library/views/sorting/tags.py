"""The tags panel of a song's page: show, add and remove, with and without our script."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import user_of
from jobs.models import Job
from jobs.specs.tags import tags_left, tags_own, tags_removed
from library.tags.selectors import tags_used
from library.tags.services import MOST_TAGS, TooManyTags, job_tags_update
from library.tags.words import TAG_CHARS, TagInvalid, split_line, tag_key
from library.views.browse import own_job

LINE_CHARS = MOST_TAGS * (TAG_CHARS + 2)
SUGGESTED = 12


class TagsForm(forms.Form):
    """Tags to add, separated by commas, and the tag of the pressed button, to remove or to add."""

    add = forms.CharField(max_length=LINE_CHARS, required=False)
    remove = forms.CharField(max_length=200, required=False)
    suggested = forms.CharField(max_length=200, required=False)


def tags_context(user: User, job: Job, *, line: str = "", error: str = "") -> dict[str, Any]:
    """Return the context of a song's tags panel."""
    there = {tag_key(word) for _, word in [*tags_own(job), *tags_left(job)]}
    used = [use.word for use in tags_used(user)]
    return {
        "job": job,
        "own_tags": tags_own(job),
        "caption_tags": tags_left(job),
        "removed_tags": tags_removed(job),
        "suggestions": [word for word in used if tag_key(word) not in there][:SUGGESTED],
        "known_tags": used,
        "tags_line": line,
        "tags_error": error,
    }


@login_required
@require_POST
def tags(request: HttpRequest, job_id: int) -> HttpResponse:
    """Change the tags, and show the result."""
    user = user_of(request)
    job = own_job(user, job_id)
    form = TagsForm(request.POST)
    line, error = request.POST.get("add", "")[:LINE_CHARS], ""
    if form.is_valid():
        add = [*split_line(form.cleaned_data["add"]), form.cleaned_data["suggested"]]
        try:
            job = job_tags_update(
                job=job, add=filter(None, add), remove=filter(None, [form.cleaned_data["remove"]])
            )
            line = ""
        except (TagInvalid, TooManyTags) as refusal:
            error = str(refusal)
        except Job.DoesNotExist:
            raise Http404("There is no such song.") from None
    else:
        error = " ".join(str(sentence) for each in form.errors.values() for sentence in each)
    context = tags_context(user, job, line=line, error=error)
    if request.headers.get("HX-Request"):
        return render(request, "library/includes/track_tags.html", context)
    if error:
        return render(request, "library/track_tags.html", context, status=400)
    return redirect("track", job_id=job_id)
