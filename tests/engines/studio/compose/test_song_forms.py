"""The forms of songs with generated lyrics: which sections, and how many bars."""

import io

import mido
import pytest

from audiomusic.engines.midi import TICKS_PER_QUARTER, midi_file
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.song_forms import in_form, lyrics_text, with_drawn_form
from audiomusic.engines.studio.lyrics import parse_lyrics
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import Metre
from audiomusic.engines.studio.score_json import score_outline
from tests.engines.studio.songs import ask, syllabify

WRITTEN = parse_lyrics(
    "[Verse 1]\nfirst of all\nsecond of all\nthird of all\nfourth of all\n\n[Pre-Chorus]\nnearly there\n\n"
    "[Chorus]\nhere we are\nhere we stay\n\n[Verse 2]\nfifth of all\nsixth of all\n\n[Bridge]\nover it"
)
COMMON_TIME = Metre(4, 4, 100.0)


def plan_of(seed, **wishes):
    return make_plan(ask(write_lyrics=True, query="the sea at night", **wishes), seed)


def write(seed, **wishes):
    return compose(plan_of(seed, **wishes), seed, syllabify)


def midi_sections(score):
    """Return (label, bars) of each section, from the MIDI file's markers."""
    track = mido.MidiFile(file=io.BytesIO(midi_file(score_outline(score))), charset="utf-8").tracks[0]
    now, marks = 0, []
    for message in track:
        now += message.time
        if message.type == "marker":
            marks.append((now / TICKS_PER_QUARTER, message.text))
    ends = [start for start, _ in marks[1:]] + [score.duration_s / score.metre.quarter_s]
    return [
        (label, (end - start) / score.metre.bar_quarters)
        for (start, label), end in zip(marks, ends, strict=True)
    ]


@pytest.mark.parametrize("genre", load_genres())
def test_every_genre_has_forms_of_its_own(genre):
    form = load_genres()[genre].form
    assert len(form.songs) >= 4
    assert len({with_drawn_form(form, seed).instrumental for seed in range(20)}) >= 2


@pytest.mark.parametrize("genre", ["Modern Pop", "Rock", "Jazz", "Electronic", "Folk"])
def test_songs_of_a_genre_differ_in_form(genre):
    plans = [plan_of(seed, genre=genre, duration_s=150.0) for seed in range(12)]
    forms = [tuple(section.kind for section in plan.sections) for plan in plans]
    assert len(set(forms)) >= 3
    assert tuple(section.kind for section in compose(plans[0], 0, syllabify).sections) == forms[0]


def test_the_blues_says_a_line_twice_and_answers_it_in_twelve_bars():
    stanzas = 0
    for seed in range(3):
        score = write(seed, genre="Blues", duration_s=120.0)
        for label, bars in midi_sections(score):
            sung = [line.text for line in score.vocals if line.section == label and line.role == "lead"]
            if len(sung) == 3:
                assert sung[0] == sung[1] != sung[2]
                stanzas += 1
                assert bars == pytest.approx(12, abs=0.01)
    assert stanzas >= 3


def test_a_solo_stands_where_nobody_sings():
    plans = {seed: plan_of(seed, genre="Rock", duration_s=150.0) for seed in range(8)}
    with_solo = [
        seed for seed, plan in plans.items() if any(section.kind == "solo" for section in plan.sections)
    ]
    found = 0
    for seed in with_solo[:2]:
        score = compose(plans[seed], seed, syllabify)
        for section in score.sections:
            if section.kind == "solo":
                found += 1
                end = section.onset + section.length
                lead = next(track for track in score.tracks if track.role == "lead")
                assert any(section.onset <= note.onset < end for note in lead.notes)
                sung = [onset for line in score.vocals for onset in line.onsets]
                assert not any(section.onset <= onset < end - 2 for onset in sung)
    assert found >= 2


def test_rap_comes_in_fours():
    for seed in range(6):
        plan = make_plan(ask(kind="rap", write_lyrics=True, query="my crew", duration_s=100.0), seed)
        for section in plan.sections:
            if section.rap and section.lines:
                assert section.bars % 4 == 0


def test_a_rapped_line_may_have_eighteen_syllables():
    line = "going to the city with a pocket full of paper and a plan"  # 17 syllables
    assert [s.lines for s in parse_lyrics(f"[Verse - rap]\n{line}")] == [(line,)]
    assert [s.lines for s in parse_lyrics(line, rap=True)] == [(line,)]
    assert len(parse_lyrics(line)[0].lines) == 2


def test_words_find_their_places_and_what_is_missing_is_passed_over():
    habits = with_drawn_form(load_genres()["modern-pop"].form, 1)
    for seed in range(10):
        sections = in_form(WRITTEN, habits, 150.0, COMMON_TIME, seed)
        verses = [section for section in sections if section.kind == "verse"]
        assert [verse.label for verse in verses] == [f"Verse {number + 1}" for number in range(len(verses))]
        assert all(section.lines for section in sections if section.kind in ("verse", "chorus"))
        assert parse_lyrics(lyrics_text(sections)) == sections
    chorusless = [section for section in WRITTEN if section.kind == "verse"]
    assert in_form(chorusless, habits, 150.0, COMMON_TIME, 1) == chorusless


def test_jazz_does_not_end_on_a_triad():
    for seed in range(6):
        last = write(seed, genre="Jazz", duration_s=30.0).chords[-1]
        assert len({pitch % 12 for pitch in last.pitches}) >= 4
