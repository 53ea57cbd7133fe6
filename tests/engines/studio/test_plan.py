import json
from pathlib import Path

import pytest

from audiomusic.engines.studio.caption import read_caption
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.plan import fit_loop, fit_tempo, make_plan
from audiomusic.engines.studio.score import Metre
from audiomusic.engines.taxonomy import guess_language, tags_of
from tests.engines.studio.songs import LYRICS, ask


def plan(seed=1, **wishes):
    return make_plan(ask(**wishes), seed)


def music_s(planned):
    return sum(section.bars for section in planned.sections) * planned.metre.bar_s


def test_wishes_of_the_request_win_over_the_caption():
    planned = plan(
        caption="slow jazz waltz in A minor, 70 bpm",
        lyrics=LYRICS,
        genre="Rock",
        bpm=140,
        keyscale="Eb Major",
        timesignature="4/4",
        vocal_language="de",
        duration_s=60.0,
    )
    assert (planned.genre, planned.bpm, planned.key.name) == ("rock", 140, "Eb Major")
    assert (planned.metre.name, planned.language, planned.duration_s) == ("4/4", "de", 60.0)
    assert set(planned.not_applied) == {"slow", "jazz", "waltz", "A minor", "70 bpm"}
    assert all("parameter" in reason for reason in planned.not_applied.values())


def test_the_caption_decides_where_the_request_is_silent():
    planned = plan(caption="A sad folk waltz in E minor at 96 bpm, deep male vocal, no drums", lyrics=LYRICS)
    assert (planned.genre, planned.metre.name, planned.key.name) == ("folk", "3/4", "E Minor")
    assert planned.singer == "low"
    assert not planned.drums
    assert planned.bpm == 96


@pytest.mark.parametrize(
    ("caption", "genre"),
    [
        ("lofi beats to study", "lo-fi"),
        ("lo-fi hip hop", "lo-fi"),
        ("smooth rnb", "rnb"),
        ("R&B ballad", "rnb"),
        ("deep house banger", "electronic"),
        ("epic orchestral soundtrack", "cinematic"),
        ("a baroque sonata", "classical"),
        ("bossa nova", "bossa-nova"),
        ("salsa", "latin"),
        ("punk", "rock"),
        ("trap beat", "hip-hop"),
        ("K-Pop", "k-pop"),
        ("J-Pop", "modern-pop"),
        ("heavy metal", "metal"),
        ("rock opera", "rock"),
    ],
)
def test_genre_words_and_their_synonyms(caption, genre):
    assert read_caption(caption).genres[0] == genre


def test_an_occasion_stands_in_for_a_genre():
    assert read_caption("music for yoga").genres == ("ambient",)
    assert read_caption("jazz for yoga").genres == ("jazz",)


def test_what_is_refused_is_no_wish():
    wishes = read_caption("pop, not sad, no jazz")
    assert wishes.genres == ("modern-pop",)
    assert wishes.moods == ()
    assert wishes.mode is None


def test_moods_move_energy_tempo_and_mode():
    sad, party = read_caption("sad pop"), read_caption("energetic party pop")
    assert (sad.moods, sad.mode) == (("Sad",), "minor")
    assert sad.energy < 0 < party.energy
    assert sad.tempo_factor < 1 < party.tempo_factor
    assert read_caption("sad, melancholic, sorrowful pop").energy == sad.energy  # three synonyms count once
    assert read_caption("sad pop in D major").mode == "major"
    assert read_caption("traurige Ballade").mode == "minor"


def test_tempo_words_choose_a_place_within_the_genre():
    bpms = [plan(caption=f"{word} rock", kind="instrumental").bpm for word in ("slow", "mid-tempo", "fast")]
    assert bpms == sorted(bpms)
    assert bpms[0] < bpms[2] - 20


def test_a_caption_can_name_the_language():
    assert plan(caption="pop in Spanish", lyrics="la la la na na na").language == "es"
    assert plan(caption="", query="una canción sobre el verano", duration_s=30.0).language == "es"


