"""What captions ask for, checked in the composed score without rendering."""

import pytest

from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.mix import mix_of
from audiomusic.engines.studio.plan import make_plan
from tests.engines.studio.songs import LYRICS, ask, syllabify

GENRES = sorted(load_genres())
SEEDS = range(3)
GUITARS = {"nylon_guitar", "steel_guitar", "clean_guitar", "driven_guitar", "muted_guitar"}
BASSES = {"electric_bass", "upright_bass", "synth_bass", "sub_bass"}


def plan_of(caption, seed=1, **wishes):
    return make_plan(ask(caption=caption, **wishes), seed)


def score_of(caption, seed=1, **wishes):
    return compose(plan_of(caption, seed, **wishes), seed, syllabify)


def played(score):
    return {track.instrument for track in score.tracks}


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("kind", ["song", "instrumental"])
def test_refusals_hold_in_every_genre(genre, kind):
    lyrics = {"lyrics": LYRICS} if kind == "song" else {}
    for seed in SEEDS[:2]:
        score = score_of("skip the percussion, ohne Bass, no guitars", seed, kind=kind, genre=genre, **lyrics)
        assert score.drums is None
        assert not played(score) & (GUITARS | BASSES)


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize(
    ("caption", "band", "has_drums"),
    [
        ("organ only", {"organ"}, False),
        ("solo cello", {"cello"}, False),
        ("nur Harfe", {"nylon_guitar"}, False),
        ("trumpet, upright bass and drums, nothing else", {"trumpet", "upright_bass"}, True),
    ],
)
def test_exclusives_hold_in_every_genre(genre, caption, band, has_drums):
    seed = SEEDS[(GENRES.index(genre) + len(caption)) % len(SEEDS)]
    score = score_of(caption, seed, kind="instrumental", genre=genre, duration_s=60.0)
    assert played(score) == band
    assert (score.drums is not None) == has_drums or not load_genres()[genre].grooves


def test_a_lone_instrument_is_one_player():
    score = score_of("unaccompanied violin", kind="instrumental")
    assert [track.role for track in score.tracks] == ["lead"]


def test_a_named_band_without_a_voice_gets_no_words():
    assert score_of("marimba only", write_lyrics=True).vocals == []
    assert score_of("marimba only", lyrics=LYRICS).vocals != []
    assert score_of("marimba and voice only", write_lyrics=True).vocals != []


@pytest.mark.parametrize(
    "caption", ["a cappella gospel", "アカペラ", "voices only", "nur Gesang", "folk, no instruments"]
)
def test_voices_alone_have_no_tracks(caption):
    score = score_of(caption, lyrics=LYRICS)
    assert (score.tracks, score.drums) == ([], None)
    assert score.vocals[0].onsets[0] < score.metre.bar_quarters
    assert score.mix == "vocals"


def test_a_choir_that_sings_is_a_voice():
    score = score_of("gospel with choir", lyrics=LYRICS)
    assert score.singers and all(singer.is_choir for singer in score.singers)
    assert "choir" not in plan_of("gospel with choir", lyrics=LYRICS).not_applied
    assert "choir_pad" not in {track.instrument for track in score.tracks if track.role == "choir"}
    silent = plan_of("ambient with choir", kind="instrumental")
    assert ("choir_pad",) in silent.wanted and "choir" in silent.not_applied


def test_voices_that_sing_together_are_not_told():
    duet = plan_of("pop duet, man and woman", lyrics=LYRICS)
    assert {member.wish for member in duet.singers} == {"male", "female"}
    assert not {"man", "woman", "duet"} & duet.not_applied.keys()


@pytest.mark.parametrize(
    ("caption", "singer"), [("no female singer", "male"), ("keine Männerstimme", "female")]
)
def test_another_singer_than_the_refused(caption, singer):
    for genre in GENRES:
        assert plan_of(caption, genre=genre, lyrics=LYRICS).singer == singer


@pytest.mark.parametrize(
    "caption", ["no vocals, funk", "Funk ohne Gesang", "ボーカルなしのファンク", "funk instrumental"]
)
def test_lyrics_that_the_caption_does_not_want_sung_are_told(caption):
    planned = plan_of(caption, lyrics=LYRICS)
    assert planned.singer == "none" and "no vocals" in planned.not_applied["lyrics"]
    assert compose(planned, 1, syllabify).vocals == []


@pytest.mark.parametrize("seed", range(8))
def test_a_genre_keeps_to_its_own_tempo(seed):
    for caption, low, high in (
        ("disco", 110, 130),
        ("sad disco", 110, 130),
        ("drum and bass", 166, 178),
        ("dub", 68, 84),
    ):
        for wishes in ({}, {"duration_s": 47.0}):
            assert low <= plan_of(caption, seed, kind="instrumental", **wishes).bpm <= high
    for genre in GENRES:
        low, high = load_genres()[genre].bpm
        planned = plan_of(
            "happy", seed, kind="instrumental", genre=genre, timesignature="4/4", duration_s=61.0
        )
        assert low <= planned.bpm <= high


@pytest.mark.parametrize(("caption", "low", "high"), [("97.5 bpm", 97.5, 97.5), ("88-92 bpm", 88, 92)])
def test_a_tempo_asked_for_is_kept(caption, low, high):
    for seed in SEEDS:
        assert low <= plan_of(f"rock, {caption}", seed, duration_s=33.3, lyrics=LYRICS).bpm <= high


