"""The input of a line's render."""

from __future__ import annotations

from dataclasses import dataclass

from audiomusic.engines.studio.voice.alignment import PlacedSegment
from audiomusic.engines.studio.voice.expression import Manner, SungNote
from audiomusic.engines.studio.voice.singers import Singer
from audiomusic.engines.studio.voice.speech import Speech


@dataclass(frozen=True)
class SungTake:
    """Everything needed to render one line."""

    singer: Singer
    manner: Manner
    notes: list[SungNote]
    speech: Speech
    placed: list[PlacedSegment]
    stresses: list[int]
    velocity: float
    rest_s: float  # since the singer's last note
    song_end_s: float  # nothing sounds beyond it