@pytest.mark.parametrize(
    ("caption", "era"),
    [("80s synth pop", "80s"), ("a 1970's funk jam", "70s"), ("pop", None), ("808s", None)],
)
def test_decades(caption, era):
    assert plan(caption=caption).era == era


def test_instruments_wanted_and_unwanted():
    wishes = read_caption("pop with saxophone and acoustic guitar, no piano, without drums or strings")
    assert ("saxophone",) in wishes.wanted
    assert "piano" in wishes.unwanted
    assert "strings" in wishes.unwanted
    assert wishes.no_drums


@pytest.mark.parametrize(
    ("caption", "singer"),
    [
        ("female vocal", "female"),
        ("male singer", "male"),
        ("a deep male voice", "low"),
        ("soprano", "high"),
        ("no vocals", "none"),
        ("piano", None),
    ],
)
def test_singers_asked_for(caption, singer):
    assert read_caption(caption).singer == singer


def test_what_cannot_be_applied_is_told():
    planned = plan(
        caption="pop", genre="Zydeco", keyscale="H9", timesignature="7/8", kind="instrumental", lyrics="la"
    )
    assert set(planned.not_applied) == {"genre_preset", "keyscale", "timesignature", "lyrics"}


@pytest.mark.parametrize(
    ("lyrics", "language"),
    [
        ("Je t'aime dans la nuit et je suis avec toi", "fr"),
        ("Ich liebe dich und du bist nicht da", "de"),
        ("El amor que tengo no es para ti", "es"),
        ("君が好きだと叫びたい", "ja"),
        ("我爱你的心", "zh"),
        ("Я люблю тебя", "ru"),
        ("사랑해요", "ko"),
        ("I love you and the night", "en"),
        ("xyzzy plugh", None),
    ],
)
def test_languages_are_guessed(lyrics, language):
    assert guess_language(lyrics) == language


@pytest.mark.parametrize("kind", ["song", "instrumental", "rap", "vocals"])
@pytest.mark.parametrize("duration_s", [1.0, 2.5, 7.0, 30.0, 61.3, 200.0, 600.0])
def test_music_fills_the_length_and_leaves_a_last_chord(kind, duration_s):
    planned = plan(
        kind=kind, lyrics="" if kind == "instrumental" else LYRICS, duration_s=duration_s, caption="pop"
    )
    left_s = duration_s - music_s(planned)
    assert planned.duration_s == duration_s
    assert 0 < left_s <= max(4.5, 0.3 * duration_s)


def test_a_tempo_asked_for_is_kept_to_the_digit():
    assert plan(bpm=97, duration_s=123.4, caption="pop", lyrics=LYRICS).bpm == 97


def test_a_free_tempo_moves_at_most_three_percent():
    metre, bars = fit_tempo(Metre(4, 4, 100.0), 60.0, movable=True)
    assert abs(metre.bpm / 100 - 1) <= 0.03
    assert bars == int(bars)
    assert 1.2 <= 60.0 - bars * metre.bar_s <= 4.0


@pytest.mark.parametrize("duration_s", [20.0, 61.3, 100.0, 247.7, 600.0])
def test_a_free_tempo_is_a_whole_number(duration_s):
    planned = [plan(seed, duration_s=duration_s, caption="pop", lyrics=LYRICS) for seed in range(6)]
    assert all(one.bpm == int(one.bpm) for one in planned)
    assert all(1.2 <= duration_s - music_s(one) <= 4.5 for one in planned)


@pytest.mark.parametrize("genre", sorted(load_genres()))
def test_a_short_piece_without_words_is_more_than_its_frame(genre):
    for seed in range(3):
        planned = plan(seed, kind="instrumental", genre=genre, duration_s=24.0)
        framing = sum(section.bars for section in planned.sections if section.kind in ("intro", "outro"))
        assert framing <= 0.6 * sum(section.bars for section in planned.sections)


def test_metres_follow_the_caption():
    metres = [plan(seed, caption="bright modern pop song, uplifting").metre.name for seed in range(40)]
    assert metres.count("4/4") >= 38
    assert plan(caption="folk lullaby").metre.name == "6/8"
    assert plan(caption="a viennese waltz").metre.name == "3/4"


