"""Turns the model's audio into a finished take. Runs in any thread, beside the next batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from audiomusic.engines.acestep.model_input import ModelInput
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.vae import Samples
from audiomusic.engines.acestep.threads import use_cores
from audiomusic.engines.analysis.quality import score_quality
from audiomusic.engines.base import SAMPLE_RATE_HZ, AudioTask, EngineError, Order, TakeResult, silent_monitor
from audiomusic.engines.loudness import integrated_loudness
from audiomusic.engines.lrc import format_lrc
from audiomusic.engines.studio.master import level
from audiomusic.engines.studio.score import SungWord

Lines = Sequence[Sequence[SungWord]]

#: Stop limiting after a pass that gains less than this, so that noise is not amplified further.
LEAST_STEP_LU = 0.02

BROKEN = "The song was damaged and was discarded. Please try another seed."


def finish_take(
    order: Order,
    number: int,
    song: ModelInput,
    sounded: Callable[[], Samples],
    rate_hz: int,
    *,
    lines: Lines = (),
    title: str = "",
) -> TakeResult:
    """Return the finished take. `sounded` gives its audio, float32 [2, n] at `rate_hz`; it is resampled to 48
    kHz, cut to the requested length and levelled to the loudness that every song here has. A repainted part
    is spliced into its source, which keeps its own loudness. `lines`: the sung words with their times, if
    known."""
    with use_cores(1):
        take = _finished(order, number, song, sounded(), rate_hz)
    if lines:
        take.lrc = format_lrc(lines, title=title, word_times=False)
        take.enhanced_lrc = format_lrc(lines, title=title)
    return take


def _finished(order: Order, number: int, song: ModelInput, wave: Samples, rate_hz: int) -> TakeResult:
    if not np.isfinite(wave).all():
        raise EngineError(BROKEN)
    samples = vae.resample(wave, rate_hz, SAMPLE_RATE_HZ)
    if order.audio is not None and order.audio.task == "repaint":
        samples = _repainted(order.audio, samples)
    else:
        level(samples, False, silent_monitor(), least_step_lu=LEAST_STEP_LU)
    take = TakeResult(index=number + 1, seed=song.seed, samples=samples)
    if order.request.calculate_quality:
        take.quality_score = _quality(order, samples)
    return take


def _repainted(audio: AudioTask, samples: Samples) -> Samples:
    assert audio.source is not None
    source = np.broadcast_to(audio.source, (2, audio.source.shape[1]))
    joined = source
    for start_s, stop_s in audio.windows_s or ((0.0, 0.0),):
        stop = round(stop_s * SAMPLE_RATE_HZ) if stop_s > 0 else source.shape[1]
        start = round(start_s * SAMPLE_RATE_HZ)
        made = vae.matched_level(samples, source, start, stop)
        joined = vae.splice(made, joined, start, stop, audio.fade_s)
    return joined


def _quality(order: Order, samples: Samples) -> float:
    report = score_quality(
        samples,
        asked_duration_s=order.request.duration_s,
        lufs=integrated_loudness(samples),
        whole_mix=order.request.kind != "vocals" and order.audio is None,
    )
    return report.score
