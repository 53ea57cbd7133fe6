"""Keys and metres as people write them."""

import json
import re

import pytest

from audiomusic.engines.theory import (
    KEY_PATTERN,
    METRE_NAMES,
    PITCH_NAMES,
    Key,
    parse_key,
    parse_metre,
    pitch_class,
)


@pytest.mark.parametrize(
    ("text", "name", "key"),
    [
        ("C Major", "C Major", Key(0, "major")),
        ("Am", "A Minor", Key(9, "minor")),
        ("F# minor", "F# Minor", Key(6, "minor")),
        ("Bb", "Bb Major", Key(10, "major")),
        ("BB", "Bb Major", Key(10, "major")),
        ("C#m", "C# Minor", Key(1, "minor")),
        ("CM", "C Major", Key(0, "major")),
        ("e flat major", "Eb Major", Key(3, "major")),
        ("E-flat Minor", "Eb Minor", Key(3, "minor")),
        ("F♯ min", "F# Minor", Key(6, "minor")),
        ("Cb", "Cb Major", Key(11, "major")),
        ("b minor", "B Minor", Key(11, "minor")),
        ("a-moll", "A Minor", Key(9, "minor")),
        (" A-dur ", "A Major", Key(9, "major")),
        ("D dorian", "D Dorian", Key(2, "dorian")),
        ("F# PHRYGIAN", "F# Phrygian", Key(6, "phrygian")),
        ("bb-Mixolydian", "Bb Mixolydian", Key(10, "mixolydian")),
        ("A harmonic minor", "A Harmonic Minor", Key(9, "harmonic minor")),
        ("E aeolian", "E Minor", Key(4, "minor")),
    ],
)
def test_a_key_in_many_hands(text, name, key):
    parsed = parse_key(text)
    assert (str(parsed), parsed.key) == (name, key)
    assert parse_key(parsed.symbol).key == key.plain
    assert parse_key(str(parsed)) == parsed


@pytest.mark.parametrize(
    ("key", "signature"),
    [("D Dorian", "C"), ("E Phrygian", "C"), ("F Lydian", "C"), ("G Mixolydian", "C"), ("B Locrian", "C"),
     ("A Harmonic Minor", "Am"), ("Bb Dorian", "Ab"), ("C Major", "C"), ("F# Minor", "F#m")],
)  # fmt: skip
def test_a_mode_is_written_with_its_own_signature(key, signature):
    assert parse_key(key).signature == signature


@pytest.mark.parametrize(
    "text", ["", "H dur", "C Klezmer", "Cx", "Am7", "A minor key", "major", "C##", "ＡＭ"]
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError, match="Expected a key such as C Major"):
        parse_key(text)


def test_json_schema_reads_the_pattern_as_it_stands():
    assert re.fullmatch(json.loads(json.dumps(KEY_PATTERN)), "F# minor")
    assert "(?i" not in KEY_PATTERN


def test_every_pitch_has_a_name_that_leads_back():
    assert [pitch_class(name) for name in PITCH_NAMES] == list(range(12))
    assert [Key(tonic, "minor").name for tonic in (6, 10)] == ["F# Minor", "Bb Minor"]


@pytest.mark.parametrize(("text", "name"), [("3", "3/4"), ("6/8", "6/8"), (" 4 / 4 ", "4/4")])
def test_a_metre(text, name):
    assert parse_metre(text) == name and name in METRE_NAMES


@pytest.mark.parametrize("text", ["", "5/16", "four", "4/4/4"])
def test_what_is_no_metre_is_refused(text):
    with pytest.raises(ValueError, match="Expected one of 2/4, 3/4, 4/4, 6/8."):
        parse_metre(text)
