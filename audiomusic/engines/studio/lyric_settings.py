"""Musical settings in pasted lyrics, applied where the request leaves them open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from audiomusic.engines.base import SongRequest
from audiomusic.engines.lyrics.pasted import Pasted, read_pasted
from audiomusic.engines.studio.caption import read_caption

#: What is left out of lyrics, as users see it. Time stamps and markup are dropped without a note.
DROPPED: Mapping[str, str] = {
    "tab": "tab line(s)",
    "chord": "chord line(s)",
    "page": "line(s) of the web page",
    "credit": "line(s) of credits",
    "direction": "direction(s)",
}


def with_lyric_settings(request: SongRequest) -> tuple[SongRequest, dict[str, str]]:
    """Apply the tempo, key and metre named in the lyrics. Return the request and notes on what was not
    applied.

    A parameter takes precedence over the caption, and the caption over the lyrics.
    """
    settings = read_pasted(request.lyrics).settings
    if not settings.words:
        return request, {}
    caption = read_caption(f"{request.caption}, {request.query}")
    said = {"bpm": caption.tempo, "keyscale": caption.key, "timesignature": caption.metre}
    notes: dict[str, str] = {}
    for name, words in settings.words:
        if getattr(request, name) is not None:
            notes[words] = f"the parameter {name} takes precedence"
        elif said[name]:
            notes[words] = "the caption asks for another one and takes precedence"
        else:
            request = replace(request, **{name: getattr(settings, name)})
            if words in settings.near:
                notes[words] = f"modes are not played: it is {getattr(settings, name)}, the nearest key"
    return request, notes


def dropped_note(pasted: Pasted) -> str:
    """Return a sentence on what is not sung from the lyrics, or "" if everything is."""
    wordless = pasted.dropped.get("wordless", 0)
    parts = [f"{wordless} line(s) have no words and are not sung"] if wordless else []
    others = [
        f"{pasted.dropped[kind]} {words}" for kind, words in DROPPED.items() if pasted.dropped.get(kind)
    ]
    if others:
        parts.append(f"left out: {', '.join(others)}")
    return "; ".join(parts)
