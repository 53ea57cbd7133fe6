"""Ad-libs of a second voice between the lines, sung by the network: audible, softer, and in tune."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from audiomusic.bench.engine import listening
from audiomusic.engines.base import SAMPLE_RATE_HZ, SongRequest, silent_monitor
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.lyric_timing import vocal_parts
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.voice import sing, syllabify

CALLS = ("all night long", "tell me more", "never again", "hold me now", "sing it louder", "come back home")
LYRICS = "\n".join(f"we are walking by the water ({call})" for call in CALLS)


@pytest.fixture(scope="module")
def song():
    """Return (score, clips of its ad-libs, clip of one lead line)."""
    request = SongRequest(
        kind="song", caption="female voice", lyrics=f"[Verse]\n{LYRICS}", seeds=(3,), max_duration_s=60.0,
        genre="Folk",
    )  # fmt: skip
    score = compose(make_plan(request, 3), 3, partial(syllabify, reader="hibari"))
    score = replace(score, reader="hibari")
    parts = vocal_parts(score)
    calls = [index for index, part in enumerate(parts) if part == "ad_lib"]
    lead, *sung = sing(score, silent_monitor(), 2, [parts.index("lead"), *calls])
    return score, sung, lead


def test_each_ad_lib_is_sung_with_its_words(song):
    score, clips, _ = song
    assert [" ".join(word.text for word in clip.words) for clip in clips] == list(CALLS)
    for clip in clips:
        line = score.vocals[clip.line]
        assert torch.isfinite(clip.samples).all()
        assert abs(clip.words[0].start_s - score.performed_seconds(line.onsets[0])) < 0.25


def test_ad_libs_are_softer_than_the_lead(song):
    _, clips, lead = song
    assert np.mean([level(clip) for clip in clips]) < 0.95 * level(lead)


def level(clip):
    """Return the level of the sounding parts, in blocks of 50 ms."""
    blocks = np.lib.stride_tricks.sliding_window_view(clip.samples.numpy(), 2400)[::2400]
    powers = np.square(blocks).mean(1)
    return np.sqrt(powers[powers > 0.05 * powers.max()].mean())


def test_ad_libs_are_in_tune(song):
    score, clips, _ = song
    cents = []
    for clip in clips[:2]:
        line = score.vocals[clip.line]
        times_s, f0_hz = listening.pitch_track(clip.samples.numpy(), SAMPLE_RATE_HZ)
        for onset, length, midi in zip(line.onsets, line.lengths, line.pitches, strict=True):
            start_s = score.performed_seconds(onset) - clip.start_s
            steady = (times_s > start_s + 0.06) & (times_s < start_s + 0.6 * score.seconds(length))
            heard = f0_hz[steady & (f0_hz > 0)]
            cents.extend(np.abs(1200 * np.log2(heard / (440 * 2 ** ((midi - 69) / 12)))))
    assert np.median(cents) < 10


def test_ad_libs_are_told_from_each_other(song):
    _, clips, _ = song
    with listening.closed_set(CALLS) as decoder:
        told = [
            listening.heard_line(decoder, clip.samples.numpy(), SAMPLE_RATE_HZ) == call
            for call, clip in zip(CALLS, clips, strict=True)
        ]
    assert sum(told) >= len(CALLS) - 1
