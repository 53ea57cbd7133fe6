"""Form, voices, mix and substitute instruments."""

import pytest

from audiomusic.engines.captions.reader import read_wishes
from tests.engines.captions.wishes import found


@pytest.mark.parametrize(
    ("caption", "form"),
    [
        ("skip the intro", "no_intro"),
        ("ohne Intro", "no_intro"),
        ("sin introducción", "no_intro"),
        ("前奏なし", "no_intro"),
        ("singing starts right away", "no_intro"),
        ("singt sofort: Gesang von Anfang an", "no_intro"),
        ("without an outro", "no_outro"),
        ("begins with the chorus", "starts_with:chorus"),
        ("サビから始まる", "starts_with:chorus"),
        ("beginnt mit dem Refrain", "starts_with:chorus"),
        ("fades out", "fade_out"),
        ("modulates at the end", "key_change"),
        ("with a trumpet solo", "solo:trumpet"),
        ("brief intro", "short_intro"),
        ("sudden ending", "abrupt_end"),
        ("no solo", "no_solo"),
    ],
)
def test_forms(caption, form):
    assert form in found(caption, "form"), read_wishes(caption)


@pytest.mark.parametrize(
    ("caption", "voices"),
    [
        ("two women", [("female", "female")]),
        ("zwei Männerstimmen", [("male", "male")]),
        ("soprano", [("high",)]),
        ("baritone and choir", [("low",), ("choir",)]),
        ("voz de hombre", [("male",)]),
        ("女声", [("female",)]),
        ("warm female pop vocals", [("female",)]),
        ("no singing", [()]),
        ("sans voix", [()]),
        ("ボーカルなし", [()]),
        ("wordless", [()]),
        ("rap verses", [("rap",)]),
    ],
)
def test_voices(caption, voices):
    assert found(caption, "voice") == voices


@pytest.mark.parametrize(
    ("caption", "mix"),
    [
        ("no reverb", "dry"),
        ("trocken gemischt", "dry"),
        ("lots of reverb", "wet"),
        ("mono", "narrow"),
        ("wide stereo", "wide"),
        ("loud drums", "louder:drums"),
        ("vocals low in the mix", "softer:vocals"),
        ("subtle percussion", "softer:drums"),
        ("drums too loud? no: not too loud drums", "softer:drums"),
        ("prominent bass", "louder:bass"),
    ],
)
def test_mixes(caption, mix):
    assert mix in found(caption, "mix"), read_wishes(caption)


@pytest.mark.parametrize(
    ("caption", "asked", "plays"),
    [
        ("sitar raga", "sitar", "steel_guitar"),
        ("Dudelsack und Geige", "Dudelsack", "accordion"),
        ("三味線", "三味線", "banjo"),
        ("harpe celtique", "harpe", "nylon_guitar"),
        ("mandolino", "mandolino", "steel_guitar"),
        ("二胡", "二胡", "violin"),
    ],
)
def test_what_the_band_has_not(caption, asked, plays):
    [wish] = [wish for wish in read_wishes(caption).wishes if wish.nearest_to]
    assert (wish.nearest_to, wish.value[0]) == (asked, plays)
