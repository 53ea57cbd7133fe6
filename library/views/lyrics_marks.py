"""Syllable counts, rhymes and long lines beside lyrics, updated as the user types."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from audiomusic.engines.base import MAX_DURATION_S
from audiomusic.engines.registry import find_engine
from audiomusic.engines.studio.margin.marks import LyricsMarks, lyrics_marks
from audiomusic.engines.studio.plan import make_plan
from audiomusic.http.errors import json_error
from audiomusic.http.pages.language_names import language_name
from audiomusic.http.throttling import ScopeThrottle
from jobs.drafts.drafting import ENGINE
from jobs.specs.build import apply_preset, build_song_request
from jobs.specs.parameters import MAX_LYRICS_CHARS, MAX_SEED, MAX_TEXT_CHARS, TASKS
from jobs.specs.params import GenerationParams
from jobs.specs.spelling import parse_language
from library.create.options import TIMESIGNATURES

SCOPE = "marks"
TRIED_SEEDS = (1, 2, 3)  # if no seed is given; the marks must hold for each


class LyricsMarksForm(forms.Form):
    """The form fields that affect how the lyrics are sung."""

    task = forms.ChoiceField(choices=[(task, task) for task in TASKS])
    lyrics = forms.CharField(max_length=MAX_LYRICS_CHARS, strip=False)
    caption = forms.CharField(required=False, max_length=MAX_TEXT_CHARS)
    vocal_language = forms.CharField(required=False, max_length=8)
    bpm = forms.FloatField(required=False, min_value=30, max_value=300)
    timesignature = forms.ChoiceField(required=False, choices=[(name, name) for name in TIMESIGNATURES])
    duration = forms.FloatField(required=False, min_value=1, max_value=MAX_DURATION_S)
    seed = forms.IntegerField(required=False, min_value=0, max_value=MAX_SEED)
    genre_preset = forms.CharField(required=False, max_length=64)

    def clean_vocal_language(self) -> str:
        try:
            return parse_language(self.cleaned_data["vocal_language"] or "unknown")
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


def marks(request: HttpRequest) -> HttpResponse:
    """Return the marks of the lyrics by line. Responds 401 without a redirect, so that no one is sent away
    while typing."""
    if not request.user.is_authenticated:
        return json_error(401, "Please sign in.", "not_authenticated")
    return _marks(request)


@require_POST
def _marks(request: HttpRequest) -> HttpResponse:
    allowance = ScopeThrottle().count(str(request.user.pk), SCOPE)
    if allowance and allowance.is_exceeded:
        refusal = json_error(429, "Too many calls. The marks return in a moment.", "throttled")
        refusal["Retry-After"] = str(allowance.reset_s)
        return refusal
    form = LyricsMarksForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    return JsonResponse(marks_of(form.cleaned_data))


def marks_of(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the response for valid fields. A field, a preset or a seed sets the tempo."""
    values: dict[str, Any] = {
        "caption": asked["caption"],
        "lyrics": asked["lyrics"],
        "bpm": asked["bpm"],
        "timesignature": asked["timesignature"],
        "duration_s": asked["duration"],
        "genre": asked["genre_preset"],
        "vocal_language": None if asked["vocal_language"] == "unknown" else asked["vocal_language"],
        "seed": asked["seed"],
    }
    given = {name: value for name, value in values.items() if value not in (None, "")}
    wishes = cast(GenerationParams, given)
    try:
        wishes = apply_preset(wishes)
    except LookupError:
        wishes.pop("genre", None)
    request = build_song_request(asked["task"], wishes, find_engine(ENGINE))
    plans = [make_plan(request, seed) for seed in (request.seeds if "seed" in wishes else TRIED_SEEDS)]
    found = lyrics_marks(asked["lyrics"], plans, knows_tempo="bpm" in wishes or "seed" in wishes)
    unmet = [plan.not_applied.get("lyrics") for plan in plans]
    return _body(found) | {"notes": [unmet[0]] if all(unmet) else []}


def _body(found: LyricsMarks) -> dict[str, Any]:
    return {
        "language": found.language,
        "language_name": language_name(found.language) if found.language else "",
        "lines": [asdict(mark) for mark in found.marks],
        "is_whole": found.is_whole,
    }
