"""The quality of a take, compared with what was requested and sung."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.analysis.conformance import Verdict, missed_share
from audiomusic.engines.analysis.quality import score_quality
from audiomusic.engines.base import SongRequest
from audiomusic.engines.loudness import integrated_loudness
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.results.hummed import lead_clips
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.score_json import score_keys


def take_quality(
    samples: npt.NDArray[np.float32],
    request: SongRequest,
    score: Score,
    clips: list[VocalClip],
    verdicts: Sequence[Verdict],
) -> float:
    lead = lead_clips(clips)
    lines = len(lead) + len(score.notes.get("unsung", ()))
    is_played = any(track.notes for track in score.tracks)
    is_sung = any(line.style == "sing" for line in score.vocals)
    is_sample = request.kind == "samples"  # a single hit has no pulse, a single bass line no key
    keeps_time = (is_played or score.drums) and (score.seamless_loop or not is_sample)
    keeps_key = (is_played or is_sung) and not is_sample
    report = score_quality(
        samples,
        asked_duration_s=request.duration_s or score.duration_s,
        lufs=integrated_loudness(torch.from_numpy(samples)),
        sung_share=sum(bool(clip.words) for clip in lead) / lines if lines else None,
        bpm=score.metre.bpm if keeps_time else None,
        keys=[(key["start_s"], key["name"]) for key in score_keys(score)] if keeps_key else (),
        whole_mix=request.kind not in ("samples", "vocals"),
        missed_share=missed_share(verdicts),
    )
    return report.score
