"""Wishes checked against small hand-written scores: each kind is once met and once missed."""

from dataclasses import replace

import pytest

from audiomusic.engines.analysis.conformance import judge_wishes, missed_share, strict_misses
from audiomusic.engines.analysis.score_facts import spoken_bars
from audiomusic.engines.captions.entries import PlayerEntry
from audiomusic.engines.captions.wishes import Wish
from audiomusic.engines.studio.score import (
    ChordSpan,
    DrumTrack,
    Hit,
    Metre,
    Note,
    Section,
    Track,
    VocalLine,
)
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.theory import Key
from tests.engines.studio.bandstand import bass, beat, chords, score_of, tune

GUITARS = ("nylon_guitar", "steel_guitar", "clean_guitar")


def wish(aspect, value=None, polarity="want", **values):
    return Wish(words="words", aspect=aspect, value=value, polarity=polarity, **values)


def sung(onset, *, voice_bars=1, style="sing"):
    onsets = [onset + beat for beat in range(4 * voice_bars)]
    return VocalLine("la la la la", "en", style, "lead", onsets, [0.9] * len(onsets), [60.0] * len(onsets))


def sections(*kinds, bars=4):
    return [
        Section(kind, kind.capitalize(), 4.0 * bars * place, 4.0 * bars, 0.5)
        for place, kind in enumerate(kinds)
    ]


def song(tracks=None, drums=None, *, kinds=("verse", "chorus"), vocals=(), voice="nora", **values):
    """Return eight bars at 120 bpm in C major: piano, bass and a tune by default."""
    tracks = [chords(8), bass(8), tune(8)] if tracks is None else tracks
    score = score_of(tracks, drums, duration_s=18.0, voice=voice, **values)
    spans = [ChordSpan(4.0 * bar, 4.0, "C", (48, 52, 55), 36) for bar in range(8)]
    return replace(score, sections=sections(*kinds), chords=spans, vocals=list(vocals))


def judge(score, *wishes):
    return judge_wishes(score_outline(score), wishes)


def one(score, *wishes):
    """Return the verdict on the first wish."""
    return judge(score, *wishes)[0]


def test_refused_drums_are_found_bar_by_bar():
    hits = [Hit(16.0 + beat, "kick", 0.8) for beat in range(16)]
    verdict = one(song(drums=DrumTrack("acoustic", hits)), wish("drums", None, "refuse"))
    assert (verdict.ok, verdict.asked, verdict.found) == (False, "no drums", "16 hits in bars 5-8")
    kept = one(song(), wish("drums", None, "refuse"))
    assert (kept.ok, kept.found) == (True, "none")


def test_one_piece_may_be_refused_and_the_others_play():
    score = song(drums=DrumTrack("acoustic", [Hit(float(beat), "kick", 0.8) for beat in range(8)]))
    assert not one(score, wish("drums", "kick", "refuse")).ok
    assert one(score, wish("drums", "crash", "refuse")).ok
    assert one(score, wish("drums", "kick")).ok
    assert not one(score, wish("drums", "cowbell")).ok
    assert one(score, wish("drums", "acoustic")).ok


def test_a_refused_instrument_is_named_with_its_bars():
    banjo = Track("lead", "banjo", [Note(8.0, 1.0, 60, 0.8)])
    verdict = one(song([chords(8), banjo]), wish("instrument", ("banjo",), "refuse"))
    assert (verdict.ok, verdict.found) == (False, "banjo, 1 note in bar 3")
    assert one(song(), wish("instrument", ("banjo",), "refuse")).ok


def test_an_exclusive_is_exactly_what_is_named():
    piano = wish("instrument", ("piano",), "only")
    assert one(song([chords(8)]), piano).ok
    verdict = one(song(), piano)
    assert (verdict.ok, verdict.found) == (False, "piano, electric bass and saw lead")
    assert not one(song([chords(8)], beat(8)), piano).ok, "drums are no piano"
    assert not one(song([bass(8)]), piano).ok, "and it has to be there"
    named = (piano, wish("instrument", ("electric_bass",), "only"), wish("drums", None, "only"))
    assert one(song([chords(8), bass(8)], beat(8)), *named).ok


