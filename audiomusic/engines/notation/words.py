"""Converts the words of a tune into lines and lyrics."""

from __future__ import annotations

from collections.abc import Sequence

from audiomusic.engines.notation.tune import TuneSyllable, WrittenNote, WrittenTune

LINE_REST = 4  # ticks of rest after which a line may start
MOST_SYLLABLES = 12
SPARE_WORDS = "la la la"


def text_of(words: Sequence[TuneSyllable]) -> str:
    """Join syllables into a line of words."""
    text = ""
    for word in words:
        text += (" " if word.begins_word and text else "") + word.text
    return text


def phrases(tune: WrittenTune) -> list[list[WrittenNote]]:
    """Split the Vocal notes into lines, at rests but never inside a word."""
    texts = {word.onset: word for word in tune.words}
    rows: list[list[WrittenNote]] = []
    for note in tune.vocal:
        last = rows[-1][-1] if rows else None
        begins = note.onset not in texts or texts[note.onset].begins_word
        rests = last is not None and note.onset - (last.onset + last.length) >= LINE_REST
        if last is None or (begins and (rests or len(rows[-1]) >= MOST_SYLLABLES)):
            rows.append([])
        rows[-1].append(note)
    return rows


def lyrics_of_tune(tune: WrittenTune) -> str:
    """Return the words with section marks; placeholder syllables if there are none."""
    texts = {word.onset: word for word in tune.words}
    rows: list[str] = []
    label = None
    for phrase in phrases(tune):
        words = [texts[note.onset] for note in phrase if note.onset in texts]
        here = tune.label_at(phrase[0].onset // tune.bar_ticks)
        if here != label:
            label = here
            rows += [f"[{here}]"] if here else []
        rows.append(text_of(words) or SPARE_WORDS)
    return "\n".join(rows)
