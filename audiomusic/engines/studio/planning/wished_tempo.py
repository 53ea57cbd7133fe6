"""The tempo: from the request, else from the caption, else from the genre's range, by seed."""

from __future__ import annotations

import math

from audiomusic.engines.base import SongRequest
from audiomusic.engines.studio.caption import CaptionHints
from audiomusic.engines.studio.compose.genres import GenreDefinition
from audiomusic.engines.studio.compose.seeds import draw, pick_weighted
from audiomusic.engines.studio.score import Metre

DOTTED_SHARE, SLOWEST_DOTTED_BPM = 0.62, 50.0  # factor for a 6/8 pulse: habits are written for quarters


def drawn_metre(wishes: CaptionHints, genre: GenreDefinition, seed: int) -> str:
    """Draw a metre by the genre's weights; a dotted pulse only if it stays within the genre's tempo."""
    name = pick_weighted(draw(seed, "metre"), genre.metres)
    low, high = _genre_bpm(wishes, genre)
    beats, unit = map(int, name.split("/"))
    return "4/4" if Metre(beats, unit, bpm=low).is_compound and high * DOTTED_SHARE < low else name


def wished_bpm(
    request: SongRequest, wishes: CaptionHints, genre: GenreDefinition, metre: Metre, seed: int
) -> float:
    """Return the tempo of the felt pulse. Habits are written for quarters; a dotted pulse is slower."""
    if request.bpm:
        return float(request.bpm)
    if wishes.tempo:
        return _tempo_within(wishes.tempo, seed)
    low, high = _genre_bpm(wishes, genre)
    place = wishes.tempo_place if wishes.tempo_place is not None else draw(seed, "bpm").random()
    bpm = (low + (high - low) * place) * wishes.tempo_factor
    if wishes.tempo_place is None:
        bpm = max(low, min(high, bpm))  # a mood does not change the genre
    if metre.is_compound:
        is_drawn = not (request.timesignature or wishes.metre)
        bpm = max(low if is_drawn else SLOWEST_DOTTED_BPM, bpm * DOTTED_SHARE)
    return float(round(max(40.0, min(220.0, bpm))))


def _tempo_within(tempo: tuple[float, float], seed: int) -> float:
    """Return the requested tempo; for a range, a whole number in it, by seed."""
    low, high = tempo
    whole = range(math.ceil(low), math.floor(high) + 1)
    return low if low == high or not whole else float(draw(seed, "bpm").choice(whole))


def _genre_bpm(wishes: CaptionHints, genre: GenreDefinition) -> tuple[float, float]:
    """Return the tempo range of the caption's genre, if it is played as this one; else this one's."""
    return wishes.bpm_range if wishes.bpm_range and wishes.genres[:1] == (genre.slug,) else genre.bpm


def free_bpm(wishes: CaptionHints, genre: GenreDefinition, metre: Metre) -> tuple[float, float] | None:
    """Return the range that a tempo must stay in while it is fitted to a length."""
    low, high = _genre_bpm(wishes, genre)
    return (low, high) if wishes.tempo_place is None and low <= metre.bpm <= high else None
