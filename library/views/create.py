"""The page that creates songs: the form, and an estimate of length and price."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from audiomusic.accounts.credits.ledger import balance_of, credits_are_unlimited
from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.accounts.requests.signed_in import SignedInRequest
from audiomusic.engines.base import MAX_DURATION_S
from audiomusic.engines.estimate import estimate_duration_s
from audiomusic.engines.registry import ENGINES
from audiomusic.engines.units import clock
from audiomusic.http.ids import row_id
from jobs.models import Job
from jobs.specs.build import VOICED, kind_of, length_in_words_s, resolve_engine
from jobs.specs.parameters import MAX_LYRICS_CHARS, MAX_TEXT_CHARS, SAMPLE_TYPES, TASKS
from library.create.examples import examples
from library.create.languages import language_groups
from library.create.model_settings import model_settings
from library.create.options import (
    FORMATS,
    KEYSCALES,
    SONG_KINDS,
    STRUCTURE_TAGS,
    TIMESIGNATURES,
    kind_of_task,
)
from library.views.browse import own_job
from presets.selectors import preset_parameters, presets_by_name

MAX_PRESET_CHARS = 64
PRESET_EFFECTS = ("genre", "bpm", "timesignature", "keyscale", "vocal_language", "duration", "instrumental")


@login_required
@require_safe
@gzip_page
def create(request: SignedInRequest) -> HttpResponse:
    """Show the form; `?from=5` fills in the request of job 5."""
    presets = presets_by_name()
    presets.pop("Custom", None)  # it sets nothing, like the card "Any"
    recalled = request.GET.get("from", "")
    job_id = row_id(recalled)
    earlier = None if job_id is None else own_job(request.user, job_id)
    engine = resolve_engine(None)
    context = {
        "presets": presets,
        "preset_table": {name: preset_effects(preset) for name, preset in presets.items()},
        "kinds": SONG_KINDS,
        "kind_table": {kind.name: kind.describe() for kind in SONG_KINDS},
        "structure_tags": STRUCTURE_TAGS,
        "keyscales": KEYSCALES,
        "timesignatures": TIMESIGNATURES,
        "language_groups": language_groups(),
        "examples": examples(),
        "formats": FORMATS,
        "engines": [(name, entry.label.partition(":")[0]) for name, entry in ENGINES.items()],
        "engine_names": list(ENGINES),
        "settings": model_settings(),
        "engine": engine,
        "recalled": recall(earlier) if earlier else None,
        "earlier": earlier,
        "credits_left": None if credits_are_unlimited() else balance_of(request.user),
    }
    return render(request, "library/create.html", context)


def preset_effects(preset: dict[str, Any]) -> dict[str, Any]:
    """Return what a preset sets, for the sentence below the cards. Excludes its caption: the form always
    sends its own, which takes precedence."""
    return {name: preset[name] for name in PRESET_EFFECTS if preset.get(name) is not None}


def recall(job: Job) -> dict[str, Any]:
    """Return the request of a job, for the form."""
    request = {name: value for name, value in job.params.items() if value is not None}
    return {"kind": kind_of_task(job.task), "request": request}


class EstimateForm(forms.Form):
    task = forms.ChoiceField(choices=[(task, task) for task in TASKS])
    lyrics = forms.CharField(required=False, max_length=MAX_LYRICS_CHARS)
    duration = forms.FloatField(required=False, min_value=1, max_value=MAX_DURATION_S)
    batch_size = forms.IntegerField(required=False, min_value=1, max_value=8)
    instrumental = forms.BooleanField(required=False)
    sample_type = forms.ChoiceField(required=False, choices=[(word, word) for word in SAMPLE_TYPES])
    caption = forms.CharField(required=False, max_length=MAX_TEXT_CHARS)
    genre_preset = forms.CharField(required=False, max_length=MAX_PRESET_CHARS)


@login_required
@require_POST
def estimate(request: HttpRequest) -> HttpResponse:
    """Return the approximate length and the price of the song; 400 for an invalid request."""
    form = EstimateForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    asked = form.cleaned_data
    preset = preset_of(asked["genre_preset"])
    is_instrumental = asked["instrumental"] or bool(preset.get("instrumental"))
    kind = kind_of(asked["task"], {"instrumental": is_instrumental})
    lyrics = asked["lyrics"] if kind in VOICED else ""
    asked_s = asked["duration"] or preset.get("duration") or length_in_words_s(asked["caption"], kind)
    duration_s = asked_s or estimate_duration_s(
        kind, lyrics, kind in VOICED and not lyrics.strip(), asked["sample_type"] or "loop"
    )
    takes = asked["batch_size"] or 1
    return JsonResponse(
        {
            "duration": clock(duration_s),
            "is_asked": bool(asked_s),
            "takes": takes,
            "credits": credits_for(duration_s) * takes,
        }
    )


def preset_of(name: str) -> dict[str, Any]:
    """Return what the preset called `name` sets; empty if there is none."""
    try:
        return preset_parameters(name) if name else {}
    except LookupError:
        return {}