def test_nothing_but_voices():
    score = song([], vocals=[sung(0.0), sung(8.0)])
    assert one(score, wish("voice", ("female",), "only")).ok
    assert one(score, wish("instrument", (), "only")).ok
    with_band = song(vocals=[sung(0.0)])
    assert "piano" in one(with_band, wish("voice", ("female",), "only")).found
    assert not one(with_band, wish("voice", ("female",), "only")).ok
    assert not one(with_band, wish("instrument", (), "only")).ok


def test_the_voice_beside_only_instruments():
    both = wish("voice", ("female",), "only"), wish("instrument", ("piano",), "only")
    assert all(verdict.ok for verdict in judge(song([chords(8)], vocals=[sung(0.0)]), *both))
    assert not one(song([chords(8)], vocals=[sung(0.0)], voice="arlo"), *both).ok


def test_a_wanted_instrument_plays_more_than_a_touch():
    touch = Track("lead", "flute", [Note(0.0, 1.0, 72, 0.8)])
    verdict = one(song([chords(8), touch]), wish("instrument", ("flute",)))
    assert (verdict.ok, verdict.asked, verdict.found) == (False, "flute plays", "flute, 1 note in bar 1")
    assert one(song([tune(8, "flute")]), wish("instrument", ("flute",))).ok
    assert one(song([chords(8, "steel_guitar")]), wish("instrument", GUITARS)).asked == "any guitar plays"


def test_the_nearest_instrument_is_named_as_such():
    near = wish("instrument", ("nylon_guitar",), nearest_to="oud")
    verdict = one(song([chords(8, "nylon_guitar")]), near)
    assert verdict.ok and verdict.asked == "oud (nearest: nylon guitar) plays"


@pytest.mark.parametrize(
    ("voices", "polarity", "voice", "is_kept"),
    [
        (("female",), "want", "nora", True),
        (("female",), "want", "arlo", False),
        (("female",), "refuse", "arlo", True),
        (("female",), "refuse", "cleo", False),
        (("low",), "want", "arlo", True),
        (("high",), "want", "arlo", False),
        (("female", "male"), "want", "nora", False),
        (("choir",), "want", "nora", False),
        (("choir",), "refuse", "nora", True),
        ((), "want", "nora", False),
        (("rap",), "want", "nora", False),
    ],
)
def test_who_sings(voices, polarity, voice, is_kept):
    verdict = one(song(vocals=[sung(0.0)], voice=voice), wish("voice", voices, polarity))
    assert verdict.ok is is_kept, verdict


def company(outline, *voices):
    """Return the outline with one line for each of these voices; "choir": a member of a choir."""
    outline["singers"] = [
        {"name": voice.title(), "voice": "nora" if voice == "choir" else voice, "is_choir": voice == "choir"}
        for voice in voices
    ]
    for place, line in enumerate(outline["vocals"]):
        line["singer"] = place
    return outline


def test_each_line_may_have_a_singer_of_its_own():
    outline = score_outline(song(vocals=[sung(0.0), sung(8.0), sung(16.0)]))
    outline = company(outline, "arlo", "nora", "choir")
    duet, choir = wish("voice", ("male", "female")), wish("voice", ("choir",))
    assert all(verdict.ok for verdict in judge_wishes(outline, [duet, choir]))
    [verdict] = judge_wishes(outline, [wish("voice", ("male",), "refuse")])
    assert not verdict.ok and verdict.found.endswith("in bars 1 and 5"), verdict
    [verdict] = judge_wishes(outline, [wish("voice", ("male", "male", "male", "male"))])
    assert not verdict.ok, "one singer is not four"


def test_anybody_may_sing():
    assert one(song(vocals=[sung(0.0)]), wish("voice", ("any",))).ok
    assert not one(song(), wish("voice", ("any",))).ok
    assert not one(song(vocals=[sung(0.0)]), wish("voice", ("any",), "refuse")).ok


