"""Small hand-written scores: a few bars, with every part readable by eye."""

import math

import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.score import DrumTrack, Hit, Metre, Note, Score, Track
from audiomusic.engines.theory import Key

#: C, Am, F, G: one bar each.
CHORDS = ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62))
ROOTS = (36, 33, 41, 43)
TUNE = (67, 64, 65, 67, 72, 69, 67, 64)


def score_of(tracks=(), drums=None, duration_s=8.0, bpm=120.0, **settings):
    """Return a 4/4 score in C major with these tracks."""
    return Score(
        seed=settings.pop("seed", 7),
        genre=settings.pop("genre", "pop"),
        metre=Metre(4, 4, bpm),
        key=Key(0, "major"),
        duration_s=duration_s,
        sections=[],
        chords=[],
        tracks=list(tracks),
        drums=drums,
        vocals=[],
        **settings,
    )


def bass(bars=4, instrument="electric_bass"):
    notes = [Note(4 * bar + step / 2, 0.45, ROOTS[bar % 4], 0.8) for bar in range(bars) for step in range(8)]
    return Track("bass", instrument, notes, gain_db=-1.0, reverb_send=0.0)


def chords(bars=4, instrument="piano", role="chords", length=1.9, every=2.0, **place):
    notes = [
        Note(4 * bar + half * every, length, pitch, 0.7)
        for bar in range(bars)
        for half in range(int(4 / every))
        for pitch in CHORDS[bar % 4]
    ]
    return Track(role, instrument, notes, **place)


def tune(bars=4, instrument="saw_lead", role="lead", **place):
    notes = [Note(2 * n, 1.8, TUNE[n % 8], 0.8) for n in range(2 * bars)]
    return Track(role, instrument, notes, **place)


def arpeggio(bars=4, instrument="pluck", **place):
    notes = [
        Note(4 * bar + step / 4, 0.25, CHORDS[bar % 4][step % 3] + 12, 0.5 + 0.3 * (step % 4 == 0))
        for bar in range(bars)
        for step in range(16)
    ]
    return Track("arpeggio", instrument, notes, **place)


def beat(bars=4, kit="acoustic"):
    hits = []
    for bar in range(bars):
        hits += [Hit(4 * bar + quarter, "kick", 0.9) for quarter in (0, 2, 2.5)]
        hits += [Hit(4 * bar + quarter, "snare", 0.85) for quarter in (1, 3)]
        hits += [Hit(4 * bar + eighth / 2, "closed_hat", 0.6 + 0.2 * (eighth % 2)) for eighth in range(7)]
        hits.append(Hit(4 * bar + 3.5, "open_hat", 0.7))
    return DrumTrack(kit, [Hit(0, "crash", 0.8), *hits])


def hummed(start_s, seconds=1.6, hz=330.0, role="lead", line=0):
    """Return a stand-in for a voice: a buzz with harmonics and short fades at both ends."""
    t = torch.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    phase = 2 * math.pi * hz * t + 0.05 * torch.sin(2 * math.pi * 5.5 * t) * hz / 50
    wave = sum(torch.sin(n * phase) / n**0.8 for n in range(1, 16))
    edge = (torch.minimum(t, seconds - t) / 0.03).clamp(0, 1)
    wave = wave * edge
    return VocalClip(start_s, 0.5 * wave / wave.abs().max(), role, line, [])


def whole_band(bars=4, **settings):
    """Return a score of bass, piano, strings, guitar, lead, arpeggio and drums."""
    tracks = [
        bass(bars),
        chords(bars, gain_db=-4.0, pan=-0.2),
        chords(bars, "strings", "pad", 3.9, 4.0, gain_db=-9.0, reverb_send=0.4),
        chords(bars, "steel_guitar", "chords", 0.9, 1.0, gain_db=-6.0, pan=0.5),
        tune(bars, "saw_lead", gain_db=-4.0, delay_send=0.25),
        arpeggio(bars, gain_db=-8.0, pan=0.3),
    ]
    return score_of(tracks, beat(bars), duration_s=2.0 * bars, **settings)
