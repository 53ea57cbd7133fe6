"""Synchronized lyrics for songs that were made without requesting them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audiomusic.engines.studio.lyric_timing import kept_lrc
from jobs.models import Job, Take
from jobs.specs.refusals import SourceUnfit
from jobs.storage.scores import kept_score

NO_LYRICS = "No one sings in this song, so there are no lyrics to time."
NOT_KEPT = (
    "The times of the words were not stored when this song was made, so there are no exact times. Set "
    "generate_lrc when you make it again."
)


def take_lyrics_sync(*, take: Take) -> Take:
    """Time the lyrics of a take from its score, unless they are timed already; the result is the same as if
    it had been requested. Idempotent. Raises SourceUnfit if there are none, StorageRefused."""
    if take.lrc_content:
        return take
    texts = kept_lrc(_score(take))
    if texts is None:
        raise SourceUnfit(NO_LYRICS, "no_lyrics")
    take.lrc_content, take.enhanced_lrc = texts
    _save(take)
    return take


def _score(take: Take) -> dict[str, Any]:
    try:
        score = kept_score(take)
    except FileNotFoundError:
        score = None
    if score is not None:
        return score
    if not take.job.lyrics.strip():
        raise SourceUnfit(NO_LYRICS, "no_lyrics")
    raise SourceUnfit(NOT_KEPT, "engine_cannot")


@transaction.atomic
def _save(take: Take) -> None:
    """Save the lyrics. Concurrent callers write the same."""
    texts = {"lrc_content": take.lrc_content, "enhanced_lrc": take.enhanced_lrc}
    Take.objects.filter(id=take.id).update(**texts)
    if take.index == 1:
        Job.objects.filter(id=take.job_id).update(lrc_content=take.lrc_content)
