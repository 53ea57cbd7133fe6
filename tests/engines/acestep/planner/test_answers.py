"""Free-form answers: they are read as far as possible, and the rest is reported."""

from audiomusic.engines.acestep.planner.answers import lyrics_text, make_answer, thought_words
from audiomusic.engines.acestep.planner.base import PlanRequest

ALL = ("bpm", "caption", "duration", "genres", "keyscale", "language", "timesignature")
TIDY = """<think>
bpm: 92
caption: 'Warm soul: a singer,
  and an organ'
duration: 120
genres: soul, gospel
keyscale: F# minor
language: 'no'
timesignature: 4
</think>

# Lyric
[Verse 1]
Stay  a while<|im_end|>"""


def read(text, given=None, **wishes):
    return make_answer(PlanRequest(seed=1, **wishes), given=given or {}, found=thought_words(text), asked=ALL)


def test_a_tidy_answer():
    answer = read(TIDY)
    assert answer.bpm == 92
    assert answer.caption == "Warm soul: a singer, and an organ"
    assert answer.duration_s == 120
    assert answer.genres == "soul, gospel"
    assert answer.keyscale == "F# minor"
    assert answer.language == "no"
    assert answer.timesignature == "4/4"
    assert answer.found == ALL
    assert answer.unread == {}
    assert lyrics_text(TIDY) == "[Verse 1]\nStay a while"


def test_an_untidy_answer():
    answer = read(
        "Sure!\n Key: C\nBPM : fast\nTimesignature: 3/4\nbpm: 100\ncaption:\n\n  two\n  lines\nduration: 9999"
    )
    assert answer.bpm == 100
    assert answer.timesignature == "3/4"
    assert answer.caption == "two lines"
    assert answer.found == ("bpm", "caption", "timesignature")
    assert answer.unread == {
        "duration": "wanted whole seconds from 1 to 600, the language model wrote '9999'",
        "genres": "wanted words, the language model left it out",
        "keyscale": "wanted a key such as C major or F# minor, the language model left it out",
        "language": "wanted a language code such as en, or unknown, the language model left it out",
    }


def test_nothing_at_all():
    answer = read("", caption="as it was", lyrics="la")
    assert answer.caption == "as it was"
    assert answer.lyrics == "la"
    assert set(answer.unread) == set(ALL)
    assert answer.found == ()


def test_what_was_given_wins():
    answer = read(TIDY, given={"bpm": "70", "duration": "30"}, duration_s=30.4)
    assert answer.bpm == 70
    assert answer.duration_s == 30.4
    assert answer.given == ("bpm", "duration")
    assert "bpm" not in answer.found


def test_a_quote_that_never_closes_stays():
    assert read("caption: 'round midnight").caption == "'round midnight"


def test_lyrics_need_a_closed_thought():
    assert lyrics_text("[Verse]\nla") == ""
    assert lyrics_text("</think>\n\n[Verse]\x07\n\nla\n<|audio_code_3|>") == "[Verse]\n\nla"
