"""A stored score reads back as an equal score, and one that cannot be stored says why."""

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest

from audiomusic.engines.base import silent_monitor
from audiomusic.engines.studio.mixdown import mixdown
from audiomusic.engines.studio.rework.kept_score import EXACT, ScoreNotReadable, dump_score, load_score
from audiomusic.engines.studio.score import Note, Score
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.studio.voice import sing
from tests.engines.studio.rework.songs import GENRES, KINDS, composed
from tests.engines.studio.songs import syllabify
from tests.engines.studio.voice_scores import song_of


def kept(score):
    """Return the score as it is read from a file."""
    return json.loads(json.dumps({EXACT: dump_score(score)}))


def example(hint, number=3):
    """Return a value of this type that differs from every default."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint) or hasattr(hint, "_fields"):
        hints = get_type_hints(hint)
        names = [each.name for each in fields(hint)] if is_dataclass(hint) else hint._fields
        return hint(**{name: example(hints[name], number + place) for place, name in enumerate(names)})
    if origin is Literal:
        return arguments[-1]
    if origin is list:
        return [example(arguments[0], number), example(arguments[0], number + 1)]
    if origin is tuple:
        return tuple(example(each, number) for each in arguments if each is not Ellipsis)
    if origin is dict or hint is Any:
        return {"lift": {"onset": number + 1 / 3, "semitones": 2}, "moods": ["sad"], "none": None}
    if arguments:  # an optional type
        return example(arguments[0], number)
    return {float: number + 1 / 3, int: number, str: f"word {number}", bool: True}[hint]


def test_every_field_of_every_part_of_a_score_is_carried():
    score = example(Score)
    assert load_score(kept(score)) == score
    for each in fields(Score):  # otherwise the example would prove nothing
        assert getattr(score, each.name) != each.default


def test_fifty_songs_of_every_genre_and_kind_come_back_equal():
    count = 0
    for number, genre in enumerate(GENRES):
        for kind in {"song", "instrumental", "vocals", KINDS[number % 2 * 2 + 2]}:
            score = composed(genre, kind, seed=number, duration_s=40.0, syllables=syllabify)
            assert load_score(kept(score)) == score, (genre, kind)
            count += 1
    assert count >= 50


@pytest.mark.parametrize(
    ("genre", "kind"), [("modern-pop", "song"), ("hip-hop", "rap"), ("rock", "instrumental")]
)
def test_it_renders_the_same_bits(genre, kind):
    score = composed(genre, kind, duration_s=6.0)
    clips = sing(score, silent_monitor(), 1)
    again = load_score(json.loads(json.dumps(score_outline(score, clips))))
    sung_again = sing(again, silent_monitor(), 1)
    first = mixdown(score, clips, silent_monitor(), 1)
    assert np.array_equal(first, mixdown(again, sung_again, silent_monitor(), 1))


def test_a_field_that_came_later_has_its_default():
    score = song_of(["hello"])
    older = kept(score)
    del older[EXACT]["score"]["voice"]
    assert load_score(older) == replace(score, voice="")


def test_a_score_from_before_says_so():
    with pytest.raises(ScoreNotReadable, match="made before full scores were stored"):
        load_score({"format": "audiomusic-score", "version": 1})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda exact: exact.update(version=2), "Expected a score of version 1, got 2"),
        (lambda exact: exact["score"].update(tuba=1), "'tuba', which this version of the studio does not"),
        (lambda exact: exact["score"].pop("metre"), "score lacks the field 'metre'"),
        (lambda exact: exact["score"].update(seed="x"), r"Expected int in score\.seed, got 'x'"),
        (lambda exact: exact["score"].update(swing=True), r"Expected float in score\.swing, got True"),
        (lambda exact: exact["score"].update(tracks={}), r"Expected a list in score\.tracks"),
        (lambda exact: exact["score"]["vocals"][0].update(role="choir"), r"one of lead, double, harmony"),
        (
            lambda exact: exact["score"]["chords"].append([1]),
            r"Expected 5 values in score\.chords\[0\], got 1",
        ),
        (lambda exact: exact.update(score=None), "Expected an object in score, got None"),
    ],
)
def test_what_is_no_score_is_refused_with_its_place(change, sentence):
    broken = kept(song_of(["hello"]))
    change(broken[EXACT])
    with pytest.raises(ScoreNotReadable, match=sentence):
        load_score(broken)


def test_what_json_does_not_know_is_not_written():
    score = song_of(["hello"])
    score.notes["odd"] = {1, 2}
    with pytest.raises(TypeError, match="Expected a value that JSON knows, got set"):
        dump_score(score)


def test_rows_of_the_outline_stay_as_they_were():
    """New data is stored beside them."""
    outline = score_outline(composed(GENRES[0], duration_s=6.0))
    notes = next(track["notes"] for track in outline["tracks"] if track["notes"])
    assert len(notes[0]) == len(outline["columns"]["notes"]) == 6
    exact = outline[EXACT]["score"]
    assert {"sidechain_db", "mix", "notes", "voice"} <= exact.keys()
    assert {"reverb_send", "delay_send"} <= exact["tracks"][0].keys()
    assert len(exact["chords"][0]) == 5
    assert Note(*exact["tracks"][0]["notes"][0])
