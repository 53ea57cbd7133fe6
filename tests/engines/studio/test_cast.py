"""Who sings which line: by tags, by the caption, by convention."""

from collections import Counter

import pytest

from audiomusic.engines.studio.caption import read_caption
from audiomusic.engines.studio.cast import cast_song, tagged_kind
from audiomusic.engines.studio.cast.company import CHOIR, VOICES_OF_KIND
from audiomusic.engines.studio.cast.tags import name_kind, read_tag
from audiomusic.engines.studio.lyrics import parse_lyrics
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.voice import SINGERS
from tests.engines.studio.songs import ask

WISHES = {"male": "male", "female": "female", "low": "deep male", "high": "high female"}
UNTAGGED = "[Verse 1]\none\ntwo\n[Chorus]\nthree\n[Verse 2]\nfour\n[Chorus]\nthree"


def cast(lyrics, voices=(), own="female"):
    """Return (names with wishes, {section label: who sings each line}), or None if there is a single
    singer."""
    found = cast_song(parse_lyrics(lyrics), voices, own, WISHES)
    if found is None:
        return None
    members = [(member.name, member.wish) for member in found.members]
    return members, {section.label: list(section.cast) for section in found.sections if section.lines}


@pytest.mark.parametrize(
    ("tag", "kinds"),
    [
        ("Anna", ["name"]),
        ("Anna & Ben", ["name", "name"]),
        ("Both", ["everyone"]),
        ("beide", ["everyone"]),
        ("Tous", ["everyone"]),
        ("合", ["everyone"]),
        ("male", ["male"]),
        ("M", ["male"]),
        ("Frau", ["female"]),
        ("女", ["female"]),
        ("Chor", ["choir"]),
        ("Anna and Choir", ["name", "choir"]),
        ("rap", ["rap"]),
        ("", []),
    ],
)
def test_a_tag_names_singers_or_groups(tag, kinds):
    assert [found.kind for found in read_tag(tag)] == kinds


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Anna", "female"), ("Ben", "male"), ("Luca", "male"), ("Marco", "male"), ("Chloé", "female"),
        ("Jürgen", "male"), ("Yuki", "female"), ("Mary Ann", "female"), ("Male 2", "male"), ("Q", None),
        ("花子", None), ("Zyx", None),
    ],
)  # fmt: skip
def test_first_names_tell_men_from_women(name, kind):
    assert name_kind(name) == kind


def test_one_singer_needs_no_cast():
    assert cast(UNTAGGED) is None
    assert cast(UNTAGGED, ("female",)) is None
    assert cast("[Verse 1: Anna]\none\n[Chorus]\ntwo\n[Verse 2: Anna]\nthree") is None
    assert cast("[Verse 1 - rap]\none\n[Chorus]\ntwo") is None


@pytest.mark.parametrize(("tag", "kind"), [("Anna", "female"), ("male", "male"), ("Zyx", None)])
def test_the_only_singer_is_a_man_or_a_woman_by_name(tag, kind):
    assert tagged_kind(parse_lyrics(f"[Verse 1: {tag}]\none\n[Verse 2]\ntwo")) == kind


def test_a_duet_without_tags_takes_turns_and_joins_in_the_chorus():
    members, rows = cast(UNTAGGED, ("male", "female"))
    assert members == [("", "male"), ("", "female")]
    assert rows == {"Verse 1": [(0,), (0,)], "Chorus": [(0, 1)], "Verse 2": [(1,)]}


def test_a_lone_verse_is_shared_by_halves():
    _, rows = cast("[Verse]\none\ntwo\nthree\nfour", ("female", "female"))
    assert rows["Verse 1"] == [(0,), (0,), (1,), (1,)]


def test_a_single_line_is_sung_together():
    assert cast("[Verse]\none", ("female", "male"))[1] == {"Verse 1": [(0, 1)]}


def test_a_prechorus_is_the_others():
    lyrics = "[Verse]\na\n[Pre-Chorus]\nb\n[Chorus]\nc\n[Verse]\nd\n[Pre-Chorus]\ne\n[Chorus]\nc"
    found = cast_song(parse_lyrics(lyrics), ("male", "female"), "female", WISHES)
    singers = [section.cast[0] for section in found.sections]
    assert singers == [(0,), (1,), (0, 1), (1,), (0,), (0, 1)]


def test_tags_decide():
    lyrics = (
        "[Verse 1: Anna]\none\n[Verse 2: Ben]\ntwo\n[Bridge]\nBen: three\nAnna: four\n[Chorus: Both]\nfive"
    )
    members, rows = cast(lyrics, own="male")
    assert members == [("Anna", "female"), ("Ben", "male")]
    assert rows == {"Verse 1": [(0,)], "Verse 2": [(1,)], "Bridge": [(1,), (0,)], "Chorus": [(0, 1)]}


def test_names_that_do_not_tell_differ_or_follow_the_caption():
    lyrics = "[Verse 1: Zyx]\none\n[Verse 2: Qwv]\ntwo"
    assert [wish for _, wish in cast(lyrics)[0]] == ["female", "male"]
    assert [wish for _, wish in cast(lyrics, ("male", "male"))[0]] == ["male", "male"]


def test_an_untagged_opening_is_the_main_singers():
    members, rows = cast("[Verse 1]\none\n[Verse 2: Ben]\ntwo\n[Verse 3]\nthree")
    assert members == [("", "female"), ("Ben", "male")]
    assert rows == {"Verse 1": [(0,)], "Verse 2": [(1,)], "Verse 3": [(0,)]}