def test_nobody_sings():
    assert one(song(), wish("voice", ())).ok
    verdict = one(song(vocals=[sung(4.0)]), wish("voice", ()))
    assert (verdict.ok, verdict.found) == (False, "1 line sung in bar 2")


def test_rap_is_no_singing():
    assert one(song(vocals=[sung(0.0, style="rap")]), wish("voice", ("rap",))).ok


@pytest.mark.parametrize(
    ("bounds", "is_kept"), [((120.0, 120.0), True), ((110.0, 125.0), True), ((122.55, 122.55), False)]
)
def test_tempo_is_read_from_the_times(bounds, is_kept):
    verdict = one(song(), wish("tempo", bounds))
    assert verdict.ok is is_kept and verdict.found == "120 bpm"


def test_a_tempo_that_only_the_head_claims_is_found_out():
    outline = score_outline(song()) | {"bpm": 60.0}
    outline["quarter_s"] = 1.0
    assert judge_wishes(outline, [wish("tempo", (60.0, 60.0))])[0].found == "120 bpm"


@pytest.mark.parametrize(
    ("key", "asked", "is_kept"),
    [
        (Key(0, "major"), "C Major", True),
        (Key(0, "major"), "Major", True),
        (Key(0, "major"), "Minor", False),
        (Key(0, "major"), "Bb Minor", False),
        (Key(6, "minor"), "F# Minor", False),  # the header claims this key, but the notes are in C
    ],
)
def test_keys_are_held_against_the_notes(key, asked, is_kept):
    score = replace(song([chords(8)]), key=key)
    assert one(score, wish("key", asked)).ok is is_kept


def test_enharmonic_names_are_one_key():
    score = song([chords(8)])
    score = replace(score, key=Key(0, "major"))
    assert one(score, wish("key", "B# Major")).ok


def test_metre_has_to_be_where_the_chords_change():
    assert one(song(), wish("metre", "4/4")).ok
    assert not one(song(), wish("metre", "7/8")).ok
    claimed = replace(song(), metre=Metre(7, 8, 120.0))
    verdict = one(claimed, wish("metre", "7/8"))
    assert not verdict.ok and "of the chords begin a bar" in verdict.found
    assert one(song(), wish("metre", "7/8", "refuse")).ok


def test_length_is_in_seconds():
    assert one(song(), wish("duration", 18.0)).ok
    verdict = one(song(), wish("duration", 30.0))
    assert (verdict.ok, verdict.asked, verdict.found) == (False, "30 seconds", "18 seconds")


FORMS = [
    ("no_intro", ("verse", "chorus"), [sung(2.0)], True),
    ("no_intro", ("intro", "chorus"), [sung(16.0)], False),
    ("no_intro", ("intro", "chorus"), [], False),
    ("no_outro", ("verse", "chorus"), [sung(28.0)], True),
    ("no_outro", ("verse", "outro"), [sung(8.0)], False),
    ("starts_with:chorus", ("chorus", "verse"), [], True),
    ("starts_with:chorus", ("intro", "chorus"), [], False),
    ("ends_with:chorus", ("verse", "chorus"), [], True),
    ("no_bridge", ("verse", "bridge"), [], False),
    ("no_bridge", ("verse", "chorus"), [], True),
    ("key_change", ("verse", "chorus"), [], False),
    ("solo", ("verse", "solo"), [], True),
    ("solo:saw_lead", ("verse", "solo"), [], True),
    ("solo:flute|lead", ("verse", "solo"), [], True),
    ("solo:saxophone", ("verse", "solo"), [], False),
    ("solo:saw_lead", ("verse", "chorus"), [], False),
]


@pytest.mark.parametrize(("form", "kinds", "vocals", "is_kept"), FORMS)
def test_form(form, kinds, vocals, is_kept):
    verdict = one(song(kinds=kinds, vocals=vocals), wish("form", form))
    assert verdict.ok is is_kept, verdict


