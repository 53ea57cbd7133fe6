"""Keys as captions in eight languages write them."""

import pytest

from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.theory import parse_key
from tests.engines.captions.wishes import found


@pytest.mark.parametrize(
    ("caption", "key"),
    [
        ("A-flat minor", "Ab Minor"),
        ("in D flat major", "Db Major"),
        ("Bbm", "Bb Minor"),
        ("key of G#m", "Ab Minor"),
        ("fis-Moll", "F# Minor"),
        ("B-Dur", "Bb Major"),
        ("h-moll", "B Minor"),
        ("sol menor", "G Minor"),
        ("mi bémol majeur", "Eb Major"),
        ("si bemolle minore", "Bb Minor"),
        ("dó maior", "C Major"),
        ("嬰ハ短調", "C# Minor"),
        ("降A大调", "Ab Major"),
        ("Key: E", "E Major"),
        ("folk in Dm.", "D Minor"),
    ],
)
def test_keys(caption, key):
    assert [parse_key(value).key for value in found(caption, "key")] == [parse_key(key).key]


@pytest.mark.parametrize("caption", ["Am Anfang ruhig", "I Am", "a minor problem", "be flat", "in a car"])
def test_what_is_no_key(caption):
    assert all(" " not in value for value in found(caption, "key"))


@pytest.mark.parametrize(
    ("caption", "key", "mode"),
    [
        ("E phrygian", "E Phrygian", None),
        ("F lydisch", "F Lydian", None),
        ("la menor armónica", "A Harmonic Minor", None),
        ("ソのミクソリディアン", "Mixolydian", None),
        ("a dorian groove", "Dorian", None),
        ("D aeolian", "D Minor", None),
        ("E phrygian dominant", "E Phrygian", "phrygian dominant"),
        ("D melodic minor", "D Dorian", "melodic minor"),
    ],
)
def test_modes_are_played_and_other_scales_become_their_nearest(caption, key, mode):
    [wish] = [wish for wish in read_wishes(caption).wishes if wish.aspect == "key"]
    assert (wish.value, wish.nearest_to) == (key, mode)