@pytest.mark.parametrize("duration_s", [None, 90.0])
def test_no_intro_puts_the_voice_into_the_first_bar(duration_s):
    for genre in GENRES:
        score = score_of("skip the intro", genre=genre, lyrics=LYRICS, duration_s=duration_s)
        assert min(line.onsets[0] for line in score.vocals) < score.metre.bar_quarters


@pytest.mark.parametrize("duration_s", [None, 90.0])
def test_no_outro_ends_with_the_last_words(duration_s):
    for genre in GENRES:
        planned = plan_of("without an outro", genre=genre, lyrics=LYRICS, duration_s=duration_s)
        assert planned.sections[-1].lines
        assert "without an outro" not in planned.not_applied
        if duration_s:
            assert planned.duration_s == duration_s


def test_forms_that_are_asked_for():
    assert plan_of("pop, starts with the chorus", lyrics=LYRICS).sections[0].kind == "chorus"
    assert plan_of("pop, starts with a chorus", kind="instrumental").sections[0].kind == "chorus"
    soloing = plan_of("folk with a violin solo", lyrics=LYRICS)
    assert "solo" in [section.kind for section in soloing.sections] and ("violin",) in soloing.wanted
    for seed in range(5):
        assert any(
            section.lift for section in plan_of("jazz, key change at the end", seed, lyrics=LYRICS).sections
        )
        assert not any(
            section.lift for section in plan_of("country, no key change", seed, lyrics=LYRICS).sections
        )
    faded = score_of("soul, fades out", lyrics=LYRICS)
    assert faded.notes["fade_out_s"] == 8.0
    long, short = (plan_of(f"pop{text}", lyrics=LYRICS) for text in ("", ", short intro"))
    assert short.sections[0].bars < long.sections[0].bars


def test_a_form_that_the_lyrics_mark_is_kept_and_told():
    planned = plan_of("pop, no intro", lyrics="[Intro]\n\n[Verse]\nOver the hill")
    assert planned.sections[0].kind == "intro" and "no intro" in planned.not_applied


def test_a_length_in_words_is_used_where_none_is_sent():
    assert plan_of("pop, 40 seconds", lyrics=LYRICS).duration_s == 40.0
    both = plan_of("pop, 40 seconds", lyrics=LYRICS, duration_s=50.0)
    assert both.duration_s == 50.0 and "duration" in both.not_applied["40 seconds"]
    assert plan_of("pop, 5 minutes", max_duration_s=100.0).duration_s == 100.0


def test_what_cannot_be_done_is_told():
    told = plan_of(
        "fusion in 7/8, F melodic minor, theremin, tabla, spoken word, 1930s", lyrics=LYRICS
    ).not_applied
    assert {"F melodic minor", "theremin", "tabla", "spoken word", "1930s"} <= told.keys()
    assert plan_of("country, xylem frobs", lyrics=LYRICS).not_understood == ("xylem", "frobs")
    sung = plan_of("country, xylem frobs", lyrics=f"{LYRICS}\nThe frobs are singing too")
    assert sung.not_understood == ("xylem",)


def test_every_metre_is_played_or_told():
    for metre in ("5/4", "7/8", "9/8", "12/8", "11/8", "3/4"):
        planned = plan_of(f"rock in {metre}", lyrics=LYRICS)
        assert planned.metre.name == metre or metre in planned.not_applied


def test_drums_asked_for_play_even_in_calm_music():
    for genre in GENRES:
        score = score_of("very calm, with drums", genre=genre, kind="instrumental")
        assert score.drums or "drums" in score_notes(genre)


def score_notes(genre):
    return plan_of("very calm, with drums", genre=genre, kind="instrumental").not_applied


def test_pieces_of_the_kit_are_left_out():
    for genre in GENRES:
        score = score_of("no cymbals, no hi-hats", genre=genre, lyrics=LYRICS)
        pieces = {hit.piece for hit in score.drums.hits} if score.drums else set()
        assert not pieces & {"crash", "ride", "ride_bell", "splash", "closed_hat", "open_hat", "pedal_hat"}


def test_mix_wishes_move_the_mix():
    usual, dry, wide = (mix_of(score_of(f"pop{text}")) for text in ("", ", dry", ", wide stereo"))
    assert dry.room.level_db < usual.room.level_db - 6 and wide.width_db > usual.width_db
    loud = mix_of(score_of("pop, loud drums, quiet vocals", lyrics=LYRICS))
    assert loud.drums_db > usual.drums_db and loud.vocal_above_db < usual.vocal_above_db
    tracks = {track.instrument: track.gain_db for track in score_of("rock, prominent bass").tracks}
    assert tracks["electric_bass"] > -1.0


def test_refused_genres_are_not_drawn():
    for seed in range(20):
        assert plan_of("not rock, no pop", seed, kind="instrumental").genre not in ("rock", "modern-pop")


def test_backing_vocals_can_be_refused():
    assert {line.role for line in score_of("pop, no backing vocals", lyrics=LYRICS).vocals} == {"lead"}


def test_every_instrument_that_captions_know_is_in_the_band():
    from audiomusic.engines.captions.lexicon import table

    for row in table("instruments").values():
        assert {*row["value"], *row.get("family", ())} <= words_table("instruments").keys()
    assert {row["name"] for row in table("quantities")["decade"]} <= words_table("eras").keys()
