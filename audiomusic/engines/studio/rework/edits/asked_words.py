"""Whether words that were asked for are sung: a song that passes over them is not what was asked for."""

from __future__ import annotations

from collections.abc import Iterable

from audiomusic.engines.base import EngineError
from audiomusic.engines.studio.lyrics import parse_lyrics, split_ad_lib
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.rework.edits.new_words import DO_NOT_FIT
from audiomusic.engines.studio.score import VocalLine


def check_sung(vocals: Iterable[VocalLine], lyrics: str | None, plan: Plan, where: str) -> None:
    """Each line of the lyrics by the lead, in whichever pieces. `where`: there is no room, as a sentence
    begins. Raises EngineError naming the first that is not."""
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
    """With a space at either end, so that no word is found within another."""
    return f" {' '.join(' '.join(texts).split())} "
