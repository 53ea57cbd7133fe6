"""Merging an edited tune into the score that it shows: what stays, what follows, what is refused."""

from dataclasses import replace
from functools import cache

import pytest

from audiomusic.engines.base import EngineError, SongRequest
from audiomusic.engines.notation.reader import read_abc
from audiomusic.engines.notation.revise.instructions import revised
from audiomusic.engines.notation.tune import changed_bars
from audiomusic.engines.notation.writer import write_abc
from audiomusic.engines.studio.notated.arrange import arranged
from audiomusic.engines.studio.notated.merge import merged_score
from audiomusic.engines.studio.notated.record import changed_spans, scored
from audiomusic.engines.studio.notated.view import tune_of, view_of
from audiomusic.engines.studio.score_json import score_outline
from tests.support.tool_songs import composed, document_of, kept_song
from tests.support.tunes import tune


@cache
def view():
    return tune_of(document_of())


def merged(instruction, **wishes):
    """Return the score with the change, read from its text, and the tune of that text."""
    wanted = read_abc(write_abc(revised(view(), instruction, **wishes).tune))
    return merged_score(composed()[1], view(), wanted).score, wanted


def says_the_same(score, wanted):
    seen = tune_of({"title": "", **score_outline(score)})
    parts = ("vocal", "ins", "chords", "bars", "key", "quarter_bpm", "metre")
    return all(getattr(seen, name) == getattr(wanted, name) for name in parts)


def test_an_unchanged_text_is_the_very_same_score():
    score = composed()[1]
    again = read_abc(write_abc(view()))
    assert changed_bars(view(), again) == {"Vocal": [], "Ins": []}
    assert merged_score(score, view(), again).score == score


@pytest.mark.parametrize(
    "instruction",
    [
        "make the chorus higher", "transpose to G minor", "repeat the chorus", "remove the intro",
        "add sevenths", "make it major", "move the chorus to the end", "make the intro busier",
        "rewrite the melody",
    ],
)  # fmt: skip
def test_the_score_says_what_the_text_says(instruction):
    score, wanted = merged(instruction)
    assert says_the_same(score, wanted)


def test_other_parts_stay_note_for_note():
    old = composed()[1]
    score, _ = merged("make the chorus higher")
    assert score.drums == old.drums and score.chords == old.chords
    lead = view_of(old).ins
    for before, after in zip(old.tracks, score.tracks, strict=True):
        assert before == after or (before.role == "lead" and lead)


def test_the_band_follows_another_chord_in_its_bar_alone():
    old = composed()[1]
    first = view().contents()[0].chords[0][1]
    other = "F" if first != "F" else "G"
    score, _ = merged(f"change {first} to {other} in bar 1")
    moved = {
        int(note.onset / old.metre.bar_quarters)
        for before, after in zip(old.tracks, score.tracks, strict=True)
        for note in set(before.notes) ^ set(after.notes)
    }
    assert moved == {0}
    spans = changed_spans(old, score)
    assert spans and spans[0][0] == 0 and spans[-1][1] < old.duration_s * 48_000 / 2


def test_what_moves_or_changes_its_tempo_is_performed_anew():
    old = composed()[1]
    assert changed_spans(old, merged("repeat the chorus")[0]) is None
    assert changed_spans(old, merged("80 bpm", allow_tempo_change=True)[0]) is None
    assert changed_spans(old, old) == ()


def test_a_note_too_many_for_the_words_is_refused():
    wanted = view()
    first = wanted.vocal[0]
    split = (first._replace(length=1), first._replace(onset=first.onset + 1, length=1), *wanted.vocal[1:])
    with pytest.raises(EngineError, match=r"Vocal: Expected \d+ notes, one for each syllable"):
        merged_score(composed()[1], view(), replace(wanted, vocal=split))
    with pytest.raises(EngineError, match="Expected the song's own metre, 4/4, got 3/4"):
        merged_score(composed()[1], view(), replace(wanted, beats=3))


def test_a_recording_of_an_edit_tells_its_bars():
    operation = {"name": "record", "abc": write_abc(revised(view(), "make the chorus higher").tune)}
    made = scored(kept_song(), {**operation, "lyrics": None, "style": None, "keeps_audio": True}, 3)
    assert made.details["changed_bars"]["Vocal"] and made.spans and made.details["keeps_audio"]


def test_a_band_plays_a_tune_that_has_none():
    request = SongRequest("song", "jazz trio", (5,), 60.0)
    plan, score = arranged(request, tune(), 5)
    assert says_the_same(score, tune())
    assert plan.genre == "jazz" and len(score.tracks) > 1 and [line.text for line in score.vocals]
