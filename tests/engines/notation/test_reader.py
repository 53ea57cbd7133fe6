"""Reading ABC text: the dialect, what other programs write, and why bars are refused."""

from itertools import pairwise

import pytest

from audiomusic.engines.notation.errors import NotationError
from audiomusic.engines.notation.reader import MAX_CHARS, read_abc
from audiomusic.engines.notation.tune import KeyChange, Swing, TuneChord, WrittenNote
from audiomusic.engines.theory import Key
from tests.support.tunes import ABC, tune

HEAD = "X:1\nM:4/4\nL:1/8\nQ:1/4=100\nK:C\n"


def notes(body, voice="Vocal"):
    return [(note.onset, note.length, note.pitch) for note in read_abc(HEAD + body).notes_of(voice)]


def refused(text):
    with pytest.raises(NotationError) as error:
        read_abc(text)
    return [str(problem) for problem in error.value.problems]


def test_it_reads_voices_chords_sections_and_words():
    read = tune()
    assert (read.title, read.metre, read.quarter_bpm, read.key, read.bars) == (
        "Harbour",
        "4/4",
        96,
        Key(7, "major"),
        4,
    )
    assert read.vocal[:2] == (WrittenNote(0, 8, 71), WrittenNote(8, 8, 72))
    assert read.vocal[8].pitch == 73  # ^c
    assert read.ins == (WrittenNote(64, 16, 55), WrittenNote(80, 24, 62), WrittenNote(80, 24, 71))
    assert read.chords[-1] == TuneChord(96, "C/E")
    assert [(section.bar, section.label) for section in read.sections] == [(0, "Verse"), (2, "Chorus")]
    sung = " ".join(("" if word.begins_word else "-") + word.text for word in read.words)
    assert sung == "Lan -tern on the wa -ter Come back to me soon".replace("wa -ter", "wa -ter")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("C2 D2 E2 F2 |", [(0, 8, 60), (8, 8, 62), (16, 8, 64), (24, 8, 65)]),
        ("C8- | C4 z4 |", [(0, 48, 60)]),
        ("^C2 C2 =C2 C2 |", [(0, 8, 61), (8, 8, 61), (16, 8, 60), (24, 8, 60)]),
        ("C>D C<D z4 |", [(0, 6, 60), (6, 2, 62), (8, 2, 60), (10, 6, 62)]),
        ("(3CDE z6 |", [(0, 3, 60), (3, 2, 62), (5, 3, 64)]),
        ("c'/2c,/2 z7 |", [(0, 2, 84), (2, 2, 60)]),
        ("|: C8 :|", [(0, 32, 60), (32, 32, 60)]),
        ("|: C8 |1 D8 :|2 E8 |]", [(0, 32, 60), (32, 32, 62), (64, 32, 60), (96, 32, 64)]),
        ("z2 C2 | D8 |", [(16 + 8, 8, 60), (32, 32, 62)]),
        ("!f! {g}C8 \"^slowly\" |", [(0, 32, 60)]),
        ("C8/11" * 11 + " |", [(start, end - start, 60) for start, end in pairwise(
            [0, 3, 6, 9, 12, 15, 17, 20, 23, 26, 29, 32]
        )]),
        ("(3C2>D2E2 z4 |", [(0, 8, 60), (8, 3, 62), (11, 5, 64)]),
    ],
)  # fmt: skip
def test_it_reads_what_other_programs_write(body, expected):
    assert notes(body) == expected


def test_a_lone_voice_sings_where_it_has_words_and_plays_where_nobody_sings():
    assert read_abc(HEAD + "C8 |", sings=False).ins and not read_abc(HEAD + "C8 |", sings=False).vocal
    assert read_abc(HEAD + "C8 |\nw: Oh", sings=False).vocal
    two = read_abc("M:4/4\nL:1/4\nV:1\nV:2\nK:C\nV:1\r\nC4 |\r\nV:2\r\nE4 |\r\n")
    assert (two.vocal[0].pitch, two.ins[0].pitch) == (60, 64)


def test_it_reads_keys_inside_and_our_own_directives():
    read = read_abc(
        "M:4/4\nL:1/4\nK:Am\n%%audiomusic-mode harmonic\n%%audiomusic-swing 0.66 1/8\nC4 | [K:Bm] C4 |"
    )
    assert (read.key, read.swing) == (Key(9, "harmonic minor"), Swing(0.66, 0.5))
    assert read.keys == (KeyChange(1, Key(11, "minor")),) and read.vocal[1].pitch == 61


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + "C8 |\nC2 D2 E2 F2 G2 |", "Bar 2, 1 (line 7): Expected 4 beats, got 5."),
        (ABC.replace("d12 z4", "d12"), "Bar 2, Vocal (line 11): Expected 4 beats, got 3.5."),
        (HEAD + "C8 | C2 ? |", "Bar 2, 1 (line 6): Expected a note, a rest or a bar line, got '?'."),
        (HEAD + '"H7"C8 |', "Expected a chord such as Am7 or C/E, got 'H7'."),
        (HEAD + "c''''8 |", "Expected a note from A,,,, to c''', got \"c''''\"."),
        (HEAD.replace("4/4", "13/16") + "C8 |", "M: Expected one of"),
        (HEAD.replace("=100", "=999") + "C8 |", "Q: Expected 1/4=30 to 1/4=300"),
        (HEAD.replace("K:C", "K:H") + "C8 |", "K: Expected a key such as C, F#m or D dor, got 'H'."),
        (HEAD + "C8 |\nw: too ma-ny words", "Expected as many syllables as notes (1)"),
        (HEAD + "(3CD(3EFG z4 |", "Expected one tuplet at a time"),
        (HEAD, "Expected at least one bar of music"),
        ("no score", "Expected a K: line before the music"),
        (HEAD + "Z999999 |", "Expected a rest of 1 to 10000 bars"),
        (HEAD + "Z400 |", "Expected at most 600 s of music, got 960 s."),
        (ABC.replace("Z2 |", "Z1 |"), "Expected as many bars in each voice"),
        ("x" * (MAX_CHARS + 1), "Expected at most 200000 characters"),
    ],
)  # fmt: skip
def test_each_bar_that_is_wrong_is_told(text, sentence):
    assert any(sentence in problem for problem in refused(text)), refused(text)


def test_every_wrong_bar_is_told_at_once():
    said = refused(HEAD + "C4 |\nC9 |\nC2 |")
    assert [line[:6] for line in said] == ["Bar 2,", "Bar 3,"]  # the first bar may be an upbeat


def test_hostile_text_is_refused_soon():
    for body in ("[" * 50_000, "(3" * 50_000, "C" + "/" * 100_000, '"' * 99_999, "{" * 80_000, "|:" * 60_000):
        with pytest.raises(NotationError):
            read_abc(HEAD + body)
