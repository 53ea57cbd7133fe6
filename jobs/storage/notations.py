"""A kept score as people write it: made when somebody opens the link, for the kept one says it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from audiomusic.engines.notation.musicxml import write_musicxml
from audiomusic.engines.notation.tune import Tune
from audiomusic.engines.notation.writer import write_abc
from audiomusic.engines.studio.notated.view import tune_of
from audiomusic.engines.studio.rework.kept_score import ScoreNotReadable
from jobs.models import Take
from jobs.storage.links import ABC_KIND, MUSICXML_KIND
from jobs.storage.scores import kept_score


class Notation(NamedTuple):
    extension: str
    content_type: str
    write: Callable[[Tune], str]


#: Kind of link -> what it is sent as.
NOTATIONS = {
    ABC_KIND: Notation(".abc", "text/vnd.abc; charset=utf-8", write_abc),
    MUSICXML_KIND: Notation(
        ".musicxml",
        "application/vnd.recordare.musicxml+xml; charset=utf-8",
        lambda tune: write_musicxml(tune).decode(),
    ),
}


def notation_text(take: Take, kind: str) -> str | None:
    """None where the take has no score that can be shown so. Raises StorageRefused."""
    try:
        kept = kept_score(take)
        return NOTATIONS[kind].write(tune_of(kept)) if kept is not None else None
    except (FileNotFoundError, ScoreNotReadable):
        return None
