"""Analysis of audio with known tempo, metre and harmony."""

import numpy as np
import pytest
import soundfile

from audiomusic.engines.foreign.analyser import analyse_file
from audiomusic.engines.foreign.analysis import analyse
from audiomusic.engines.foreign.bounds import DecodeBounds
from audiomusic.engines.foreign.findings import NothingFound
from audiomusic.engines.foreign.listening.melody import find_melody
from tests.support.band import RATE_HZ, band

A_MINOR = [(57, "m"), (50, "m"), (52, ""), (57, "m")]  # Am Dm E Am


@pytest.fixture
def heard(tmp_path):
    """heard(samples): return what `analyse` finds in them."""

    def listen(samples):
        path = tmp_path / "band.wav"
        soundfile.write(path, samples, RATE_HZ, "PCM_24")
        return analyse(path)

    return listen


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Return the file of a band in 4/4, and what is found in it."""
    path = tmp_path_factory.mktemp("four") / "band.wav"
    soundfile.write(path, band(A_MINOR, bpm=120), RATE_HZ, "PCM_24")
    return path, analyse(path)


def test_a_band_in_four_is_understood(four):
    _, found = four
    assert found["bpm"] == pytest.approx(120, rel=0.01)
    assert (found["keyscale"], found["timesignature"]) == ("A Minor", "4/4")
    assert [chord[2] for chord in found["chords"]] == ["Am", "Dm", "E", "Am", "Dm", "E", "Am"]
    starts = [chord[0] for chord in found["chords"]]
    assert starts == pytest.approx([0, 2, 4, 6, 10, 12, 14], abs=0.12)  # bars 4 and 5 share a chord
    assert np.diff(found["downbeats"]) == pytest.approx(2.0, abs=0.1)
    assert found["duration"] == 16.0 and -40 < found["loudness_lufs"] < 0
    assert found["sections"][0]["start_s"] == 0 and found["sections"][-1]["end_s"] == pytest.approx(16)
    assert all(0 <= value <= 1 for value in found["confidence"].values())


def test_a_band_in_three_is_understood(heard):
    found = heard(band([(48, ""), (53, ""), (55, ""), (48, "")], bpm=100, beats_a_bar=3))
    assert found["bpm"] == pytest.approx(100, rel=0.01)
    assert (found["keyscale"], found["timesignature"]) == ("C Major", "3/4")


@pytest.mark.parametrize("samples", [np.zeros((RATE_HZ * 2, 2)), np.full((RATE_HZ, 2), 0.2)])
def test_in_silence_there_is_nothing_to_find(heard, samples):
    with pytest.raises(NothingFound, match="neither a pulse nor a pitch"):
        heard(samples)


def test_a_tune_is_written_down(tmp_path):
    path, moments = tmp_path / "tune.wav", np.arange(RATE_HZ // 2) / RATE_HZ
    turns = [2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * moments for pitch in (60, 64, 67)]
    tones = [0.2 * sum(np.sin(k * turn) / k for k in range(1, 9)) for turn in turns]
    rest = np.zeros(RATE_HZ // 4)
    soundfile.write(path, np.concatenate([tones[0], rest, tones[1], tones[2]]), RATE_HZ)
    notes = find_melody(path)
    assert [note.pitch for note in notes] == [60, 64, 67]
    assert [note.start_s for note in notes] == pytest.approx([0, 0.75, 1.25], abs=0.06)


def test_a_process_of_its_own_finds_the_same(four):
    path, found = four
    assert analyse_file(path, DecodeBounds()) == found
