"""Instructions in words: what each one does, that other bars keep their notes, and what is refused."""

import pytest

from audiomusic.engines.notation.reader import read_abc
from audiomusic.engines.notation.revise.instructions import revised
from audiomusic.engines.notation.revise.targets import NotUnderstood, TargetMissing
from audiomusic.engines.notation.tune import changed_bars
from audiomusic.engines.notation.writer import write_abc
from audiomusic.engines.theory import Key
from tests.support.tunes import tune


def made(instruction, **wishes):
    """Return the changed tune, after checking that its text reads back as written."""
    after = revised(tune(), instruction, **wishes).tune
    assert write_abc(read_abc(write_abc(after))) == write_abc(after)
    return after


def pitches(notes):
    return [note.pitch for note in notes]


def bars_of(after):
    return changed_bars(tune(), after)


@pytest.mark.parametrize(
    ("instruction", "wishes", "where"),
    [
        ("make the chorus higher", {}, {"Vocal": [[3, 4]], "Ins": [[3, 4]]}),
        ("a bit lower, please", {"section": "verse"}, {"Vocal": [[1, 2]], "Ins": []}),
        ("up an octave", {"bars": (1, 1)}, {"Vocal": [[1, 1]], "Ins": []}),
        ("lower by 3 semitones in bar 4", {}, {"Vocal": [[4, 4]], "Ins": []}),
        ("transpose to A minor", {}, {"Vocal": [[1, 4]], "Ins": [[3, 4]]}),
        ("staccato", {"section": "chorus"}, {"Vocal": [[3, 4]], "Ins": [[3, 4]]}),
        ("change Em to C in bar 1", {}, {"Vocal": [[1, 1]], "Ins": []}),
        ("add sevenths", {}, {"Vocal": [[1, 4]], "Ins": []}),
        ("simplify the chords", {}, {"Vocal": [[2, 2], [4, 4]], "Ins": []}),
        ("make the lead in the chorus busier", {}, {"Vocal": [], "Ins": [[3, 4]]}),
        ("leave out the vocals in bar 2", {}, {"Vocal": [[2, 2]], "Ins": []}),
    ],
)  # fmt: skip
def test_it_changes_what_was_asked_for_and_nothing_else(instruction, wishes, where):
    assert bars_of(made(instruction, **wishes)) == where


def test_keys_and_modes():
    after = made("transpose to A minor")
    assert after.key == Key(9, "minor") and after.vocal[0].pitch == 72 and after.chords[0].name == "Am"
    assert made("make it minor").vocal[0].pitch == 70
    assert made("transpose up by 2 semitones").key == Key(9, "major")


def test_forms():
    twice = made("repeat the chorus")
    assert twice.bars == 6 and [section.label for section in twice.sections] == ["Verse", "Chorus", "Chorus"]
    assert made("remove the verse").bars == 2
    assert [s.label for s in made("swap the verse and the chorus").sections] == ["Chorus", "Verse"]
    assert [s.label for s in made("add a chorus before the verse").sections][0] == "Chorus"
    assert made("double the length of the verse").bars == 6
    assert len(twice.words) == len(tune().words) + 5


def test_the_rest():
    assert made("end on the tonic").vocal[-1].pitch == 79
    assert made("make it swing").swing.amount == pytest.approx(0.66)
    assert made("90 bpm", allow_tempo_change=True).quarter_bpm == 90
    assert (
        made("rewrite the melody", seed=1)
        == made("rewrite the melody", seed=1)
        != made("rewrite the melody", seed=2)
    )
    both = revised(tune(), "make the chorus higher and the verse lower")
    assert both.note == (
        "The tune is 2 steps of the scale higher in Chorus. The tune is 2 steps of the scale lower in Verse."
    )
    words = revised(tune(), 'change the words "lantern" to "candle"')
    assert words.words == (("lantern", "candle"),) and words.tune == tune()


@pytest.mark.parametrize(
    ("instruction", "words"),
    [
        ("fly me to the moon", "Expected one of these changes: higher or lower"),
        ("make it faster", "Expected allow_tempo_change"),
        ("change Bb to C", "Expected a chord that is played there, got Bb."),
        ("higher by 99 semitones", "Expected 1 to 36 steps, got 99."),
        ("remove the verse and the chorus", "Expected one of these changes"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(instruction, words):
    with pytest.raises(NotUnderstood, match=words):
        revised(tune(), instruction)


@pytest.mark.parametrize(
    ("instruction", "wishes"),
    [("make the bridge higher", {}), ("higher", {"section": "chorus 2"}), ("higher", {"bars": (4, 9)}),
     ("higher", {"section": "verse", "bars": (3, 4)})],
)  # fmt: skip
def test_a_place_that_is_not_there_is_told_with_those_that_are(instruction, wishes):
    with pytest.raises(TargetMissing) as error:
        revised(tune(), instruction, **wishes)
    assert error.value.sections == ["Verse", "Chorus"]
