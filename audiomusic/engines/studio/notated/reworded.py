"""Requests that the rules do not understand: the language model rewrites them as changes, with retries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from audiomusic.engines.base import EngineError
from audiomusic.engines.language_model.rewording import RewordingFailed
from audiomusic.engines.notation.revise.instructions import revised
from audiomusic.engines.notation.revise.targets import NotUnderstood, TargetMissing
from audiomusic.engines.notation.tune import WrittenTune
from audiomusic.engines.notation.writer import write_abc
from audiomusic.engines.studio.notated.view import tune_of
from audiomusic.engines.studio.rework.kept_song import KeptSong

TRIES = 3
FAILED = "revise_failed"

#: Wish, sections, what was wrong with the last answer, seed -> changes. Raises RewordingFailed.
AskChanges = Callable[[str, Sequence[str], str, int], list[str]]


def worded(song: KeptSong, operation: Mapping[str, Any], ask: AskChanges | None) -> Mapping[str, Any]:
    """Return the operation with the text that its wish results in; unchanged if it already has a text, or has
    no wish. Raises EngineError if no attempt gives a change that can be made."""
    wish = operation.get("instruction")
    if not wish or operation.get("abc"):
        return operation
    tune = tune_of(song.document)
    labels = [section.label for section in tune.sections]
    problem = "There is no language model."
    for attempt in range(TRIES if ask else 0):
        try:
            last = problem if attempt else ""
            changes = ask(wish, labels, last, attempt) if ask else []
            made, note = _changed(tune, changes, operation)
            return {**operation, "abc": write_abc(made), "note": note, "changes": changes}
        except (RewordingFailed, NotUnderstood, TargetMissing) as error:
            problem = str(error)
    raise EngineError(f"REVISE_FAILED: {problem}", FAILED)


def _changed(
    tune: WrittenTune, changes: Sequence[str], operation: Mapping[str, Any]
) -> tuple[WrittenTune, str]:
    notes = []
    bars = operation.get("bars")
    for change in changes:
        made = revised(
            tune,
            change,
            section=operation.get("section"),
            bars=(int(bars[0]), int(bars[1])) if bars else None,
            allow_tempo_change=bool(operation.get("allow_tempo_change")),
        )
        if made.words:
            raise NotUnderstood("Expected a change of notes, chords or form, got one of words.")
        tune = made.tune
        notes.append(made.note)
    return tune, " ".join(notes)
