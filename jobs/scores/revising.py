"""Applying an instruction to a score."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from audiomusic.engines.notation.revise.instructions import revised
from audiomusic.engines.notation.revise.targets import NotUnderstood, TargetMissing, UnknownChange
from audiomusic.engines.notation.revise.understood import UNDERSTOOD
from audiomusic.engines.notation.tune import MAX_DURATION_S, WrittenTune
from audiomusic.engines.notation.writer import write_abc
from jobs.scores.refusals import ScoreRefused
from jobs.scores.sources import WrittenScore


@dataclass(frozen=True)
class Revision:
    """A revised score. `note` describes the change in words. `lyrics`: the song's new lyrics; None:
    unchanged. `wish`: a question that the language model still has to answer; nothing has changed yet."""

    tune: WrittenTune
    note: str
    lyrics: str | None = None
    wish: str | None = None

    @property
    def abc(self) -> str:
        return write_abc(self.tune)


def revision_of(source: WrittenScore, wishes: Mapping[str, Any]) -> Revision:
    """Apply the instruction to the score. Raises ScoreRefused."""
    tune = source.tune
    try:
        made = revised(
            tune,
            wishes["instruction"],
            section=wishes.get("section"),
            bars=wishes.get("bars"),
            allow_tempo_change=wishes.get("allow_tempo_change", False),
            seed=source.take.seed,
        )
    except UnknownChange as error:
        if not (settings.LLM_URL and settings.LLM_MODEL):
            raise _failed(error) from None
        return Revision(tune, "", wish=wishes["instruction"])
    except TargetMissing as error:
        raise ScoreRefused("REVISE_TARGET_NOT_FOUND", str(error), {"sections": error.sections}) from None
    except NotUnderstood as error:
        raise _failed(error) from None
    if made.tune.bars < 1 or made.tune.duration_s > MAX_DURATION_S:
        sentence = f"Expected a song of at most {MAX_DURATION_S:g} s, got {made.tune.duration_s:.0f} s."
        raise ScoreRefused("REVISE_FAILED", sentence)
    return Revision(made.tune, made.note, _lyrics(source, made.words))


def _failed(error: NotUnderstood) -> ScoreRefused:
    return ScoreRefused("REVISE_FAILED", str(error), {"understood": list(UNDERSTOOD)})


def _lyrics(source: WrittenScore, words: tuple[tuple[str, str], ...]) -> str | None:
    if not words:
        return None
    lyrics = source.job.lyrics
    for old, new in words:
        pattern = re.compile(re.escape(old), re.IGNORECASE)
        if not pattern.search(lyrics):
            labels = [section.label for section in source.tune.sections]
            raise ScoreRefused(
                "REVISE_TARGET_NOT_FOUND",
                f"Expected words of the song, got {old[:60]!r}.",
                {"sections": labels},
            )
        lyrics = pattern.sub(lambda _, new=new: new, lyrics)  # type: ignore[misc]
    return lyrics
