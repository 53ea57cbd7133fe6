import pytest

from audiomusic.engines.notation.revise.intervals import semitones_in


@pytest.mark.parametrize(
    ("text", "semitones"),
    [
        ("transpose up by 2 semitones", 2), ("transpose the chorus up a tone", 2),
        ("transpose down a half-step", -1),
        ("transpose it a fifth lower", -7), ("transpose by two whole steps", 4),
        ("transpose up a minor third", 3),
        ("transpose by -3 semitones", -3), ("transpose an octave down", -12),
        ("transpose to a minor", None), ("transpose it", None), ("the third verse", None),
    ],
)  # fmt: skip
def test_an_interval_is_read(text, semitones):
    assert semitones_in(text) == semitones
