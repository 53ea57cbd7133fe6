"""Complete scores in every genre, kind, metre and length: what the band plays, and what was requested."""

from dataclasses import replace

import pytest

from audiomusic.engines.captions.lexicon import instruments_called
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.harmony import chord_at, read_chord
from audiomusic.engines.studio.compose.lead_sheet import choose_progression
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.theory import METRE_NAMES, PITCH_NAMES, Key
from tests.engines.studio.compose.scores import GENRES, check, home_pitch, songs, write
from tests.engines.studio.songs import LYRICS, ask

KINDS = ("song", "instrumental", "rap", "vocals", "samples")
DURATIONS_S = (1.0, 3.0, 10.0, 45.0, 120.0)
REFUSED = ("guitar", "piano", "bass", "synths", "strings")


@pytest.mark.parametrize("genre", GENRES)
def test_every_kind_in_every_genre_and_metre(genre):
    """Pairs, not the full product: each genre with each kind and each metre, and each kind with each
    metre."""
    place = GENRES.index(genre)
    for seed, kind in enumerate(KINDS):
        metre = METRE_NAMES[(seed + place) % len(METRE_NAMES)]
        duration_s = DURATIONS_S[(2 * seed + place) % len(DURATIONS_S)]
        score = write(seed, kind=kind, genre=genre, timesignature=metre, duration_s=duration_s, caption="one")
        assert score.duration_s == duration_s
        assert score.metre.name == metre
        check(score)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("duration_s", DURATIONS_S)
def test_every_kind_in_every_length(kind, duration_s):
    for seed, genre in enumerate(("Modern Pop", "Blues")):
        score = write(seed, kind=kind, genre=genre, duration_s=duration_s)
        assert score.duration_s == duration_s
        check(score)


@pytest.mark.parametrize("bpm", [30, 66, 180, 300])
def test_every_tempo_works(bpm):
    for kind in KINDS:
        check(write(kind=kind, bpm=bpm, duration_s=40.0, genre="Rock"))


def test_ten_minutes_are_filled():
    score = write(duration_s=600.0, genre="Modern Pop")
    check(score)
    last = max(note.onset for track in score.tracks for note in track.notes)
    assert score.seconds(last) > 590


def test_the_same_seed_writes_the_same_score():
    assert write(7, genre="Jazz", duration_s=60.0) == write(7, genre="Jazz", duration_s=60.0)


def test_a_cappella_has_voices_and_nothing_else():
    score = write(kind="vocals", genre="Rock")
    assert (score.drums, score.tracks) == (None, [])
    assert {line.role for line in score.vocals if line.section == "Verse 1"} == {"lead", "harmony"}


def test_intro_is_thinner_than_the_last_chorus():
    score = write(genre="Rock")
    sections = {section.label: section for section in score.sections}

    onsets = [note.onset for track in score.tracks for note in track.notes]
    onsets += [hit.onset for hit in score.drums.hits]

    def busy(section):
        inside = [0 <= onset - section.onset < section.length for onset in onsets]
        return sum(inside) / section.length

    assert busy(sections["Intro"]) < 0.7 * busy(sections["Chorus"])


def test_the_piece_ends_on_its_tonic_chord():
    for score in songs():
        last = score.chords[-1]
        assert home_pitch(score, last.onset, last.pitches[0]) % 12 == score.key.tonic
        assert score.chords[-1].onset + score.chords[-1].length == pytest.approx(
            score.duration_s / score.metre.quarter_s
        )


def test_crashes_open_choruses_and_fills_lead_into_them():
    score = write(genre="Rock")
    chorus = next(section for section in score.sections if section.kind == "chorus")
    assert any(hit.piece == "crash" and hit.onset == chorus.onset for hit in score.drums.hits)


def test_risers_lead_into_electronic_drops():
    score = write(kind="instrumental", genre="Electronic", caption="", lyrics="", duration_s=120.0)
    assert any(track.instrument == "riser" for track in score.tracks)
    assert score.sidechain_db > 4


def test_wanted_instruments_play_and_unwanted_do_not():
    for seed in range(6):
        score = write(
            seed, genre="Rock", caption="rock with flute and banjo, no organ, without bass", duration_s=90.0
        )
        played = {track.instrument for track in score.tracks}
        assert {"flute", "banjo"} <= played
        assert not played & {"organ", "electric_bass", "upright_bass", "synth_bass", "sub_bass"}


