"""Repetition and answers: moved hooks, choruses, quotes, fills, second voices."""

import itertools
from functools import cache

import pytest

from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.harmony import chord_at, classes_of, scale_classes
from audiomusic.engines.studio.compose.lead_sheet import write_sheet
from audiomusic.engines.studio.compose.melody import MotifNote, sequenced
from audiomusic.engines.studio.compose.parts.phrasing import section_phrasing
from audiomusic.engines.studio.compose.parts.registers import SungBand
from audiomusic.engines.studio.compose.parts.vocals import write_vocals
from audiomusic.engines.studio.compose.playing.comping import answering, pauses
from audiomusic.engines.studio.compose.playing.dynamics import swelling
from audiomusic.engines.studio.compose.tunes.quotes import echoed, hook_section, quoted
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import Note
from audiomusic.engines.theory import Key
from tests.engines.studio.compose.scores import write
from tests.engines.studio.songs import LYRICS, ask, syllabify

LOW, HIGH = 60.0, 79.0


@cache
def sung(genre="Modern Pop", seed=1):
    plan = make_plan(ask(lyrics=LYRICS, genre=genre, duration_s=100.0, timesignature="4/4"), seed)
    sheet = write_sheet(plan, load_genres()[plan.genre], seed)
    return sheet, write_vocals(sheet, syllabify).lines


def section_of(sheet, kind):
    return next(section for section in sheet.sections if section.kind == kind)


def test_a_sequence_is_the_head_some_degrees_away():
    motif = [MotifNote(0.0, 60.0), MotifNote(0.4, 64.0), MotifNote(0.9, 67.0)]
    assert sequenced(motif, 1, Key(0, "major")) == [MotifNote(0.0, 62.0), MotifNote(0.4, 65.0)]


def test_a_chorus_has_cells_and_a_gait_of_its_own():
    for slug, genre in load_genres().items():
        for seed in range(6):
            verse, chorus = (section_phrasing(genre.melody, seed, kind) for kind in ("verse", "chorus"))
            assert verse.gait != chorus.gait, slug
            assert not set(verse.cells) & set(chorus.cells), slug


def test_the_intro_plays_the_hook():
    for seed in range(4):
        sheet, lines = sung(seed=seed)
        intro, chorus = section_of(sheet, "intro"), hook_section(sheet)
        assert chorus.kind == "chorus"
        tones, pitches = quoted(sheet, intro, lines, LOW, HIGH)[0]
        first = next(line for line in lines if line.role == "lead" and line.onsets[-1] >= chorus.onset)
        moved = [round(onset - chorus.onset + intro.onset, 6) for onset in first.onsets]
        assert [round(tone.onset, 6) for tone in tones] == [onset for onset in moved if onset >= intro.onset]
        assert all(LOW - 12 <= pitch <= HIGH + 12 for pitch in pitches)


def test_a_quote_fits_the_chords_that_it_stands_over():
    """The hook's blue note over IV7 is not one over V, so the quote there follows the chords below it."""
    plan = make_plan(ask(lyrics=LYRICS, genre="Afrobeat"), 17)
    sheet = write_sheet(plan, load_genres()[plan.genre], 17)
    lines = write_vocals(sheet, syllabify).lines
    for kind in ("intro", "outro"):
        for tones, pitches in quoted(sheet, section_of(sheet, kind), lines, LOW, HIGH):
            for (tone, pitch), following in itertools.pairwise([*zip(tones, pitches, strict=True), None]):
                fitting = classes_of(chord_at(sheet.chords, tone.onset)) | scale_classes(sheet.key)
                leads = following is not None and 0 < abs(following[1] - pitch) <= 4
                assert pitch % 12 in fitting or leads


def test_nothing_is_quoted_where_a_solo_has_its_own_tune():
    sheet, lines = sung()
    assert quoted(sheet, section_of(sheet, "verse"), lines, LOW, HIGH) == []


def test_some_answers_take_up_the_end_of_the_line():
    sheet, lines = sung()
    line = next(line for line in lines if line.role == "lead")
    found = [echo for start in range(12) if (echo := echoed(sheet, line, float(start), 8.0, 66.0))]
    assert 2 <= len(found) < 12
    tones, motif = found[0]
    gaps = [b - a for a, b in itertools.pairwise(line.onsets[-len(tones) :])]
    assert [b.onset - a.onset for a, b in itertools.pairwise(tones)] == pytest.approx(gaps)
    assert len(motif) == len(tones)
    assert not echoed(sheet, line, 0.0, 0.5, 66.0)  # no room


def test_comping_makes_room_and_answers_in_pauses():
    sheet, _ = sung("Jazz")
    section = section_of(sheet, "verse")
    start = section.onset
    band = SungBand((start,), (start + 4.0,), (60.0,))
    gap = pauses(section, band, 1.5)
    assert gap == [(start + 4.0, section.end)]
    strokes = [Note(start + index * 0.5, 0.5, 60.0, 0.5) for index in range(16)]
    played = answering(sheet, section, strokes, band)
    under = [note for note in played if note.onset < start + 4]
    assert len(under) < 8
    assert {note.velocity for note in under} == {0.425}
    assert {note.velocity for note in played if note.onset >= start + 4} == {0.56}


def test_a_section_grows_into_a_louder_one():
    grown = set()
    for seed in range(6):
        sheet, _ = sung(seed=seed)
        section = sheet.sections[sheet.sections.index(section_of(sheet, "chorus")) - 1]
        bar = sheet.metre.bar_quarters
        notes = [Note(section.end - beats, 0.5, 60.0, 0.5) for beats in (3.9 * bar, 0.5)]
        before, last = (note.velocity for note in swelling(sheet, section, notes))
        grown.add(last > 0.5 > before)
        assert swelling(sheet, sheet.sections[-1], notes) == notes
    assert True in grown


def test_a_second_voice_moves_against_the_first_in_classical_pieces():
    consonant = total = contrary = together = 0
    for seed in range(4):
        score = write(seed, kind="instrumental", genre="Classical", duration_s=60.0)
        tracks = {track.role: track.notes for track in score.tracks}
        if not {"lead", "second"} <= set(tracks):
            continue
        heard = [n for n in tracks["lead"] if n.onset < score.sections[-1].onset]
        pairs = [
            (note, max((n for n in heard if n.onset <= note.onset), default=None))
            for note in tracks["second"]
            if note.onset < score.sections[-1].onset
        ]
        for (one, over), (two, later) in itertools.pairwise(pairs):
            total += 1
            consonant += over is None or abs(round(one.pitch - over.pitch)) % 12 in (0, 3, 4, 5, 7, 8, 9)
            if over and later and (move := (two.pitch - one.pitch) * (later.pitch - over.pitch)):
                contrary += move < 0
                together += move > 0
    assert total > 40
    assert consonant >= 0.85 * total
    assert contrary >= together
