"""Composed scores for tests, and what holds for each of them."""

import itertools
from functools import cache

import pytest

from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.harmony import chord_at
from audiomusic.engines.studio.compose.rhythm import pulse_quarters
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import INSTRUMENTS, KITS, PIECES
from tests.engines.studio.songs import LYRICS, ask, syllabify

GENRES = sorted(load_genres())


def write(seed=1, **wishes):
    if wishes.get("kind", "song") in ("song", "rap", "vocals"):
        wishes.setdefault("lyrics", LYRICS)
    return compose(make_plan(ask(**wishes), seed), seed, syllabify)


@cache
def songs():
    """Return one song for each genre, each with a different seed."""
    return [write(seed, genre=genre) for seed, genre in enumerate(GENRES)]


def lead_of(score):
    return [line for line in score.vocals if line.role == "lead"]


def shape(line, score):
    """Return the onsets relative to the first one, and the pitches in the home key. Lines with equal shapes
    have the same tune."""
    pitches = tuple(home_pitch(score, line.onsets[0], pitch) for pitch in line.pitches)
    return tuple(round(onset - line.onsets[0], 6) for onset in line.onsets), pitches


def is_on_pulse(onset, metre):
    return (onset / pulse_quarters(metre)) % 1 == pytest.approx(0, abs=1e-6)


def check(score):
    """Assert what holds for every score, whatever was requested."""
    stop = score.duration_s / score.metre.quarter_s
    assert score.tracks or score.drums or score.vocals
    assert score.sections[0].onset == 0
    assert sum(section.length for section in score.sections) == pytest.approx(stop)
    for track in score.tracks:
        assert track.instrument in INSTRUMENTS
        for note in track.notes:
            assert 0 <= note.onset < stop
            assert note.length > 0
            assert 0 < note.velocity <= 1
            assert score.seamless_loop or note.onset + note.length <= stop + 1e-6
    if score.drums:
        assert score.drums.kit in KITS
        assert all(
            hit.piece in PIECES and 0 <= hit.onset < stop and 0 < hit.velocity <= 1
            for hit in score.drums.hits
        )
    check_vocals(score, stop)


def check_vocals(score, stop):
    ends = {}
    for line in score.vocals:
        count = len(syllabify([line.text], "en")[0])
        assert len(line.onsets) == len(line.lengths) == len(line.pitches) == count
        assert all(later > onset for onset, later in itertools.pairwise(line.onsets))
        assert min(line.lengths) * score.metre.quarter_s >= 0.0599
        assert line.onsets[0] >= ends.get(line.role, 0.0) - 1e-9
        ends[line.role] = line.onsets[-1] + line.lengths[-1]
        assert ends[line.role] <= stop


def home_pitch(score, onset, pitch):
    """Return the pitch without the key change near the end."""
    lift = score.notes.get("lift")
    return pitch - lift["semitones"] if lift and onset >= lift["onset"] - 1e-6 else pitch


def chords_near(score, onset):
    """Return the pitch classes, in the home key, of the chords from the onset to a beat and a half later."""
    spans = {chord_at(score.chords, onset + late) for late in (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)}
    return {home_pitch(score, span.onset, pitch) % 12 for span in spans for pitch in span.pitches}
