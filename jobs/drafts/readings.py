"""What was understood from a caption, as the API returns it."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from audiomusic.engines.captions.entries import PlayerEntry
from audiomusic.engines.captions.wishes import Aspect, Polarity, Reading, Wish


class UnderstoodBody(TypedDict):
    """One thing that a caption asks for. `value`: a name, a number, several names of which any one will do,
    the slowest and the fastest tempo, or an entry's rule, reach, sections and players; null if the words say
    everything. A `subject` is what the song is about."""

    words: str
    aspect: Aspect | Literal["subject"]
    value: str | float | list[str | float] | None
    polarity: Polarity


def understood_bodies(reading: Reading) -> list[UnderstoodBody]:
    """Return the wishes in order, then what the song is about."""
    subjects: list[UnderstoodBody] = [
        {"words": words, "aspect": "subject", "value": words, "polarity": "want"} for words in reading.subject
    ]
    return [*map(_body, reading.wishes), *subjects]


def _body(wish: Wish) -> UnderstoodBody:
    value: Any = wish.value
    if isinstance(value, PlayerEntry):
        who = ["drums"] if value.drums else value.players
        value = [value.rule, value.reach, *value.sections, *who]
    elif isinstance(value, tuple):
        value = list(value)
    return {"words": wish.words, "aspect": wish.aspect, "value": value, "polarity": wish.polarity}
