"""Odd metres: the groups of a bar in drums, chords and tune, read back from the MIDI file."""

import io
import itertools
from collections import Counter

import mido
import pytest

from audiomusic.engines.midi import DRUM_CHANNEL, TICKS_PER_QUARTER, midi_file
from audiomusic.engines.studio import plan
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.harmony import chord_at, classes_of, lay_progression
from audiomusic.engines.studio.compose.parts.patterns import read_in_metre
from audiomusic.engines.studio.compose.rhythm import is_on_beat, is_strong
from audiomusic.engines.studio.score import Metre
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.theory import COMPOSED_METRES, METRE_NAMES, Key
from tests.engines.studio.compose.scores import check, lead_of
from tests.engines.studio.songs import LYRICS, ask, syllabify

ODD_METRES = tuple(name for name in COMPOSED_METRES if name not in METRE_NAMES)
GENRES = sorted(load_genres())
KICK, RIDE = 36, 51


def write(monkeypatch, metre, seed=1, **wishes):
    beats, unit = (int(figure) for figure in metre.split("/"))
    monkeypatch.setattr(plan, "_metre", lambda *args: (beats, unit))
    if wishes.get("kind", "song") != "instrumental":
        wishes.setdefault("lyrics", LYRICS)
    return compose(plan.make_plan(ask(**wishes), seed), seed, syllabify)


def read_midi(score):
    return mido.MidiFile(file=io.BytesIO(midi_file(score_outline(score))), charset="utf-8")


def drum_places(score, key):
    """Count how often a drum is struck at each position of the bar, in quarters, in the MIDI file."""
    bar = score.metre.bar_quarters
    places = Counter()
    for track in read_midi(score).tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "note_on" and message.channel == DRUM_CHANNEL and message.note == key:
                places[round(now / TICKS_PER_QUARTER % bar, 1) % bar] += message.velocity > 0
    return places


@pytest.mark.parametrize("metre", ODD_METRES)
def test_every_kind_in_odd_metres(monkeypatch, metre):
    kinds = ("song", "instrumental", "rap", "vocals", "samples")
    place = ODD_METRES.index(metre)
    chosen = [genre for index, genre in enumerate(GENRES) if index % len(ODD_METRES) != place]
    for seed, (genre, kind) in enumerate(zip(chosen, itertools.cycle(kinds), strict=False)):
        duration_s = (10.0, 45.0, 90.0)[seed % 3]
        score = write(monkeypatch, metre, seed, genre=genre, kind=kind, duration_s=duration_s, caption="one")
        assert score.metre.name == metre
        assert score.duration_s == duration_s
        check(score)


@pytest.mark.parametrize("metre", ODD_METRES)
def test_the_file_has_the_signature_and_sections_begin_with_bars(monkeypatch, metre):
    score = write(monkeypatch, metre, genre="Rock", duration_s=60.0)
    signature = next(message for message in read_midi(score).tracks[0] if message.type == "time_signature")
    assert f"{signature.numerator}/{signature.denominator}" == metre
    assert signature.clocks_per_click == (36 if metre in ("9/8", "12/8") else 24)
    bars = [section.onset / score.metre.bar_quarters for section in score.sections]
    assert bars == [pytest.approx(round(bar)) for bar in bars]


def test_jazz_in_five_four_is_three_and_two(monkeypatch):
    score = write(monkeypatch, "5/4", genre="Jazz", kind="instrumental", duration_s=60.0)
    kicks = drum_places(score, KICK)
    rides = drum_places(score, RIDE)
    assert kicks[0] + kicks[3] > 0.5 * kicks.total()  # on beats one and four
    bars = score.sections[-1].onset // 5
    assert all(rides[beat] > 0.7 * bars for beat in (0, 1, 3, 4))


@pytest.mark.parametrize(
    ("metre", "accents"),
    [("5/4", (0, 3)), ("7/8", (0, 1, 2)), ("9/8", (0, 1.5, 3)), ("12/8", (0, 1.5, 3, 4.5))],
)
def test_bars_fall_into_their_groups(monkeypatch, metre, accents):
    beats, unit = (int(figure) for figure in metre.split("/"))
    played = Metre(beats, unit, 120.0)
    assert played.accents == accents
    assert all(is_strong(bar * played.bar_quarters + place, played) for bar in range(3) for place in accents)
    assert not is_strong(0.5, played)
    assert all(is_on_beat(bar * played.bar_quarters + place, played) for bar in range(3) for place in accents)
    tunes = [write(monkeypatch, metre, seed, genre="Rock", duration_s=60.0) for seed in range(4)]
    on_chord = {True: [], False: []}
    for score in tunes:
        for line in lead_of(score):
            for onset, pitch in zip(line.onsets, line.pitches, strict=True):
                tones = classes_of(chord_at(score.chords, onset))
                on_chord[is_strong(onset, score.metre)].append(pitch % 12 in tones)
    strong, weak = (sum(flags) / len(flags) for flags in (on_chord[True], on_chord[False]))
    assert strong > weak


@pytest.mark.parametrize("metre", COMPOSED_METRES)
def test_a_pattern_fills_whole_bars_of_any_metre(metre):
    beats, unit = (int(figure) for figure in metre.split("/"))
    cycle = read_in_metre("X-x-x-x-X-x-x-x-", metre)
    assert len(cycle) % (16 * beats // unit) == 0
    assert cycle[0] == "X"


@pytest.mark.parametrize(
    ("metre", "edges"), [("5/4", [0, 3]), ("7/8", [0, 2]), ("9/8", [0, 3]), ("12/8", [0, 3]), ("3/4", [0, 2])]
)
def test_two_chords_share_a_bar_at_a_group(metre, edges):
    beats, unit = (int(figure) for figure in metre.split("/"))
    played = Metre(beats, unit, 120.0)
    spans = lay_progression("I V", Key(0, "major"), played, 0.0, played.bar_quarters)
    assert [span.onset for span in spans] == pytest.approx(edges)


def test_an_uneven_metre_is_played_straight(monkeypatch):
    assert write(monkeypatch, "7/8", genre="Jazz", duration_s=30.0).swing == 0
    assert write(monkeypatch, "5/4", genre="Jazz", duration_s=30.0).swing > 0.5