def test_a_key_that_rises_is_told_with_its_time():
    score = song([chords(8)])
    score.notes["lift"] = {"onset": 16.0, "semitones": 2}
    verdict = one(score, wish("form", "key_change"))
    assert (verdict.ok, verdict.found) == (True, "D Major from 8.0 s")


def test_genre_is_what_the_vocabulary_composes_it_as():
    score = song(genre="rnb")
    assert one(score, wish("genre", "Soul")).ok
    assert not one(score, wish("genre", "Techno")).ok
    assert not one(score, wish("genre", "Soul", "refuse")).ok
    assert [verdict.ok for verdict in judge(score, wish("genre", "Soul"), wish("genre", "Techno"))] == [True]


def test_a_drum_loop_is_drums_alone():
    assert one(song([], beat(4)), wish("sample", "drum")).ok
    assert not one(song(), wish("sample", "drum")).ok
    assert one(song([tune(8)]), wish("sample", "melodic")).ok
    assert one(song([chords(8)]), wish("sample", "chords")).ok


@pytest.mark.parametrize(
    "unproven",
    [wish("mood", "Calm"), wish("era", "1980s"), wish("mix", "dry"), wish("form", "fade_out")],
)
def test_what_no_score_proves_is_not_claimed(unproven):
    assert judge(song(), unproven) == ()


def test_refusals_count_double_and_are_worth_another_try():
    kept, missed = wish("genre", "Soul"), wish("instrument", ("piano",), "refuse")
    verdicts = judge(song(genre="rnb"), kept, missed)
    assert missed_share(verdicts) == pytest.approx(2 / 3)
    assert [each.wish for each in strict_misses(verdicts)] == [missed]
    assert missed_share(()) == 0 and strict_misses(judge(song(), wish("metre", "7/8"))) == []


def test_bars_are_told_as_people_count_them():
    assert spoken_bars([3]) == "bar 3"
    assert spoken_bars([5, 6, 7, 8]) == "bars 5-8"
    assert spoken_bars([1, 2, 4, 8]) == "bars 1-2, 4 and 8"
    assert spoken_bars([1, 3, 5, 7, 9, 11]) == "bars 1, 3, 5, 7 and 2 more"


def test_verdicts_are_told_in_the_captions_words():
    refused = Wish(words="ohne Klavier", aspect="instrument", value=("piano",), polarity="refuse")
    [verdict] = judge(song([bass(8)]), refused)
    assert verdict.to_json() == {"wish": "ohne Klavier", "asked": "no piano", "found": "none", "ok": True}


def test_a_mode_is_proven_by_its_scale():
    """C, F and G with B flat: C mixolydian is neither major nor minor."""
    notes = [
        Note(float(place), 1.0, pitch, 0.8) for place, pitch in enumerate((60, 64, 67, 70, 65, 62, 60, 70))
    ]
    outline = score_outline(song([Track("lead", "piano", notes)]))
    outline["keys"] = [{"start_s": 0.0, "beat": 0.0, "name": "C Mixolydian"}]
    assert judge_wishes(outline, [wish("key", "C Mixolydian")])[0].ok
    outline["keys"][0]["name"] = "C Lydian"
    assert not judge_wishes(outline, [wish("key", "C Lydian")])[0].ok


def test_what_stands_in_a_higher_key_is_held_against_that_key():
    low = [Note(float(beat), 1.0, 60 + step, 0.8) for beat, step in enumerate((0, 4, 7, 5, 9, 2, 11, 0))]
    high = [Note(8.0 + note.onset, 1.0, note.pitch + 2, 0.8) for note in low]
    score = song([Track("lead", "piano", low + high)])
    score.notes["lift"] = {"onset": 8.0, "semitones": 2}
    assert one(score, wish("key", "C Major")).ok


def in_key(name, *pitches):
    notes = [Note(float(place), 1.0, pitch, 0.8) for place, pitch in enumerate(pitches * 4)]
    return replace(song([Track("lead", "flute", notes)]), key=name)


