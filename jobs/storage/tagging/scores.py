"""Scores under the name that their song has by now."""

from __future__ import annotations

import json
from typing import Any

from audiomusic.engines.midi import midi_file
from jobs.models import ScoreFormat, Take
from jobs.storage.scores import kept_score


def renamed_score(take: Take, format: ScoreFormat) -> bytes | None:
    """The take's score as JSON or MIDI under its song's name; None where the stored file has that name
    already. A MIDI file is made of the score again, which is the same but for its first track's name. Raises
    StorageRefused, and FileNotFoundError where the storage has lost it."""
    score = titled_score(take)
    if score is None:
        return None
    if format == ScoreFormat.MIDI:
        return midi_file(score)
    return json.dumps(score, ensure_ascii=False, separators=(",", ":")).encode()


def titled_score(take: Take) -> dict[str, Any] | None:
    """The score with its song's name; None where it has it, or there is none. Raises as `renamed_score`."""
    score, title = kept_score(take), take.job.display_name
    if score is None or score.get("title") == title:
        return None
    return score | {"title": title}