def test_both_are_two_even_where_one_has_a_name():
    members, rows = cast("[Verse 1: Anna]\none\n[Chorus: Both]\ntwo\n[Verse 2]\nthree")
    assert members == [("Anna", "female"), ("", "male")]
    assert rows == {"Verse 1": [(0,)], "Chorus": [(0, 1)], "Verse 2": [(1,)]}


def test_a_featured_rapper_is_somebody_else():
    members, rows = cast("[Verse 1]\none\n[Chorus]\ntwo\n[Verse 2: rap]\nthree")
    assert members == [("", "female"), ("Rap", "male")]
    assert rows == {"Verse 1": [(0,)], "Chorus": [(0,)], "Verse 2": [(1,)]}


def test_a_rapper_whom_the_caption_wants_gets_the_last_verse():
    found = cast_song(parse_lyrics(UNTAGGED), ("female", "rap"), "female", WISHES)
    assert [(section.rap, section.cast[0]) for section in found.sections] == [
        (False, (0,)), (False, (0,)), (True, (1,)), (False, (0,)),
    ]  # fmt: skip


def test_a_choir_alone_sings_everything():
    members, rows = cast(UNTAGGED, ("choir",))
    assert members == list(CHOIR)
    assert set(sum(rows.values(), [])) == {(0, 1, 2, 3)}


@pytest.mark.parametrize(
    ("lyrics", "voices"), [(UNTAGGED, ("female", "choir")), (UNTAGGED.replace("Chorus", "Chorus: Choir"), ())]
)
def test_a_choir_beside_a_singer_has_the_choruses(lyrics, voices):
    members, rows = cast(lyrics, voices)
    assert members == [("", "female"), *CHOIR]
    assert rows["Verse 1"] == [(0,), (0,)] and rows["Verse 2"] == [(0,)]
    assert rows["Chorus"][0][-4:] == (1, 2, 3, 4)


def test_a_choir_without_a_chorus_joins_in_the_last_lines():
    _, rows = cast("[Verse 1]\none\n[Verse 2]\ntwo", ("female", "choir"))
    assert rows == {"Verse 1": [(0,)], "Verse 2": [(0, 1, 2, 3, 4)]}


def test_a_crowd_of_names_shares_six_voices():
    lyrics = "\n".join(f"[Verse: Name{chr(97 + n)}]\nline {chr(97 + n)}" for n in range(20))
    members, rows = cast(lyrics)
    assert len(members) == 6
    assert {place for row in rows.values() for places in row for place in places} == set(range(6))


def test_who_must_share_a_voice_is_told():
    lyrics = (
        "[Verse: Tom]\none\n[Verse: Ben]\ntwo\n[Verse: Jack]\ntoo\n[Verse: Max]\nthree\n[Verse: Anna]\nfour"
    )
    assert cast_song(parse_lyrics(lyrics), (), "male", WISHES).sharing == ("Max",)
    assert set(plan_of(lyrics).not_applied) == {"singers"} and "Max" in plan_of(lyrics).not_applied["singers"]
    assert Counter(singer.kind for singer in SINGERS.values()) == VOICES_OF_KIND


def plan_of(lyrics):
    return make_plan(ask(caption="pop", lyrics=lyrics), 1)


@pytest.mark.parametrize(
    ("caption", "voices"),
    [
        ("pop duet of a man and a woman", ("male", "female")),
        ("a duet", ("female", "male")),
        ("duet of a woman and a man", ("female", "male")),
        ("Duett von Mann und Frau", ("male", "female")),
        ("dueto de un hombre y una mujer", ("male", "female")),
        ("pop, two women", ("female", "female")),
        ("two men, folk", ("male", "male")),
        ("choral, a choir sings", ("choir",)),
        ("gospel, female vocals and choir", ("female", "choir")),
        ("a song about a man and a woman", ()),
        ("pop, piano duet", ()),
        ("pop, no choir", ()),
        ("pop, female vocals", ("female",)),
    ],
)
def test_captions_ask_for_voices(caption, voices):
    assert read_caption(caption).voices == voices


@pytest.mark.parametrize(
    "tag", ["Powerful", "Full Band", "Piano", "Soft, Belting", "Key Change", "A Cappella", "Vocal"]
)
def test_how_a_part_is_sung_is_nobodys_name(tag):
    assert read_tag(tag) == ()
    assert cast(f"[Verse 1]\none\n[Chorus: {tag}]\ntwo") is None


@pytest.mark.parametrize(
    ("tag", "names"),
    [
        ("feat. Ben", ["Ben"]),
        ("Kai - rap", ["Kai"]),
        ("Anna (Spoken)", ["Anna"]),
        ("Joy & Manfred", ["Joy", "Manfred"]),
    ],
)
def test_names_are_found_among_other_words(tag, names):
    [section] = parse_lyrics(f"[Verse 2: {tag}]\none")
    assert [found.name for text in section.singers for found in read_tag(text)] == names


@pytest.mark.parametrize("tag", ["Male Vocal", "male vocals", "Male Singer", "voz masculina", "Männerstimme"])
def test_a_voice_is_told_in_many_ways(tag):
    [section] = parse_lyrics(f"[Verse 2: {tag}]\none")
    assert [found.kind for text in section.singers for found in read_tag(text)] == ["male"]