@pytest.mark.parametrize("genre", ["modern-pop", "jazz", "metal", "classical"])
@pytest.mark.parametrize(
    "asked", ["violin", "accordion", "steel drum", "banjo", "music box", "organ", "saxophone"]
)
def test_an_instrument_named_is_heard_in_any_genre(genre, asked):
    wanted = set(instruments_called(asked))
    score = write(3, genre=genre, caption=f"with {asked}", duration_s=40.0)
    assert any(track.instrument in wanted and len(track.notes) > 4 for track in score.tracks)


@pytest.mark.parametrize("genre", GENRES)
def test_an_instrument_refused_is_not_heard(genre):
    """Three of the five in each genre, and each in three of five genres."""
    for offset in range(3):
        refused = REFUSED[(GENRES.index(genre) + offset) % len(REFUSED)]
        score = write(2, genre=genre, caption=f"without {refused}", duration_s=30.0)
        barred = set(instruments_called(refused))
        assert not barred & {track.instrument for track in score.tracks}


def test_a_decade_chooses_instruments_and_kit():
    for seed in range(4):
        score = write(seed, genre="modern-pop", caption="80s pop", kind="instrumental", duration_s=60.0)
        assert score.drums.kit == "electronic"
        assert "synth_bass" in {track.instrument for track in score.tracks}


def test_moods_change_the_score():
    calm, wild = (write(4, genre="rock", caption=word, duration_s=60.0) for word in ("calm", "energetic"))
    notes = [
        sum(len(track.notes) for track in score.tracks) / score.duration_s + len(score.drums.hits)
        for score in (calm, wild)
    ]
    assert notes[0] < notes[1]
    assert calm.metre.bpm < wild.metre.bpm
    assert write(4, genre="rock", caption="dark and ominous").key.mode == "minor"


def test_no_drums_means_none():
    assert write(genre="Metal", caption="metal, no drums").drums is None


def test_genres_sound_apart():
    """No two genres share both their instruments and their drum pieces."""
    marks = set()
    for score in songs():
        drums = tuple(sorted({hit.piece for hit in score.drums.hits})) if score.drums else ()
        marks.add((tuple(sorted({track.instrument for track in score.tracks})), drums))
    assert len(marks) == len(GENRES)


def test_some_songs_close_in_a_higher_key():
    lifted = [score for seed in range(12) if "lift" in (score := write(seed, genre="Country")).notes]
    assert 1 <= len(lifted) <= 10
    for score in lifted:
        check(score)
        onset, semitones = score.notes["lift"].values()
        assert semitones in (1, 2)
        assert [s.onset for s in score.sections if s.kind == "chorus"][-1] == onset
        assert score.chords[-1].pitches[0] % 12 == (score.key.tonic + semitones) % 12
        assert score.chords[-1].name.startswith(PITCH_NAMES[(score.key.tonic + semitones) % 12])


def test_a_genre_without_lifts_stays_where_it_is():
    assert not [seed for seed in range(8) if "lift" in write(seed, genre="Metal").notes]


def test_the_last_chorus_has_players_of_its_own():
    score = write(genre="Modern Pop")
    finale = next(track for track in score.tracks if track.role == "finale")
    last = [section for section in score.sections if section.kind == "chorus"][-1]
    assert last.onset == pytest.approx(finale.notes[0].onset)
    crashes = [hit for hit in score.drums.hits if hit.piece == "crash" and hit.onset >= last.onset]
    assert len(crashes) >= 2


def test_sixteenths_swing_in_six_eight():
    swung = write(genre="Jazz", timesignature="6/8")
    assert 0 < swung.swing < 1
    assert swung.swing_grid == 0.25
    assert write(genre="Rock", timesignature="6/8").swing == 0


def test_intros_and_outros_begin_on_the_tonic():
    for score in songs():
        for section in score.sections:
            if section.kind in ("intro", "outro") and score.genre != "blues":
                chord = chord_at(score.chords, section.onset)
                assert home_pitch(score, section.onset, chord.pitches[0]) % 12 == score.key.tonic


def test_every_progression_gives_an_intro_that_begins_at_home():
    """This includes genres whose verses rarely begin on the tonic, and those without any such progression."""
    for slug, genre in load_genres().items():
        for mode in ("major", "minor"):
            plan = replace(make_plan(ask(genre=genre.name, lyrics=LYRICS), 1), key=Key(0, mode))
            for seed in range(8):
                text = choose_progression("intro", 16.0, plan, genre, seed)
                assert read_chord(text.split()[0], plan.key).root == 0, (slug, mode, text)
    away = {"verse": ("IV | V | vi | I",)}
    astray = replace(load_genres()["rock"], progressions={"major": away, "minor": away}, weights={})
    plan = replace(plan, key=Key(0, "major"))
    assert choose_progression("intro", 16.0, plan, astray, 1).split()[0] == "I"
