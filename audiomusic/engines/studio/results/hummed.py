"""The words of a take that could not be pronounced."""

from __future__ import annotations

from typing import Any

from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.voice import hummed_words


def lead_clips(clips: list[VocalClip]) -> list[VocalClip]:
    return [clip for clip in clips if clip.role == "lead"]


def hummed(score: Score, clips: list[VocalClip]) -> dict[str, Any]:
    """Return lines that were hummed because they could not be pronounced, and such words in other lines."""
    lines = [(score.vocals[clip.line], bool(clip.words)) for clip in lead_clips(clips)]
    words = [
        word for line, is_worded in lines if is_worded for word in hummed_words(line.text, line.language)
    ]
    return {
        "hummed_lines": list(dict.fromkeys(line.text for line, is_worded in lines if not is_worded)),
        "hummed_words": list(dict.fromkeys(words)),
    }
