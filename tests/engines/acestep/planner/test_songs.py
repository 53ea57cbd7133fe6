"""A job's parameters through the tiny planner: what it decides, and what the studio's planner fills in."""

import pytest

pytest.importorskip("transformers")

from audiomusic.engines.acestep.planner.songs import (  # noqa: E402
    ALL_GIVEN,
    NO_CODES,
    NO_METAS,
    LanguageModelSongs,
)
from audiomusic.engines.base import Cancelled, Monitor, SongRequest, silent_monitor  # noqa: E402

LYRICS = "[Verse]\nStay with me"


def ask(options=None, **wishes):
    wishes = {
        "kind": "song",
        "caption": "warm soul",
        "lyrics": LYRICS,
        "seeds": (5,),
        "max_duration_s": 4.0,
    } | wishes
    return SongRequest(**wishes, options={"use_constrained_decoding": True} | (options or {}))


def plan(planner, request, **how):
    return LanguageModelSongs(planner).plan_song(request, silent_monitor(), **how)


def codes_in(text):
    return text.count("<|audio_code_")


def test_a_song_is_planned_with_codes_for_each_take(planner):
    song = plan(planner, ask(seeds=(5, 6)))
    assert song.lyrics == LYRICS
    assert song.caption != "warm soul"
    assert song.duration_s == 4
    assert 30 <= song.bpm <= 300
    assert song.keyscale.split()[1] in ("major", "minor")
    assert song.timesignature in ("2/4", "3/4", "4/4", "6/8")
    assert song.language
    assert song.title == "Stay with Me"
    assert [codes_in(codes) for codes in song.codes] == [20, 20]
    assert song.codes[0] != song.codes[1]
    assert song.not_applied == {}
    assert plan(planner, ask(seeds=(5, 6))) == song


def test_a_takes_codes_do_not_depend_on_the_takes_beside_it(planner):
    wishes = {
        "bpm": 90,
        "keyscale": "C Major",
        "timesignature": "4/4",
        "vocal_language": "en",
        "duration_s": 3.0,
    }
    options = {"use_cot_caption": False}
    assert (
        plan(planner, ask(options, seeds=(5, 6), **wishes)).codes[1]
        == plan(planner, ask(options, seeds=(6,), **wishes)).codes[0]
    )


def test_wishes_win(planner):
    song = plan(
        planner,
        ask(
            {"use_cot_caption": False},
            bpm=97.5,
            keyscale="Eb Minor",
            timesignature="6/8",
            vocal_language="de",
            duration_s=2.2,
        ),
    )
    assert (song.bpm, song.keyscale, song.timesignature) == (97.5, "Eb Minor", "6/8")
    assert (song.language, song.duration_s, song.caption) == ("de", 2.2, "warm soul")
    assert codes_in(song.codes[0]) == 11


ALL = {"bpm": 90, "keyscale": "C Major", "timesignature": "4/4", "duration_s": 3.0}


def test_a_caption_is_left_alone_where_all_facts_are_given(planner):
    song = plan(planner, ask(**ALL))
    assert (song.caption, song.not_applied) == ("warm soul", {})
    assert codes_in(song.codes[0]) == 15
    assert plan(planner, ask({"use_cot_caption": True}, **ALL)).not_applied == {"use_cot_caption": ALL_GIVEN}
    assert plan(planner, ask(**{**ALL, "bpm": None})).caption != "warm soul"


def test_a_query_is_worded_even_where_all_facts_are_given(brief):
    song = plan(brief, ask({"thinking": False}, caption="", lyrics="", query="a song for rain", **ALL))
    assert song.lyrics and song.caption and song.bpm == 90


def test_the_plan_is_held_to_its_form_unless_that_is_switched_off(planner):
    wishes = {"kind": "song", "caption": "warm soul", "lyrics": LYRICS, "seeds": (5,), "max_duration_s": 4.0}
    assert plan(planner, SongRequest(**wishes)) == plan(planner, ask())


