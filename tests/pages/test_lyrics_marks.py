"""Syllables and rhymes beside lyrics while they are typed."""

import subprocess
import sys

import pytest

from audiomusic.devtools.scratch_server import ROOT
from audiomusic.engines.studio.margin.marks import MAX_LINES

VERSE = "[Verse]\nThe station clock is counting down\nThe last train leaves this sleepy town\nI hold a song"


@pytest.fixture
def marks(client, owner):
    """marks(**fields): the response to the owner's form."""
    client.force_login(owner)
    return lambda **fields: client.post("/create/lyrics-marks", {"task": "text2music"} | fields)


def lines_of(answer):
    assert answer.status_code == 200, answer.content
    return [(row["line"], row["syllables"], row["rhyme"]) for row in answer.json()["lines"]]


def test_lines_are_counted_and_rhymes_lettered(marks):
    answer = marks(lyrics=VERSE)
    assert lines_of(answer) == [(1, 8, "A"), (2, 8, "A"), (3, 4, "")]
    body = answer.json()
    assert (body["language"], body["language_name"], body["is_whole"]) == ("en", "English", True)


@pytest.mark.parametrize(
    ("language", "lyrics", "expected"),
    [
        ("es", "Camino sola por la playa\nLa luna sale y no se calla", [(0, 9, "A"), (1, 10, "A")]),
        (
            "de",
            "Das Licht geht an\nDas Licht geht aus\nIch bin zu Haus",
            [(0, 4, ""), (1, 4, "A"), (2, 4, "A")],
        ),
        ("zh", "月亮\n大王", [(0, 2, "A"), (1, 2, "A")]),
        ("ja", "桜の花が\n君と歩いた", [(0, 7, ""), (1, 7, "")]),  # Japanese songs do not rhyme this way
        ("wo", "Na nga def", []),  # no voice reads this language
    ],
)
def test_each_language_is_read_by_its_own_voice(marks, language, lyrics, expected):
    assert lines_of(marks(lyrics=lyrics, vocal_language=language)) == expected


def test_what_is_not_sung_has_no_mark(marks):
    answer = marks(lyrics="Title: Run\n[Verse]\nMia: Run with me\n\n[Chorus]\n(music)\nInto the light")
    assert [row[0] for row in lines_of(answer)] == [2, 6]


def test_a_long_line_is_sung_as_several(marks):
    long = "And nobody wants to sing with me tonight so I will be singing very much alone"
    row = marks(lyrics=f"Run\n{long}").json()["lines"][1]
    assert row["pieces"] == 2 and row["syllables"] > 14


SONG = (
    "[Verse]\nThe station clock is counting down\nThe last train leaves this sleepy town\n"
    "I hold a ticket and a song\nI knew the way here all along\n\n"
    "[Chorus]\nRun with me, run with me into the light\nWe will be home by the end of the night"
)


def hurried(answer):
    return [row["line"] for row in answer.json()["lines"] if row["is_hurried"]]


def test_haste_is_said_only_where_the_tempo_is_settled(marks, rock):
    rock.parameters = {"bpm": 120}
    rock.save()
    for settled in ({"bpm": 120}, {"genre_preset": "Rock"}, {"bpm": 120, "seed": 9}):
        assert hurried(marks(lyrics=SONG, caption="pop", duration=16, **settled)), settled
    assert not hurried(marks(lyrics=SONG, duration=16))
    assert not hurried(marks(lyrics=SONG, bpm=100))


def test_lines_that_a_length_leaves_out_are_said(marks):
    notes = marks(lyrics="\n".join([VERSE, SONG] * 4), duration=16, bpm=120).json()["notes"]
    assert len(notes) == 1 and "line" in notes[0]
    assert marks(lyrics=SONG, bpm=120).json()["notes"] == []


def test_so_many_lines_and_no_more(marks):
    answer = marks(lyrics="la la\n" * (MAX_LINES + 50)).json()
    assert len(answer["lines"]) == MAX_LINES and not answer["is_whole"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"lyrics": "x" * 10_001}, {"lyrics": ""}, {"task": "nothing"}, {"bpm": "9000"}, {"seed": "-4"},
        {"vocal_language": "klingon"}, {"timesignature": "13/8"}, {"duration": "nan"},
    ],
)  # fmt: skip
def test_it_refuses_what_no_request_may_say(marks, wrong):
    answer = marks(**{"lyrics": VERSE} | wrong)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [*wrong]


def test_nobody_who_types_is_sent_away(client, db):
    answer = client.post("/create/lyrics-marks", {"task": "text2music", "lyrics": VERSE})
    assert answer.status_code == 401 and answer.json()["code"] == "not_authenticated"


def test_calls_are_limited(marks, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"marks": "1/min"}
    assert marks(lyrics=VERSE).status_code == 200
    answer = marks(lyrics=VERSE)
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert int(answer["Retry-After"]) > 0


def test_reading_lines_needs_no_torch():
    """Web processes do not import it."""
    code = (
        "import sys\n"
        "from audiomusic.engines.studio.margin.line_sounds import line_sounds\n"
        "from audiomusic.engines.studio.margin.marks import lyrics_marks\n"
        "assert line_sounds('Run with me', 'en').syllables == 3\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
