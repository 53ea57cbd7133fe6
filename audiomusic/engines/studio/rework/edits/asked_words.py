"""Check that requested words are sung: a song that skips some is not what was asked for."""

from __future__ import annotations

from collections.abc import Iterable

from audiomusic.engines.base import EngineError
from audiomusic.engines.studio.lyrics import parse_lyrics, split_ad_lib
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.rework.edits.new_words import DO_NOT_FIT
from audiomusic.engines.studio.score import VocalLine


def check_sung(vocals: Iterable[VocalLine], lyrics: str | None, plan: Plan, where: str) -> None:
    """Check that the lead sings every line of the lyrics, in any split. `where` begins the sentence about
    missing room. Raises EngineError with the first missing line."""
    if not lyrics:
        return
    if plan.language is None:
        raise EngineError("No one sings in this song, so it cannot have other lyrics.", DO_NOT_FIT)
    leads = sorted((line for line in vocals if line.role == "lead"), key=lambda line: line.onsets[0])
    sung = _joined(line.text for line in leads)
    for section in parse_lyrics(lyrics, rap=plan.kind == "rap"):
        for line in section.lines:
            text, _ = split_ad_lib(line)
            if text and _joined([text]) not in sung:
                raise EngineError(f"{where} no room for the line {text!r}.", DO_NOT_FIT)


def _joined(texts: Iterable[str]) -> str:
    """Join with a space at either end, so that no word matches inside another."""
    return f" {' '.join(' '.join(texts).split())} "
