"""Choice of a line's reader: the network reads English lines, espeak reads all others."""

from __future__ import annotations

from audiomusic.engines.studio.score import Reader, Score
from audiomusic.engines.studio.voice.g2p import parts_of, readable
from audiomusic.engines.studio.voice.speech import TEXT_LIMIT, Speech, speak

NEURAL_LANGUAGE = "en"


def choose_reader(language: str, is_sung: bool = True) -> Reader:
    """Return the reader of a new song: the network if the song is sung in English and the network loads."""
    if is_sung and _is_neural(language):
        from audiomusic.engines.studio.voice.neural.network import can_sing

        return "hibari" if can_sing() else "espeak"
    return "espeak"


def english_fallback(score: Score) -> str:
    """Return why espeak sings English lines of `score`; empty without such lines or if the network sings."""
    if not any(_is_neural(line.language) for line in score.vocals):
        return ""
    from audiomusic.engines.studio.voice.neural.network import missing_reason

    return missing_reason()


def _is_neural(language: str) -> bool:
    return language.lower().replace("_", "-").partition("-")[0] == NEURAL_LANGUAGE


def read_line(text: str, language: str, reader: Reader = "espeak", variant: str = "") -> Speech:
    """Return `text` as `reader` pronounces it. Composing counts syllables on the same reading that is sung.

    The network reads only lines that are entirely English. espeak's `variant` voice reads all other lines,
    and those that the network fails on.
    """
    if reader == "hibari" and _is_neural(language):
        line = text[:TEXT_LIMIT]
        parts = parts_of(line, language) if readable(line).strip() else []
        if len(parts) == 1 and parts[0].language == language:
            from audiomusic.engines.studio.voice.neural.reading import read_part

            if spoken := read_part(parts[0], line):
                return spoken
    return speak(text, language, variant)
