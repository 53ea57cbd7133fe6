"""The interface between singing and mixing: clips of sung audio with their positions in the song."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from audiomusic.engines.studio.score import SungWord, VocalRole


@dataclass
class VocalClip:
    """One sung line."""

    start_s: float  # position of samples[0] in the song
    samples: torch.Tensor  # float32 [n], mono at SAMPLE_RATE_HZ, peak about 0.5
    role: VocalRole
    line: int  # index into score.vocals
    words: list[SungWord]  # when each word was sung, in song time
    singer: int = 0  # index into `score.singers`
    pan: float = 0.0  # of a lead or partner: -1 left .. 1 right
