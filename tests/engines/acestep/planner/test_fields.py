import pytest

from audiomusic.engines.acestep.planner.base import PlanRequest, TokenSampling
from audiomusic.engines.acestep.planner.fields import FIELDS, given_words


def test_fields_stand_in_the_models_order():
    assert list(FIELDS) == [
        "bpm", "caption", "duration", "genres", "keyscale", "language", "timesignature",
    ]  # fmt: skip


def test_every_word_of_a_list_can_be_read():
    request = PlanRequest(seed=1)
    for row in FIELDS.values():
        for word in row.values(request) if row.values else ():
            assert row.read(word) is not None, (row.name, word)


def test_lists_hold_what_the_model_was_trained_on():
    request = PlanRequest(seed=1, max_duration_s=40)
    sizes = {name: len(row.values(request)) for name, row in FIELDS.items() if row.values}
    assert sizes == {"bpm": 271, "duration": 31, "keyscale": 70, "language": 51, "timesignature": 4}


def test_a_short_limit_lowers_the_least_length():
    assert FIELDS["duration"].values(PlanRequest(seed=1, max_duration_s=4.9)) == ("4",)


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("bpm", " 92", 92),
        ("bpm", "92.0 BPM", 92),
        ("bpm", "29", None),
        ("bpm", "301", None),
        ("bpm", "fast", None),
        ("duration", "180 seconds", 180),
        ("duration", "0", None),
        ("keyscale", "f sharp Minor", "F# minor"),
        ("keyscale", "B♭ major", "Bb major"),
        ("keyscale", "Am", "A minor"),
        ("keyscale", "AM", "A major"),
        ("keyscale", "C", "C major"),
        ("keyscale", "H major", None),
        ("language", "pt-BR", "pt"),
        ("language", "unknown", "unknown"),
        ("language", "klingon", None),
        ("timesignature", "6", "6/8"),
        ("timesignature", "3/4", "3/4"),
        ("timesignature", "5", None),
        ("genres", " soul,\n  funk\x07 ", "soul, funk"),
        ("genres", " \n", None),
    ],
)
def test_reading(name, word, value):
    assert FIELDS[name].read(word) == value


def test_what_a_request_gives_becomes_the_models_words():
    request = PlanRequest(
        seed=1, bpm=91.6, duration_s=30.4, keyscale="Bb Major", language="de", timesignature="6/8"
    )
    assert given_words(request) == (
        {"bpm": "92", "duration": "30", "keyscale": "Bb major", "language": "de", "timesignature": "6"},
        {},
    )


def test_unknown_language_gives_nothing():
    assert given_words(PlanRequest(seed=1, language="unknown", keyscale="")) == ({}, {})


def test_what_the_model_has_no_word_for_is_told():
    words, problems = given_words(PlanRequest(seed=1, bpm=400, timesignature="7/8"))
    assert words == {}
    assert problems == {
        "bpm": "the language model knows no bpm 400; wanted a whole number from 30 to 300",
        "timesignature": "the language model knows no timesignature '7/8'; wanted one of 2/4, 3/4, 4/4, 6/8",
    }


@pytest.mark.parametrize("wrong", [{"temperature": -0.1}, {"top_p": 1.1}, {"top_k": -1}, {"guidance": 11}])
def test_sampling_refuses_what_is_out_of_range(wrong):
    with pytest.raises(ValueError, match="wanted"):
        TokenSampling(**wrong)
