"""Scores with their song's current title."""

from __future__ import annotations

import json
from typing import Any

from audiomusic.engines.midi import midi_file
from jobs.models import ScoreFormat, Take
from jobs.storage.scores import kept_score


def renamed_score(take: Take, format: ScoreFormat) -> bytes | None:
    """Return the take's score as JSON or MIDI with its song's title; None if the stored file already has it.
    A MIDI file is made from the score again; only its first track's name differs. Raises StorageRefused, and
    FileNotFoundError if the storage has lost it."""
    score = titled_score(take)
    if score is None:
        return None
    if format == ScoreFormat.MIDI:
        return midi_file(score)
    return json.dumps(score, ensure_ascii=False, separators=(",", ":")).encode()


def titled_score(take: Take) -> dict[str, Any] | None:
    """Return the score with its song's title; None if it already has it, or there is none. Raises like
    `renamed_score`."""
    score, title = kept_score(take), take.job.display_name
    if score is None or score.get("title") == title:
        return None
    return score | {"title": title}
