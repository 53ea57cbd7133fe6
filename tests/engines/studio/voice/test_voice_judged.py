"""The voice, judged by third-party programs: WORLD for pitch, pocketsphinx for the words."""

from pathlib import Path

import numpy as np
import pocketsphinx
import pytest

from audiomusic.engines.base import SAMPLE_RATE_HZ, silent_monitor
from audiomusic.engines.studio.voice import sing
from tests.engines.studio.voice_scores import song_of
from tests.support.pitch import pitch_track

LINES = [
    "walking down the river in the morning",
    "every little light is shining on the water",
    "tell me what you dreamed about last summer",
    "i will never find another like you",
    "hold my hand until the daylight comes",
    "dancing in the middle of the city",
    "nobody can take away this feeling",
    "the stars are falling over my shoulder",
    "we were only children in the garden",
    "put the record on and close the window",
]


def pitch_errors_cents(score):
    """Return the absolute error of each voiced frame in the steady part of every note."""
    errors = []
    for clip in sing(score, silent_monitor()):
        f0_hz, times_s = pitch_track(clip.samples.numpy().astype(np.float64), SAMPLE_RATE_HZ)
        line = score.vocals[clip.line]
        for onset, length, midi in zip(line.onsets, line.lengths, line.pitches, strict=True):
            start_s = score.performed_seconds(onset) - clip.start_s
            end_s = start_s + 0.6 * length * score.metre.quarter_s
            steady = (times_s > start_s + 0.05) & (times_s < end_s) & (f0_hz > 0)
            wanted_hz = 440 * 2 ** ((midi - 69) / 12)
            errors.extend(np.abs(1200 * np.log2(f0_hz[steady] / wanted_hz)))
    return np.array(errors)


@pytest.mark.parametrize(("voice", "base"), [("arlo", 48), ("nora", 57), ("cleo", 62)])
def test_the_voice_is_in_tune(voice, base):
    errors = pitch_errors_cents(song_of(LINES[:2], voice=voice, base=base))
    assert len(errors) > 250
    assert np.median(errors) < 6
    assert np.percentile(errors, 90) < 30


def voice_onsets_s(clip, wanted_s):
    """Return when the low band (the voice) first reaches a quarter of its level, near each of `wanted_s`."""
    hop = round(0.002 * SAMPLE_RATE_HZ)
    frames = np.lib.stride_tricks.sliding_window_view(clip.samples.numpy(), 4 * hop)[::hop]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(4 * hop))) ** 2
    bin_hz = SAMPLE_RATE_HZ / (4 * hop)
    level = spectra[:, round(125 / bin_hz) : round(1000 / bin_hz)].sum(1) ** 0.5
    times_s = clip.start_s + (np.arange(len(level)) + 2) * 0.002
    found = []
    for wanted in wanted_s:
        near = (times_s > wanted - 0.06) & (times_s < wanted + 0.12)
        loud = level[near] > 0.25 * level[near].max()
        found.append(times_s[near][np.argmax(loud)])
    return np.array(found)


def test_vowels_start_on_their_notes():
    score = song_of(["cat pop tack pick top cook", "take a cup to talk to kate"], base=50)
    late = []
    for clip in sing(score, silent_monitor()):
        wanted_s = np.array([score.performed_seconds(onset) for onset in score.vocals[clip.line].onsets])
        late.extend(voice_onsets_s(clip, wanted_s) - wanted_s)
    assert abs(np.median(late)) < 0.012
    assert np.percentile(np.abs(late), 85) < 0.025


@pytest.fixture(scope="module")
def listener(tmp_path_factory):
    """Return a recogniser that knows exactly LINES, each equally likely."""
    grammar = tmp_path_factory.mktemp("grammar") / "lines.gram"
    grammar.write_text(f"#JSGF V1.0;\ngrammar lines;\npublic <line> = {' | '.join(LINES)};\n")
    model = Path(pocketsphinx.get_model_path()) / "en-us"
    return pocketsphinx.Decoder(
        hmm=str(model / "en-us"), dict=str(model / "cmudict-en-us.dict"), jsgf=str(grammar), lm=None,
        loglevel="FATAL",
    )  # fmt: skip


def heard(listener, clip):
    """Return the line that the recogniser hears in a clip, at its rate of 16 kHz."""
    samples = clip.samples.numpy()
    count = len(samples) // 3
    third = np.fft.irfft(np.fft.rfft(samples[: 3 * count])[: count // 2 + 1], count) / 3
    noise = np.random.default_rng(0).standard_normal(count + 6400) * 1e-4
    padded = np.pad(third, 3200) + noise[: count + 6400]
    listener.start_utt()
    listener.process_raw((padded * 30_000).astype(np.int16).tobytes(), full_utt=True)
    listener.end_utt()
    hypothesis = listener.hyp()
    return hypothesis.hypstr if hypothesis else None


@pytest.mark.parametrize(
    ("voice", "base", "style", "step"),
    [("arlo", 47, "sing", 0.5), ("cleo", 60, "sing", 0.5), ("wren", 57, "rap", 0.25)],
)
def test_the_words_are_recognised(listener, voice, base, style, step):
    clips = sing(song_of(LINES, voice=voice, base=base, style=style, step=step), silent_monitor())
    right = sum(heard(listener, clip) == LINES[clip.line] for clip in clips)
    assert right >= 0.75 * len(LINES)


def test_a_hum_is_recognised_as_nothing_much(listener):
    score = song_of(LINES[:4])
    for line in score.vocals:
        line.text = "🎵"
    clips = sing(score, silent_monitor())
    assert sum(heard(listener, clip) == LINES[clip.line] for clip in clips) <= 1
