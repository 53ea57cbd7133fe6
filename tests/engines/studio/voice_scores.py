"""Small scores for the voice's tests: lines on a scale, with one note for each syllable."""

from __future__ import annotations

from itertools import cycle

from audiomusic.engines.studio.score import Metre, Score, VocalLine
from audiomusic.engines.studio.voice import syllabify
from audiomusic.engines.theory import Key

SCALE = (0, 2, 4, 5, 7, 5, 4, 2)


def vocal_line(text, *, onset=1.0, base=52, step=0.5, count=None, language="en", style="sing", role="lead",
               reader="espeak"):  # fmt: skip
    """Return `text` on a scale from MIDI `base`, with a note every `step` quarters and a long last one."""
    count = count if count is not None else len(syllabify([text], language, reader)[0]) or 3
    onsets = [onset + step * i for i in range(count)]
    lengths = [step] * (count - 1) + [1.5] if count else []
    pitches = [float(base + degree) for degree, _ in zip(cycle(SCALE), onsets, strict=False)]
    return VocalLine(text, language, style, role, onsets, lengths, pitches)


def vocal_score(*lines, voice="arlo", bpm=96.0, seed=7, reader="espeak"):
    """Return a score of only `lines`, long enough for them."""
    end = max((onset + 4 for line in lines for onset in line.onsets), default=4)
    metre = Metre(4, 4, bpm)
    return Score(
        seed=seed, genre="pop", metre=metre, key=Key(0, "major"), duration_s=end * metre.quarter_s,
        sections=[], chords=[], tracks=[], drums=None, vocals=list(lines), voice=voice,
        reader=reader,
    )  # fmt: skip


def song_of(texts, *, voice="arlo", base=50, style="sing", step=0.5, bpm=96.0, reader="espeak"):
    """Return a score of `texts`, one after the other."""
    lines, onset = [], 1.0
    for text in texts:
        lines.append(vocal_line(text, onset=onset, base=base, step=step, style=style, reader=reader))
        onset = lines[-1].onsets[-1] + 2.5
    return vocal_score(*lines, voice=voice, bpm=bpm, reader=reader)
