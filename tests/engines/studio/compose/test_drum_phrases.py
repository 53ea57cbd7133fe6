"""Four-bar drum phrases made from one bar."""

import pytest

from audiomusic.engines.studio.compose.genres import bar_steps, load_genres
from audiomusic.engines.studio.compose.parts.drum_phrases import drum_manners, half_time, phrase_steps
from audiomusic.engines.studio.score import PIECES
from audiomusic.engines.theory import COMPOSED_METRES

GROOVE = {"kick": "X.......X.......", "snare": "....X.......X...", "closed_hat": "x.x.x.x.x.x.x.x."}


def bars(steps, piece, length=16):
    return [steps[piece][start : start + length] for start in range(0, len(steps[piece]), length)]


@pytest.mark.parametrize("manner", drum_manners())
def test_variants_can_be_played(manner):
    for variant in drum_manners()[manner]:
        assert set(variant.bars) <= set("234")
        for piece, text in (*variant.put.items(), *variant.take.items()):
            assert piece in PIECES
            assert len(text) == 16
            assert set(text) <= set("Xxo.")
    assert len(drum_manners()[manner]) >= 6


def test_every_genres_manner_is_known():
    assert {genre.drums.manner for genre in load_genres().values()} <= set(drum_manners())


def test_the_first_bar_is_the_groove_and_later_ones_differ():
    for seed in range(10):
        steps = phrase_steps(GROOVE, "4/4", "rock", 1.0, 0.7, seed, "verse", 0)
        assert all(bars(steps, piece)[0] == text for piece, text in GROOVE.items())
        later = [tuple(bars(steps, piece)[bar] for piece in steps) for bar in range(4)]
        assert len(set(later)) >= 3


def test_without_variety_the_groove_goes_round():
    steps = phrase_steps(GROOVE, "4/4", "rock", 0.0, 0.7, 1, "verse", 0)
    assert steps == {piece: text * 4 for piece, text in GROOVE.items()}


@pytest.mark.parametrize("metre", COMPOSED_METRES)
@pytest.mark.parametrize("manner", drum_manners())
def test_phrases_fill_four_bars_of_any_metre(manner, metre):
    length = bar_steps(metre)
    steps = phrase_steps({"kick": "X" + "." * (length - 1)}, metre, manner, 1.0, 0.7, 3, "chorus", 1)
    assert {len(text) for text in steps.values()} == {4 * length}


def test_half_time_puts_the_backbeat_in_the_middle():
    slow = half_time(GROOVE, 16)
    assert slow["snare"] == "........X......."
    assert slow["kick"][0] == "X"
    assert slow["closed_hat"] == GROOVE["closed_hat"]
