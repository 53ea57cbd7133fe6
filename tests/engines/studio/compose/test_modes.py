"""Church modes and harmonic minor: chords, tune and bass stay in the scale, and the scale is audible."""

import pytest

from audiomusic.engines.analysis.conformance import judge_wishes
from audiomusic.engines.base import SongRequest
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.harmony import marked, read_chord, scale_classes
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.studio.takes import compose_take
from audiomusic.engines.theory import SCALES, Key

MODES = [mode for mode in SCALES if mode not in ("major", "minor")]
SEED = 7


def instrumental(caption):
    return SongRequest(
        kind="instrumental", caption=caption, seeds=(SEED,), duration_s=20.0, max_duration_s=60.0
    )


@pytest.mark.parametrize(
    ("numeral", "mode", "name"),
    [
        ("iv", "dorian", "G"),
        ("VI", "dorian", "G"),
        ("V7", "dorian", "Am7"),
        ("VII", "phrygian", "Eb"),
        ("V", "mixolydian", "C"),
        ("I7", "mixolydian", "D7"),
        ("bVII", "mixolydian", "C"),
        ("IV", "lydian", "E"),
        ("Imaj7", "lydian", "Dmaj7"),
        ("Isus4", "lydian", "Dsus2"),
        ("i", "locrian", "Ddim"),
        ("V", "harmonic minor", "A"),
        ("i/3", "dorian", "Dm/F"),
    ],
)
def test_a_numeral_is_read_as_a_step_of_the_mode(numeral, mode, name):
    assert read_chord(numeral, Key(2, mode)).name == name


@pytest.mark.parametrize("mode", MODES)
def test_no_chord_of_any_genre_leaves_the_scale(mode):
    key = Key(2, mode)
    texts = {
        text
        for genre in load_genres().values()
        for texts in genre.progressions[key.tonality].values()
        for text in texts
    }
    chords = {read_chord(numeral, key) for text in texts for numeral in text.replace("|", " ").split()}
    strange = [
        chord.name
        for chord in chords
        if not {(chord.root + tone) % 12 for tone in chord.intervals} <= scale_classes(key)
    ]
    assert strange == []


def test_a_progression_that_does_not_tell_the_mode_gets_the_chord_that_does():
    assert marked("i | iv", Key(2, "phrygian")) == "i |II"
    assert marked("i", Key(2, "phrygian")) == "i|i|i|II"
    assert marked("i | II", Key(2, "phrygian")) == "i | II"
    assert marked("i | iv", Key(2, "minor")) == "i | iv"


@pytest.mark.parametrize("mode", ["dorian", "mixolydian"])
def test_a_song_is_composed_in_the_mode_and_says_so(mode):
    plan = make_plan(instrumental(f"folk rock in D {mode}"), SEED)
    outline = score_outline(compose_take(plan, SEED))
    assert outline["key"] == f"D {mode.capitalize()}"
    assert not plan.not_applied
    [verdict] = [each for each in judge_wishes(outline, plan.wishes) if each.wish.aspect == "key"]
    assert verdict.ok, verdict
    pitches = {round(note[2]) % 12 for track in outline["tracks"] for note in track["notes"]}
    assert pitches <= scale_classes(Key(2, mode))
