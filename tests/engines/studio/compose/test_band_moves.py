"""What the band does within a section: varied bars, entries, stops, and room for the singer."""

import itertools
from collections import Counter

import pytest

from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.genres import GenrePart
from audiomusic.engines.studio.compose.harmony import chord_at
from audiomusic.engines.studio.compose.parts.entries import inside, with_stops
from audiomusic.engines.studio.compose.parts.patterns import steps_of
from audiomusic.engines.studio.compose.parts.phrases import PUSH, phrase_of
from audiomusic.engines.studio.compose.parts.registers import SungBand, beside_the_voice, making_way
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import Note
from tests.engines.studio.songs import LYRICS, ask, syllabify

STRUMMED, FIGURES, BASS = "x---x---x-x-x---", "0-2-1-2-3-2-1-2-", "R---R---R---R---"


def write(seed=1, **wishes):
    return compose(make_plan(ask(lyrics=LYRICS, **wishes), seed), seed, syllabify)


@pytest.mark.parametrize("pattern", [STRUMMED, FIGURES, BASS])
def test_a_phrase_is_four_bars_of_which_the_first_is_the_pattern(pattern):
    is_bass = pattern is BASS
    for seed in range(20):
        phrase = phrase_of(pattern, ["x-------x-------"], 16, is_bass, 0.9, draw(seed, "phrase"))
        assert len(phrase) == 64
        assert phrase[:14] == pattern[:14]
        assert all(any(sign not in ".-" for sign in phrase[bar : bar + 16]) for bar in range(0, 64, 16))


def test_bars_differ_by_variety():
    def changed(variety):
        phrases = [phrase_of(STRUMMED, [], 16, False, variety, draw(seed, "v")) for seed in range(40)]
        return sum(phrase[16:32] != phrase[:16] for phrase in phrases)

    assert changed(0.0) == 0
    assert changed(0.9) > changed(0.3) > 4


def test_figures_stay_figures():
    for seed in range(20):
        phrase = phrase_of(FIGURES, [], 16, False, 0.9, draw(seed, "figures"))
        assert set(phrase) <= set(FIGURES + PUSH)


def test_a_push_is_held_over_the_bar():
    pushed = [
        phrase
        for seed in range(60)
        if PUSH in (phrase := phrase_of("x-------x-------", [], 16, False, 0.9, draw(seed, "push")))
    ]
    assert pushed
    for phrase in pushed:
        for step in steps_of(phrase):
            if step.sign == PUSH:
                assert (step.onset + 0.5) % 4 == 0
                assert step.length > 0.5


def test_walking_basses_meet_the_roots_and_come_from_both_sides():
    sides = Counter()
    for seed in range(4):
        score = write(seed, genre="Jazz", duration_s=90.0)
        bass = next(track for track in score.tracks if track.role == "bass")
        notes = {round(note.onset, 3): note.pitch for note in bass.notes}
        for before, span in itertools.pairwise(score.chords):
            here, last = notes.get(round(span.onset, 3)), notes.get(round(span.onset - 1, 3))
            if here is not None and last is not None and abs(here - last) <= 2 and before.length >= 2:
                sides[last < here] += 1
    assert sides[True] > 3
    assert sides[False] > 3


def test_second_verses_are_played_unlike_first_ones():
    score = write(2, genre="Rock", duration_s=100.0)
    first, second = [section for section in score.sections if section.kind == "verse"][:2]

    def played(section):
        end = section.onset + section.length
        return [
            {
                (round(n.onset - section.onset, 2), n.pitch)
                for n in track.notes
                if section.onset <= n.onset < end
            }
            for track in score.tracks
        ]

    assert played(first) != played(second)


def test_somebody_comes_in_or_leaves_inside_a_section():
    moves = 0
    for seed in range(5):
        score = write(seed, genre="Modern Pop", duration_s=100.0)
        for section, track in itertools.product(score.sections, score.tracks):
            onsets = [
                n.onset - section.onset for n in track.notes if 0 <= n.onset - section.onset < section.length
            ]
            middle = section.length / 2
            moves += bool(onsets) and (max(onsets) < middle or min(onsets) >= middle)
    assert moves >= 10


def test_windows_cut_notes():
    notes = [Note(0.0, 4.0, 60, 0.5), Note(4.0, 4.0, 60, 0.5)]
    assert inside(notes, (0.0, 2.0)) == [Note(0.0, 2.0, 60, 0.5)]
    assert with_stops(notes, [(3.0, 4.0)]) == [Note(0.0, 3.0, 60, 0.5), notes[1]]
    assert with_stops(notes, [(4.0, 5.0)]) == [notes[0]]


def test_the_band_stops_before_some_drops():
    silent = 0
    for seed in range(6):
        plan = make_plan(ask(kind="instrumental", genre="Electronic", duration_s=120.0), seed)
        score = compose(plan, seed, syllabify)
        for section in score.sections[1:]:
            if section.kind == "drop":
                beat_before = [
                    hit for hit in score.drums.hits if section.onset - 1 <= hit.onset < section.onset
                ]
                silent += not beat_before
    assert silent >= 2


def test_chords_keep_out_of_the_singers_way():
    band = SungBand((0.0, 1.0), (1.0, 2.0), (60.0, 62.0))
    part = GenrePart("chords", "chords", (), ("x",), register=61)
    assert abs(beside_the_voice(part, band, True).register - 61) >= 7
    assert beside_the_voice(part, band, True).register > 61 > beside_the_voice(part, band, False).register
    bass = GenrePart("bass", "bass", (), ("R",), register=61)
    assert beside_the_voice(bass, band, True) == bass
    chord = [Note(0.0, 1.0, pitch, 0.5) for pitch in (55, 59, 64, 67)]
    assert [note.pitch for note in making_way(chord, band)] == [55, 64, 67]


def test_few_parts_lie_near_the_voice():
    score = write(3, genre="Modern Pop", duration_s=90.0)
    near = total = 0
    for line in score.vocals:
        if line.role == "lead":
            for onset, pitch in zip(line.onsets, line.pitches, strict=True):
                total += 1
                near += sum(
                    n.onset <= onset < n.onset + n.length and abs(n.pitch - pitch) <= 2
                    for track in score.tracks
                    for n in track.notes
                )
    assert near <= 0.6 * total


def test_riffs_keep_to_the_chords_roots():
    score = write(1, genre="Metal", duration_s=90.0)
    riff = next(track for track in score.tracks if track.role == "riff")
    on_root = [n.pitch % 12 == chord_at(score.chords, n.onset).bass % 12 for n in riff.notes]
    assert 0.3 < sum(on_root) / len(on_root) < 1