def test_a_natural_length_never_exceeds_what_was_reserved():
    assert plan(lyrics=LYRICS, caption="ballad", max_duration_s=20.0).duration_s == 20.0
    assert plan(lyrics=LYRICS, caption="pop").duration_s < 200.0


def test_lyrics_too_long_are_cut_at_the_end_and_it_is_told():
    planned = plan(lyrics=LYRICS, duration_s=12.0, caption="pop")
    sung = [line for section in planned.sections for line in section.lines]
    assert sung
    assert sung == LYRICS.replace("\n\n", "\n").splitlines()[1 : 1 + len(sung)]
    assert "no room for the last" in planned.not_applied["lyrics"]


def test_long_songs_repeat_and_end_with_an_outro():
    planned = plan(lyrics=LYRICS, duration_s=400.0, caption="pop")
    kinds = [section.kind for section in planned.sections]
    assert kinds.count("chorus") > 3
    assert kinds[0] == "intro"
    assert kinds[-1] == "outro"
    assert "solo" in kinds


def test_the_last_chorus_is_the_loudest_place():
    planned = plan(lyrics=LYRICS, caption="pop")
    choruses = [section.energy for section in planned.sections if section.kind == "chorus"]
    assert choruses[-1] == max(section.energy for section in planned.sections)
    assert choruses[-1] > choruses[0]


def test_calm_captions_make_calm_plans():
    assert plan(caption="calm gentle folk").energy < plan(caption="energetic folk").energy - 0.3


def test_simple_mode_writes_title_and_lyrics():
    planned = plan(caption="", query="a song about my bicycle", duration_s=90.0)
    assert "bicycle" in planned.lyrics.casefold()
    assert planned.title
    assert any(section.lines for section in planned.sections)


def test_a_song_without_words_asked_for_stays_instrumental():
    planned = plan(caption="happy pop", lyrics="[Verse]\n\n[Chorus]", duration_s=40.0)
    assert planned.language is None
    assert {"verse", "chorus"} <= {section.kind for section in planned.sections}


def test_marks_alone_make_an_instrumental_of_that_form():
    planned = plan(
        kind="instrumental", caption="pop", lyrics="[Intro]\n[Verse]\n[Chorus]\n[Bridge]\n[Chorus]"
    )
    assert [section.kind for section in planned.sections] == ["intro", "verse", "chorus", "bridge", "chorus"]
    assert planned.not_applied == {} and planned.singer == "none" and planned.lyrics.startswith("[Intro]")


SET = "Title: Stone Bridge\nTempo: 77 BPM\nKey: E minor\nTime: 3/4\n\nOver the water we go"


def test_what_lyrics_set_is_done_where_nothing_else_asks():
    planned = plan(caption="folk", lyrics=SET)
    assert (planned.bpm, planned.key.name, planned.metre.name) == (77, "E Minor", "3/4")
    assert planned.title == "Stone Bridge" and "Tempo" not in planned.lyrics
    assert [line for section in planned.sections for line in section.lines] == ["Over the water we go"]


def test_what_lyrics_set_loses_to_a_parameter_and_to_the_caption_and_it_is_told():
    planned = plan(caption="folk in D major", bpm=120, lyrics=SET)
    assert (planned.bpm, planned.key.name) == (120, "D Major")
    assert {"Tempo: 77 BPM", "Key: E minor"} <= planned.not_applied.keys()


def test_what_of_the_lyrics_is_left_out_is_told():
    planned = plan(caption="pop", lyrics="Am F C\nOver the hill\ne|--0--2--|")
    assert "1 tab line(s), 1 chord line(s)" in planned.not_applied["lyrics"]
    assert planned.lyrics == "[Verse 1]\nOver the hill"


def test_a_caption_without_vocals_gets_no_lyrics():
    planned = plan(caption="calm piano, instrumental, no vocals", write_lyrics=True, duration_s=40.0)
    assert planned.lyrics == ""
    assert planned.singer == "none"


