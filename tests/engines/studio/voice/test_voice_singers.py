"""The singers, and how one is chosen."""

from itertools import combinations

import numpy as np
import pytest

from audiomusic.engines.base import SAMPLE_RATE_HZ, silent_monitor
from audiomusic.engines.studio.voice import SINGERS, choose_singer, find_singer, sing
from audiomusic.engines.studio.voice.singers import CHOIRS, choose_singers
from tests.engines.studio.voice_scores import vocal_line, vocal_score

THIRD_OCTAVES_HZ = 250 * 2 ** (np.arange(15) / 3)


def test_there_are_low_and_high_men_and_women():
    kinds = {(singer.kind, singer.register) for singer in SINGERS.values()}
    assert kinds == {("male", "low"), ("male", "high"), ("female", "low"), ("female", "high")}


@pytest.mark.parametrize("singer", SINGERS.values(), ids=lambda singer: singer.name)
def test_every_singer_has_more_than_an_octave(singer):
    assert singer.high_midi - singer.low_midi > 12


def test_a_singer_is_found_by_name():
    assert find_singer("cleo").label.startswith("Cleo")


def test_an_unknown_name_is_refused_naming_who_there_is():
    with pytest.raises(LookupError, match="'nobody'; there are: arlo"):
        find_singer("nobody")


@pytest.mark.parametrize(
    ("wish", "kind", "register"),
    [
        ("male", "male", None),
        ("female", "female", None),
        ("low male", "male", "low"),
        ("high female", "female", "high"),
        ("Soprano", "female", "high"),
        ("a deep male voice", "male", "low"),
    ],
)
def test_a_wish_is_met(wish, kind, register):
    for seed in range(5):
        singer = choose_singer(wish, "en", seed)
        assert singer.kind == kind
        assert register in (None, singer.register)


def test_a_name_is_a_wish():
    assert choose_singer("wren").name == "wren"


def test_seeds_vary_the_choice_and_repeat_it():
    chosen = [choose_singer("", "en", seed).name for seed in range(30)]
    assert len(set(chosen)) > 2
    assert chosen == [choose_singer("", "en", seed).name for seed in range(30)]


def test_a_wish_that_nobody_meets_still_gives_a_singer():
    assert choose_singer("a singing kettle", "en", 3).name in SINGERS


def colour_db(voice):
    """Return a singer's timbre on one line and pitch: levels in third-octave bands relative to their mean."""
    line = vocal_line("father I know you are there", base=55)
    [clip] = sing(vocal_score(line, voice=voice), silent_monitor())
    power = np.square(np.abs(np.fft.rfft(clip.samples.numpy())))
    bins = np.fft.rfftfreq(len(clip.samples), 1 / SAMPLE_RATE_HZ)
    levels_db = [
        10 * np.log10(power[(bins > f_hz / 1.12) & (bins < f_hz * 1.12)].mean()) for f_hz in THIRD_OCTAVES_HZ
    ]
    return np.array(levels_db) - np.mean(levels_db)


def test_singers_have_colours_of_their_own():
    colours_db = {voice: colour_db(voice) for voice in SINGERS}
    for one, other in combinations(SINGERS, 2):
        assert np.sqrt(np.mean((colours_db[one] - colours_db[other]) ** 2)) > 1.5


def test_a_choir_is_all_of_its_singers():
    assert choose_singers("choir", 0) == CHOIRS["choir"]
    assert choose_singers("a deep male voice", 0) == (choose_singer("a deep male voice", "", 0),)


def test_a_choir_sings_each_in_an_octave_of_their_own():
    line = vocal_line("laa", base=60, count=1)
    [choir] = sing(vocal_score(line, voice="choir"), silent_monitor())
    [alone] = sing(vocal_score(line, voice="cleo"), silent_monitor())
    assert lower_octave_share(choir) > 5 * lower_octave_share(alone)
    assert choir.words[0].text == "laa"
    assert 0.1 < choir.samples.abs().max() < 1


def lower_octave_share(clip):
    """Return the power within a semitone of C3, relative to that of C4."""
    power = np.square(np.abs(np.fft.rfft(clip.samples.numpy())))
    bins = np.fft.rfftfreq(len(clip.samples), 1 / SAMPLE_RATE_HZ)
    lower, written = (power[(bins > hz / 1.06) & (bins < hz * 1.06)].sum() for hz in (130.8, 261.6))
    return lower / written