def test_a_mode_is_one_where_its_own_degrees_are_heard():
    dorian = Key(2, "dorian")
    asked = wish("key", "D Dorian")
    assert one(in_key(dorian, 62, 64, 65, 67, 69, 71, 72), asked).ok
    minor = one(in_key(dorian, 62, 64, 65, 67, 69, 70, 72), asked)
    assert (minor.ok, minor.found) == (False, "D Dorian, which the notes do not keep")
    unsaid = one(in_key(Key(2, "minor"), 62, 64, 65, 67, 69, 70, 72), asked)
    assert (unsaid.ok, unsaid.found) == (False, "D Minor")
    assert one(in_key(dorian, 62, 64, 65, 67, 69, 71, 72), wish("key", "Dorian")).ok


def entry(rule, *sections, reach="in", drums=False, players=()):
    return wish("entry", PlayerEntry(rule, sections, reach, players, players, drums))


def kicks(first, last):
    return DrumTrack("acoustic", [Hit(float(beat), "kick", 0.8) for beat in range(first, last)])


def test_an_entry_is_held_against_the_bars():
    late, early = song(drums=kicks(16, 32)), song(drums=kicks(0, 32))
    asked = entry("only", "chorus", reach="from", drums=True)
    assert one(late, asked).ok
    verdict = one(early, asked)
    assert (verdict.ok, verdict.asked) == (False, "drums only from the chorus on")
    assert verdict.found == "16 hits in bars 5-8; elsewhere in bars 1-4"
    assert not one(song(), asked).ok  # no drums enter
    assert one(late, entry("silent", "verse", drums=True)).ok
    assert strict_misses(judge(early, entry("silent", "verse", drums=True)))
    gone = one(late, entry("silent", "bridge", drums=True))
    assert (gone.ok, gone.found) == (False, "no bridge")


def test_alone_is_beside_nobody():
    last = Track("chords", "piano", [Note(float(beat), 1.0, 60, 0.8) for beat in range(32)])
    flute = Track("lead", "flute", [Note(float(beat), 1.0, 72, 0.8) for beat in range(20)])
    assert one(song([last, flute]), entry("alone", "end", players=("piano",))).ok
    verdict = one(song([last, flute]), entry("alone", "chorus", players=("piano",)))
    assert (verdict.ok, verdict.found) == (False, "16 notes in bars 5-8; also flute")
    together = [entry("alone", "chorus", players=(name,)) for name in ("piano", "flute")]
    assert one(song([last, flute]), *together).ok


LINES = ("la la la la", "Oh, LA la!")


def test_each_line_of_the_lyrics_is_sung():
    second = replace(
        sung(8.0), text="oh la la", onsets=[8.0, 9.0, 10.0], lengths=[0.9] * 3, pitches=[60.0] * 3
    )
    whole = song(vocals=[sung(0.0), second])
    assert one(whole, wish("lyrics", LINES)).ok
    half = one(song(vocals=[sung(0.0)]), wish("lyrics", LINES))
    assert (half.ok, half.found, half.missed) == (False, "1 of 2 lines; not “Oh, LA la!”", 0.5)
    assert missed_share([half]) == 0.5
    twice = one(song(vocals=[sung(0.0)]), wish("lyrics", LINES[:1] * 2))
    assert not twice.ok  # a line requested twice must be sung twice
    assert judge(song(), wish("lyrics", ("…", "***"))) == ()


def test_a_line_is_sung_as_two_and_a_second_voice_sings_nothing_new():
    parts = [replace(sung(0.0), text="la la"), replace(sung(4.0), text="la la")]
    parts = [replace(part, onsets=part.onsets[:2], lengths=[0.9] * 2, pitches=[60.0] * 2) for part in parts]
    assert one(song(vocals=parts), wish("lyrics", LINES[:1])).ok
    backing = replace(sung(0.0), role="harmony")
    assert not one(song(vocals=[backing]), wish("lyrics", LINES[:1])).ok
