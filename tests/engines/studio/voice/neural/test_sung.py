"""English lines sung by the network: clips, words, repeatability, timbres, and no tail."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch

from audiomusic.bench.engine import listening
from audiomusic.engines.base import SAMPLE_RATE_HZ, silent_monitor
from audiomusic.engines.studio.voice import SINGERS, sing
from tests.engines.studio.voice_scores import song_of, vocal_line, vocal_score

TEXTS = ["walking to the river", "father I know you", "tell me more"]


@pytest.fixture(scope="module")
def song():
    return song_of(TEXTS, voice="nora", base=57, reader="hibari")


@pytest.fixture(scope="module")
def clips(song):
    return sing(song, silent_monitor(), 2)


def digest(clips):
    return hashlib.sha256(b"".join(clip.samples.numpy().tobytes() for clip in clips)).hexdigest()


def test_each_line_becomes_a_clip_with_its_words(clips):
    for clip, text in zip(clips, TEXTS, strict=True):
        assert clip.samples.dtype == torch.float32 and torch.isfinite(clip.samples).all()
        assert 0.15 < clip.samples.abs().max() <= 0.71
        assert clip.samples[[0, -1]].abs().max() < 1e-3
        assert [word.text for word in clip.words] == text.split()


def test_the_same_score_gives_the_same_samples_for_any_number_of_workers_and_lines(song, clips):
    assert digest(sing(song, silent_monitor(), 1)) == digest(clips)
    [alone] = sing(song, silent_monitor(), lines=[1])
    assert torch.equal(alone.samples, clips[1].samples)


def test_another_process_with_other_threads_sings_the_same(song, clips):
    program = (
        "import torch; torch.set_num_threads(2)\n"
        "from tests.engines.studio.voice.neural.test_sung import *\n"
        f"score = song_of({TEXTS!r}, voice='nora', base=57, reader='hibari')\n"
        "print(digest(sing(score, silent_monitor(), 3)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == digest(clips)


def test_the_voice_is_on_its_notes(song, clips):
    cents = []
    for clip in clips:
        times_s, f0_hz = listening.pitch_track(clip.samples.numpy(), SAMPLE_RATE_HZ)
        line = song.vocals[clip.line]
        for onset, length, midi in zip(line.onsets, line.lengths, line.pitches, strict=True):
            start_s = song.performed_seconds(onset) - clip.start_s
            steady = (times_s > start_s + 0.06) & (times_s < start_s + 0.6 * song.seconds(length))
            heard = f0_hz[steady & (f0_hz > 0)]
            cents.extend(np.abs(1200 * np.log2(heard / (440 * 2 ** ((midi - 69) / 12)))))
    assert np.median(cents) < 8


def test_nothing_sounds_long_after_the_last_note(song, clips):
    for clip in clips:
        line = song.vocals[clip.line]
        end_s = song.performed_seconds(line.onsets[-1] + line.lengths[-1]) - clip.start_s
        assert len(clip.samples) / SAMPLE_RATE_HZ < end_s + 0.3


def test_there_is_air_above_the_networks_12_khz(clips):
    power = np.square(np.abs(np.fft.rfft(torch.cat([clip.samples for clip in clips]).numpy())))
    hz = np.linspace(0, SAMPLE_RATE_HZ / 2, len(power))
    below, air, top = (power[(hz > a) & (hz < b)].sum() for a, b in ((8e3, 11e3), (13e3, 17e3), (21e3, 24e3)))
    assert 1e-4 * below < air < below
    assert top < 1e-3 * air


def test_louder_singing_is_brighter(song):
    def share(velocity):
        line = replace(song.vocals[1], velocity=velocity)
        [clip] = sing(replace(song, vocals=[line]), silent_monitor())
        power = np.square(np.abs(np.fft.rfft(clip.samples.numpy())))
        hz = np.linspace(0, SAMPLE_RATE_HZ / 2, len(power))
        return power[(hz > 2500) & (hz < 9000)].sum() / power[hz < 1000].sum()

    assert share(1.0) > 1.3 * share(0.4)


def test_doubles_harmonies_choirs_and_raps_are_sung(song):
    lines = [
        vocal_line("tell me more", base=57, role=role, style=style, reader="hibari")
        for role, style in (("lead", "sing"), ("double", "sing"), ("harmony", "sing"), ("lead", "rap"))
    ]
    sung = [
        clip.samples for clip in sing(vocal_score(*lines, voice="nora", reader="hibari"), silent_monitor())
    ]
    [choir] = sing(vocal_score(lines[0], voice="choir", reader="hibari"), silent_monitor())
    for one, other in combinations([*sung, choir.samples], 2):
        count = min(len(one), len(other))
        assert abs(np.corrcoef(one[:count], other[:count])[0, 1]) < 0.9


def colour_db(voice):
    """Return levels in third-octave bands relative to their mean. All singers use the same pitch, so that it
    makes no difference."""
    line = vocal_line("you know", base=55, reader="hibari")
    [clip] = sing(vocal_score(line, voice=voice, reader="hibari"), silent_monitor())
    power = np.square(np.abs(np.fft.rfft(clip.samples.numpy())))
    hz = np.linspace(0, SAMPLE_RATE_HZ / 2, len(power))
    bands = 300 * 2 ** (np.arange(15) / 3)
    levels = np.array([10 * np.log10(power[(hz > f / 1.12) & (hz < f * 1.12)].mean()) for f in bands])
    return levels - levels.mean()


def test_singers_have_colours_of_their_own():
    colours = {voice: colour_db(voice) for voice in SINGERS}
    for one, other in combinations(SINGERS, 2):
        assert np.sqrt(np.mean((colours[one] - colours[other]) ** 2)) > 1.5, (one, other)
