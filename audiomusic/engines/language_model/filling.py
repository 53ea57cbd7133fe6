"""Fills in the open parts of a request with what a language model wrote.

Parameters take precedence over the wish in words, and both over the model: it fills gaps, and overrides
nothing that was requested.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from audiomusic.engines.base import SongRequest, WrittenSong
from audiomusic.engines.estimate import estimate_duration_s
from audiomusic.engines.lyrics.pasted import read_pasted
from audiomusic.engines.studio.caption import CaptionHints, read_caption
from audiomusic.engines.theory import parse_key

VOICED = ("song", "rap", "vocals")
LEAST_SHARE = 0.8  # of a song's natural length: a shorter one would cut its last lines


def needs_words(request: SongRequest) -> bool:
    """Return whether lyrics have to be written for this song, by any writer."""
    if request.kind not in VOICED or not (request.write_lyrics or request.query):
        return False
    if read_pasted(request.lyrics).has_words:
        return False
    return request.kind != "song" or read_caption(_wish(request)).singer != "none"


def with_written(request: SongRequest) -> SongRequest:
    """Return the request with the model's lyrics, and its plan for everything left open."""
    written = request.written
    if written is None or not written["lyrics"] or not needs_words(request):
        return request
    asked = read_caption(_wish(request))
    return replace(
        request,
        lyrics=written["lyrics"],
        write_lyrics=False,
        title=request.title or written.get("title", ""),
        caption=request.caption or _caption(request.query, asked, written.get("caption", "")),
        vocal_language=request.vocal_language or written.get("vocal_language"),
        duration_s=request.duration_s or (None if asked.duration_s else _duration_s(request, written)),
        **_measures(request, asked, written),
    )


def _wish(request: SongRequest) -> str:
    return f"{request.caption}, {request.query}"


def _measures(request: SongRequest, asked: CaptionHints, written: WrittenSong) -> dict[str, Any]:
    """Return tempo, key and metre."""
    has_tempo = asked.tempo is not None or asked.tempo_place is not None
    key = written.get("keyscale")
    if key and (asked.key or (asked.mode and parse_key(key).key.mode != asked.mode)):
        key = None
    return {
        "bpm": request.bpm or (None if has_tempo else written.get("bpm")),
        "keyscale": request.keyscale or key,
        "timesignature": request.timesignature or (None if asked.metre else written.get("timesignature")),
    }


def _duration_s(request: SongRequest, written: WrittenSong) -> float | None:
    """Return the planned length if it has room for the words and is within what was reserved."""
    duration_s = written.get("duration_s") or 0.0
    least_s = LEAST_SHARE * estimate_duration_s(request.kind, written["lyrics"])
    return duration_s if least_s <= duration_s <= request.max_duration_s else None


def _caption(wish: str, asked: CaptionHints, caption: str) -> str:
    """Return the wish, at the end; the model's style is added if the wish names no style and refuses
    nothing."""
    added = read_caption(caption)
    has_style = asked.genres or asked.wanted or asked.is_exact or _refusals(asked)
    contradicts = added.singer is not None or added.is_exact or _refusals(added)
    if not wish or not caption or has_style or contradicts:
        return wish
    return f"{caption.rstrip(' .,;')}, {wish}"


def _refusals(hints: CaptionHints) -> bool:
    return any(wish.polarity != "want" for wish in hints.reading.wishes)