def test_no_thinking_makes_no_codes(planner):
    song = plan(planner, ask({"thinking": False, "lm_cfg_scale": 3.0}))
    assert song.codes == ()
    assert song.not_applied == {"lm_cfg_scale": NO_CODES}
    assert song.bpm


def test_codes_are_made_only_where_they_can_be_followed(planner):
    assert plan(planner, ask(), codes=False).codes == ()
    assert LanguageModelSongs(planner, codes=False).plan_song(ask(), silent_monitor()).codes == ()


def test_no_metas(planner):
    song = plan(planner, ask({"use_cot_metas": False, "use_cot_caption": True}, bpm=80))
    assert (song.bpm, song.keyscale, song.timesignature) == (80, None, None)
    assert song.caption == "warm soul"
    assert song.not_applied == {"use_cot_caption": NO_METAS}


def test_lyrics_are_written_where_none_are_given(brief):
    song = plan(brief, ask({"thinking": False}, lyrics="", write_lyrics=True))
    assert song.lyrics
    assert song.caption != "warm soul"


def test_simple_mode(brief):
    song = plan(brief, ask({"thinking": False}, caption="", lyrics="", query="a song for rain"))
    assert song.lyrics
    assert song.caption
    assert song.title


def test_lyrics_are_rewritten_on_wish_alone(brief):
    song = plan(brief, ask({"thinking": False, "use_cot_lyrics": True}))
    assert song.lyrics not in ("", LYRICS) or "lyrics" in song.not_applied


@pytest.mark.parametrize("kind", ["instrumental", "samples"])
def test_where_nobody_sings(brief, kind):
    song = plan(brief, ask(kind=kind, lyrics="", max_duration_s=5.0))
    assert song.lyrics == ""
    assert song.duration_s <= 5
    assert codes_in(song.codes[0]) == round(song.duration_s * 5)


def test_what_cannot_be_read_the_studio_decides(brief):
    song = plan(brief, ask({"thinking": False, "use_constrained_decoding": False}, max_duration_s=60.0))
    assert song.bpm
    assert song.keyscale
    assert song.timesignature
    assert 1 <= song.duration_s <= 60
    assert {"bpm", "keyscale", "timesignature"} <= song.not_applied.keys()


def test_what_the_model_has_no_room_for_is_told(brief):
    long = plan(brief, ask(duration_s=200.0, max_duration_s=240.0))
    assert long.codes == ()
    assert long.duration_s == 200
    assert "holds at most 480 tokens" in long.not_applied["thinking"]
    wordy = plan(brief, ask(lyrics=LYRICS * 40))
    assert wordy.lyrics == LYRICS * 40
    assert wordy.bpm
    assert "reads at most 480 tokens" in wordy.not_applied["thinking"]


def test_progress_and_cancel(planner):
    shares = []
    request = ask(seeds=(1, 2))
    LanguageModelSongs(planner).plan_song(
        request, Monitor(lambda stage, share: shares.append(share), lambda: False)
    )
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    with pytest.raises(Cancelled):
        LanguageModelSongs(planner).plan_song(
            request, Monitor(lambda stage, share: None, lambda: len(shares) > 0)
        )


def test_codes_are_told_the_song_as_it_will_be_made(planner, monkeypatch):
    told = []
    write_takes = planner.write_takes

    def spy(request, answer, seeds, monitor):
        told.append((request, answer, seeds))
        return write_takes(request, answer, seeds, monitor)

    monkeypatch.setattr(planner, "write_takes", spy)
    song = plan(planner, ask({"use_constrained_decoding": False}, lyrics="", seeds=(5, 9)))
    [(request, answer, seeds)] = told
    assert seeds == (5, 9) and len(song.codes) == 2
    assert request.caption == "warm soul"
    assert request.lyrics == "[Instrumental]"
    assert (answer.caption, answer.duration_s) == (song.caption, song.duration_s)
    assert (answer.bpm, answer.keyscale, answer.timesignature) == (
        round(song.bpm), song.keyscale, song.timesignature,
    )  # fmt: skip