def test_emoji_lyrics_leave_a_note():
    assert "lyrics" in plan(caption="pop", lyrics="🎉🎉🎉").not_applied
    assert plan(kind="vocals", caption="choir", lyrics="🎉").language == "en"


def test_raps_are_rapped_throughout():
    assert all(section.rap for section in plan(kind="rap", lyrics=LYRICS).sections if section.lines)


def test_a_loop_is_whole_bars():
    planned = plan(kind="samples", caption="drum loop", bpm=120, sample_type="loop")
    assert planned.sample == "drum"
    assert planned.duration_s == pytest.approx(planned.sections[0].bars * planned.metre.bar_s)


def test_a_loop_of_an_odd_length_has_whole_beats_and_says_so():
    planned = plan(kind="samples", caption="bass loop", bpm=97, duration_s=10.0)
    assert music_s(planned) == pytest.approx(10.0)
    assert "bpm" in planned.not_applied
    metre, bars = fit_loop(Metre(3, 4, 100.0), 7.2)
    assert (bars, metre.bpm) == (4.0, pytest.approx(100.0))


def test_a_one_shot_knows_its_drum():
    planned = plan(kind="samples", caption="punchy snare", sample_type="one-shot")
    assert (planned.sample, planned.piece, planned.duration_s) == ("drum", "snare", 1.0)


def test_the_same_request_and_seed_give_the_same_plan():
    assert plan(caption="something new", seed=5) == plan(caption="something new", seed=5)
    assert len({(plan(seed=seed).genre, plan(seed=seed).key.name) for seed in range(12)}) > 4


def test_the_plan_is_json():
    data = json.loads(json.dumps(plan(lyrics=LYRICS, caption="jazz in C major").to_dict()))
    assert data["key"] == "C Major"
    assert data["genre"] == "jazz"


@pytest.mark.parametrize(
    "caption", ["", "🎸" * 500, "no no no without", "x" * 2048, "\x00[](){}*+?", "no drums " * 200]
)
def test_any_caption_makes_a_plan(caption):
    assert plan(caption=caption, duration_s=10.0).sections


def test_planning_knows_no_web_and_no_torch():
    folder = Path(__file__).parents[3] / "audiomusic/engines/studio"
    sources = [
        *folder.glob("compose/*.py"),
        *folder.glob("lyricist/*.py"),
        folder / "plan.py",
        folder / "lyrics.py",
    ]
    assert not [p for p in sources if "import torch" in p.read_text() or "django" in p.read_text()]


@pytest.mark.parametrize("seed", range(4))
def test_a_birthday_is_not_sad(seed):
    planned = plan(caption="", query="a birthday song for my neighbour Ken, who loves goats", seed=seed)
    assert not {"Sad", "Melancholic"} & {*planned.moods, *tags_of(planned.caption, planned.lyrics).emotions}
    assert planned.key.mode == "major"
    assert "Ken" in planned.title


def test_a_lullaby_is_slow_and_calm():
    planned = plan(caption="", query="lullaby for Ken and his red kite")
    assert planned.energy < 0.35
    assert planned.bpm <= 100
    assert "kite" in planned.lyrics


def test_words_that_fall_back_to_english_are_sung_and_told_as_english():
    planned = plan(caption="", query="een lied voor mijn kat", vocal_language="nl", write_lyrics=True)
    assert planned.language == "en"
    assert "English" in planned.not_applied["vocal_language"]


@pytest.mark.parametrize(
    ("query", "language", "word"),
    [
        ("una canción sobre dos pingüinos en Valencia", "es", "pingüinos"),
        ("uma canção sobre um papagaio em Olinda", "pt", "papagaio"),
        ("海辺を走る電車の歌", "ja", "電車"),
        ("a song about two penguins", "en", "penguins"),
    ],
)
def test_words_are_written_in_the_language_of_the_wish(query, language, word):
    planned = plan(caption="", query=query, write_lyrics=True)
    assert planned.language == language
    assert word in planned.lyrics
