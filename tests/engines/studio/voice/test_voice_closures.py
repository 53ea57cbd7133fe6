"""espeak's stops: between a held vowel and the burst, the voice is silent."""

import numpy as np
import pytest

from audiomusic.engines.base import SAMPLE_RATE_HZ, silent_monitor
from audiomusic.engines.studio.voice import performance, sing
from audiomusic.engines.studio.voice.phonemes import PhonemeClass
from tests.engines.studio.voice_scores import vocal_line, vocal_score


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("take a cup to talk to kate", "en"), ("ein paket kam heute bei peter an", "de"),
        ("la casa tiene otra puerta", "es"),
    ],
)  # fmt: skip
def test_levelling_leaves_the_closures_of_stops_silent(monkeypatch, text, language):
    placings = []

    def kept(speech, notes, place=performance._place):
        placings.append((speech, place(speech, notes)))
        return placings[-1][1]

    monkeypatch.setattr(performance, "_place", kept)
    [clip] = sing(vocal_score(vocal_line(text, language=language, base=50, step=1.0)), silent_monitor())
    [(speech, sounds)] = placings
    power = np.convolve(np.square(clip.samples.numpy()), np.ones(240) / 240, "same")
    at_s = clip.start_s + np.arange(len(power)) / SAMPLE_RATE_HZ
    closures = []
    for vowel, stop in zip(sounds.placed, sounds.placed[1:], strict=False):
        is_stop = speech.segments[stop.segment].ipa[0] in "ptk"
        if vowel.kind is PhonemeClass.VOWEL and is_stop and abs(vowel.end_s - stop.start_s) < 1e-6:
            held = np.median(power[(at_s > vowel.start_s) & (at_s < vowel.end_s - 0.06)])
            near = power[(at_s > vowel.end_s - 0.06) & (at_s < stop.end_s)]
            closures.append((near < 0.01 * held).sum() / SAMPLE_RATE_HZ)  # 20 dB below the vowel
    assert len(closures) >= 4
    assert min(closures) > 0.025
