"""A take's score, read from the storage."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

from audiomusic.engines.encoding import Samples, read_pcm24
from audiomusic.engines.notation.musicxml import write_musicxml
from audiomusic.engines.notation.tune import WrittenTune
from audiomusic.engines.notation.writer import write_abc
from audiomusic.engines.studio.notated.view import tune_of
from audiomusic.engines.studio.rework.kept_score import ScoreNotReadable
from jobs.models import ScoreFormat, Take
from jobs.storage.files import local_copy
from jobs.storage.links import ABC_KIND, MUSICXML_KIND


def kept_score(take: Take) -> dict[str, Any] | None:
    """Return the score as in docs/score.md; None if the engine provided none. Raises StorageRefused, and
    FileNotFoundError if the storage has lost it."""
    content = _content(take, ScoreFormat.JSON)
    return None if content is None else json.loads(content)


def kept_midi(take: Take) -> bytes | None:
    """Return the score as a MIDI file. Raises like `kept_score`."""
    return _content(take, ScoreFormat.MIDI)


def kept_curves(take: Take) -> bytes | None:
    """Return the mastering curves of the take, in its engine's own format. Raises like `kept_score`."""
    return _content(take, ScoreFormat.CURVES)


def kept_source(take: Take) -> bytes | None:
    """Return the song that the take was made from, in its engine's own format; None if it was made from
    nothing. Raises like `kept_score`."""
    return _content(take, ScoreFormat.SOURCE)


def kept_sound(take: Take) -> Samples | None:
    """Return the sound that the take was made from, float32 [2, n]; None if there is none. Raises like
    `kept_score`."""
    content = _content(take, ScoreFormat.SOUND)
    return None if content is None else read_pcm24(BytesIO(content))


def _content(take: Take, format: ScoreFormat) -> bytes | None:
    file = take.score_files.filter(format=format).first()
    if file is None:
        return None
    with local_copy(file.storage_name) as path:
        return path.read_bytes()


class Notation(NamedTuple):
    extension: str
    content_type: str
    write: Callable[[WrittenTune], str]


#: Kind of link -> file ending, content type and writer.
NOTATIONS = {
    ABC_KIND: Notation(".abc", "text/vnd.abc; charset=utf-8", write_abc),
    MUSICXML_KIND: Notation(
        ".musicxml",
        "application/vnd.recordare.musicxml+xml; charset=utf-8",
        lambda tune: write_musicxml(tune).decode(),
    ),
}


def notation_text(take: Take, kind: str) -> str | None:
    """Return the take's score in a notation; None if it has no score that can be written that way. Raises
    StorageRefused."""
    try:
        kept = kept_score(take)
        return NOTATIONS[kind].write(tune_of(kept)) if kept is not None else None
    except (FileNotFoundError, ScoreNotReadable):
        return None
