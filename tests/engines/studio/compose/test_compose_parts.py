"""The building blocks of composing: genre files, chords, patterns, rhythm."""

import pytest

from audiomusic.engines.studio.caption import words_table
from audiomusic.engines.studio.compose.genres import (
    GENRES_DIR,
    GenreError,
    find_genre,
    load_genres,
    read_genre,
    slugify,
)
from audiomusic.engines.studio.compose.harmony import lay_progression, read_chord, voice_chord
from audiomusic.engines.studio.compose.parts.patterns import Step, read_in_metre, repeat, steps_of
from audiomusic.engines.studio.compose.rhythm import choose_step, make_grid, place_syllables
from audiomusic.engines.studio.score import INSTRUMENTS, KITS, Metre
from audiomusic.engines.taxonomy import vocabulary
from audiomusic.engines.theory import Key

PRESETS = (
    "Modern Pop", "Rock", "Hip Hop", "Jazz", "Classical", "Electronic", "Country", "Folk", "Blues",
    "Reggae", "Latin", "R&B", "Metal", "Funk", "Disco", "Gospel", "Bossa Nova", "Drum and Bass", "K-Pop",
    "Afrobeat", "Reggaeton", "Synthwave", "Cinematic",
)  # fmt: skip
C_MAJOR, A_MINOR = Key(0, "major"), Key(9, "minor")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_its_file(name):
    assert find_genre(name).name == name


@pytest.mark.parametrize("genre", load_genres().values(), ids=load_genres())
def test_every_genre_has_variety(genre):
    for kinds in genre.progressions.values():
        assert len({text for kind, texts in kinds.items() if kind != "turnaround" for text in texts}) >= 6
        assert kinds["turnaround"]
    assert sum(groove.metre == "4/4" for groove in genre.grooves) >= 4
    assert len(genre.fills) >= 3
    assert len(set(genre.melody.cells)) >= 20


@pytest.mark.parametrize("genre", load_genres().values(), ids=load_genres())
def test_odd_metres_are_rare(genre):
    assert genre.metres["4/4"] >= 0.95 * sum(genre.metres.values())


def test_files_and_styles_of_the_vocabulary_are_the_same():
    assert {slugify(genre.style) for genre in vocabulary().genres.values()} == set(load_genres())
    assert find_genre("bossa").slug == "bossa-nova"
    assert find_genre("samba").slug == "latin"
    assert find_genre("zydecology") is None


def test_a_decade_names_instruments_and_kits_that_there_are():
    for era in words_table("eras").values():
        assert set(era["instruments"]) <= set(INSTRUMENTS)
        assert set(era["kits"]) <= set(KITS)


def test_every_instrument_has_words_a_range_and_a_chair():
    assert set(words_table("instruments")) == set(INSTRUMENTS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"driven_guitar"', '"kazoo"'),
        ('"x---o-x---x-o-x-"', '"x---"'),
        ('"I | IV | I | V"', '"I | Q | I | V"'),
        ('kits = ["rock"]', 'kits = ["pots"]'),
        ('player = "bass"', 'player = "bard"'),
    ],
)
def test_a_wrong_genre_file_is_named(tmp_path, old, new):
    text = (GENRES_DIR / "rock.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "wrong.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(GenreError, match="wrong.toml"):
        read_genre(path)


@pytest.mark.parametrize(
    ("numeral", "key", "name", "classes"),
    [
        ("I", C_MAJOR, "C", {0, 4, 7}),
        ("ii7", C_MAJOR, "Dm7", {2, 5, 9, 0}),
        ("V/3", C_MAJOR, "G/B", {7, 11, 2}),
        ("bVII", C_MAJOR, "Bb", {10, 2, 5}),
        ("i", A_MINOR, "Am", {9, 0, 4}),
        ("VI", A_MINOR, "F", {5, 9, 0}),
        ("V7", A_MINOR, "E7", {4, 8, 11, 2}),
        ("iih7", A_MINOR, "Bm7b5", {11, 2, 5, 9}),
    ],
)
def test_roman_numerals(numeral, key, name, classes):
    chord = read_chord(numeral, key)
    assert chord.name == name
    assert {(chord.root + interval) % 12 for interval in chord.intervals} == classes


@pytest.mark.parametrize("numeral", ["", "Q", "viii", "IIII", "Vwrong"])
def test_a_wrong_numeral_is_refused(numeral):
    with pytest.raises(ValueError, match="chord"):
        read_chord(numeral, C_MAJOR)


def test_progressions_repeat_and_are_cut_at_the_end():
    spans = lay_progression("I | IV V", C_MAJOR, Metre(4, 4, 100), 0.0, 10.0)
    assert [(span.name, span.onset, span.length) for span in spans] == [
        ("C", 0, 4),
        ("F", 4, 2),
        ("G", 6, 2),
        ("C", 8, 2),
    ]


def test_two_chords_share_a_waltz_bar_two_to_one():
    spans = lay_progression("I V", C_MAJOR, Metre(3, 4, 100), 0.0, 3.0)
    assert [span.length for span in spans] == [2, 1]


def test_voices_move_little():
    first = voice_chord((48, 52, 55), (), 60, 3, "close")
    second = voice_chord((53, 57, 60), first, 60, 3, "close")
    assert sum(abs(a - b) for a, b in zip(first, second, strict=True)) <= 4


def test_patterns_in_other_metres():
    assert read_in_metre("b---x---b---x---", "3/4") == "b---x---x---"
    assert read_in_metre("x.x.x.x.x.x.x.x.", "6/8", steady=True) == "x.x.x." * 4
    assert read_in_metre("X.......x.......", "2/4") == "X.......x......."


def test_steps_hold_on_dashes_and_repeat():
    assert steps_of("x--.o...") == (Step(0.0, 0.75, "x"), Step(1.0, 0.25, "o"))
    assert [step.onset for step in repeat("x...", 2.0, 5.0, 0.0)] == [2.0, 3.0, 4.0]


def test_stressed_syllables_are_placed_on_beats():
    grid = make_grid(Metre(4, 4, 100), 0.0, 8.0, 0.5)
    stresses = [0, 2, 0, 2, 0, 2, 0, 2]
    places = place_syllables(stresses, grid, [0.0] * grid.count, 0, 0, 13, 10)
    assert all(place % 2 == 0 for place, stress in zip(places, stresses, strict=True) if stress == 2)
    assert places == sorted(set(places))


def test_a_slot_without_room_has_no_step():
    assert choose_step(Metre(4, 4, 120), 4.0, 200) is None
    assert choose_step(Metre(4, 4, 120), 8.0, 8) == 0.5
