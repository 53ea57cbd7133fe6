"""Who plays in which part of a song, as captions in several languages say it."""

import pytest

from audiomusic.engines.captions.entries import PlayerEntry, SectionSpan, outside, windows_of
from audiomusic.engines.captions.reader import read_wishes

FORM = [
    SectionSpan(kind, onset, onset + length)
    for kind, onset, length in (("intro", 0, 16), ("verse", 16, 32), ("chorus", 48, 32), ("verse", 80, 32))
]


def entries(caption):
    return [
        (wish.value.rule, wish.value.reach, wish.value.sections, wish.value.drums or wish.value.players[0])
        for wish in read_wishes(caption).wishes
        if wish.aspect == "entry"
    ]


@pytest.mark.parametrize(
    ("caption", "entry"),
    [
        ("soft rock, no drums until the last chorus", ("only", "from", ("chorus:last",), True)),
        ("the drums come in only at the third verse", ("only", "from", ("verse:3",), True)),
        ("a flute joins in the bridge", ("only", "from", ("bridge",), "flute")),
        ("organ from the second chorus on", ("only", "from", ("chorus:2",), "organ")),
        ("drums stop playing after the second chorus", ("silent", "after", ("chorus:2",), True)),
        ("violin only in the bridge", ("only", "in", ("bridge",), "violin")),
        ("cello alone in the intro", ("alone", "in", ("intro",), "cello")),
        ("harmonica in verse 2", ("plays", "in", ("verse:2",), "harmonica")),
        ("the chorus has no piano", ("silent", "in", ("chorus",), "piano")),
        ("outro: only organ", ("alone", "in", ("outro",), "organ")),
        ("closes with an accordion", ("alone", "in", ("end",), "accordion")),
        ("no banjo at the beginning", ("silent", "in", ("start",), "banjo")),
        ("Geige setzt erst in der zweiten Strophe ein", ("only", "from", ("verse:2",), "violin")),
        ("ohne Orgel bis zum Refrain", ("only", "from", ("chorus",), "organ")),
        ("pas de piano dans le couplet", ("silent", "in", ("verse",), "piano")),
        ("flûte à partir du deuxième refrain", ("only", "from", ("chorus:2",), "flute")),
        ("el órgano sale, sin piano en el puente", ("silent", "in", ("bridge",), "piano")),
        ("flauta desde el segundo estribillo", ("only", "from", ("chorus:2",), "flute")),
        ("sem piano até o refrão", ("only", "from", ("chorus",), "piano")),
        ("senza organo nella strofa", ("silent", "in", ("verse",), "organ")),
        ("チェロはサビから入る", ("only", "from", ("chorus",), "cello")),
        ("前奏没有钢琴", ("silent", "in", ("intro",), "piano")),
    ],
)
def test_a_player_has_a_place(caption, entry):
    assert entries(caption) == [entry]


def test_who_only_rests_there_is_in_the_band():
    wishes = read_wishes("strings drop out in the second verse").wishes
    assert {wish.aspect for wish in wishes} == {"entry", "instrument"}


@pytest.mark.parametrize(
    "caption", ["a catchy chorus and no drums", "key change at the end, with drums", "starts with the chorus"]
)
def test_not_every_section_is_a_place(caption):
    assert entries(caption) == []


def test_two_players_enter_together_and_another_elsewhere():
    found = entries("piano alone in the intro, then bass and drums from the first chorus on")
    assert [entry[:3] for entry in found] == [
        ("alone", "in", ("intro",)), ("only", "from", ("chorus:1",)), ("only", "from", ("chorus:1",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sections", "reach", "windows"),
    [
        (("verse",), "in", [(16, 48), (80, 112)]),
        (("verse:2",), "in", [(80, 112)]),
        (("chorus",), "from", [(48, 112)]),
        (("chorus",), "before", [(0, 48)]),
        (("chorus",), "after", [(80, 112)]),
        (("verse:last",), "from", [(80, 112)]),
        (("start",), "in", [(0, 16)]),
        (("end",), "in", [(104, 112)]),
        (("bridge",), "in", []),
        (("verse:3",), "from", []),
    ],
)
def test_where_an_entry_holds(sections, reach, windows):
    assert windows_of(PlayerEntry("only", sections, reach, drums=True), FORM, 4.0) == windows


def test_the_rest_of_a_song():
    assert outside([(16, 48), (80, 112)], FORM) == [(0, 16), (48, 80)]
    assert outside([(0, 112)], FORM) == []
