"""Whole pieces: length, level, determinism, loops, cancellation."""

import numpy as np
import pyloudnorm
import pytest
import scipy.signal
import torch

from audiomusic.engines.base import Cancelled, Monitor, silent_monitor
from audiomusic.engines.studio.mixdown import mixdown
from audiomusic.engines.studio.score import DrumTrack, Hit, Note, Track
from tests.engines.studio.bandstand import beat, chords, hummed, score_of, tune, whole_band

torch.set_num_threads(1)
RATE = 48_000


@pytest.fixture(scope="module")
def song():
    """Return fifteen seconds of band with a sung line, so that they contain a block boundary."""
    score = whole_band(7, sidechain_db=4.0, humanise_ms=4.0)
    score.duration_s = 15.25
    return mixdown(score, sung(), silent_monitor())


def sung():
    return [
        hummed(2.1),
        hummed(6.1, hz=392),
        hummed(11.2, hz=392, line=2),
        hummed(11.2, hz=494, role="harmony"),
    ]


def test_the_song_is_as_long_as_the_score_says(song):
    assert song.shape == (2, round(15.25 * RATE))
    assert song.dtype == np.float32


def test_the_song_is_as_loud_as_promised(song):
    loudness = pyloudnorm.Meter(RATE, filter_class="DeMan").integrated_loudness(song.T)
    assert loudness == pytest.approx(-14.0, abs=0.3)
    assert 20 * np.log10(np.abs(scipy.signal.resample_poly(song, 8, 1, axis=1)).max()) <= -1.0


def test_the_song_is_clean(song):
    assert np.isfinite(song).all()
    assert np.abs(song.mean(axis=1)).max() < 1e-3
    assert np.abs(song[:, -1]).max() < 1e-3
    assert np.abs(song[:, 0]).max() < 0.1


def test_the_song_is_wide_but_survives_mono(song):
    assert 0.4 < np.corrcoef(song)[0, 1] < 0.95
    low = scipy.signal.sosfiltfilt(scipy.signal.butter(4, 80, fs=RATE, output="sos"), song)
    assert np.corrcoef(low)[0, 1] > 0.97


def test_the_spectrum_is_balanced(song):
    power = np.abs(np.fft.rfft(song.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(song.shape[1], 1 / RATE)
    shares = [
        power[(hz >= lo) & (hz < hi)].sum() / power.sum()
        for lo, hi in ((0, 60), (60, 250), (250, 2000), (2000, 24_000))
    ]
    sub, low, mid, high = shares
    assert sub < 0.2
    assert 0.15 < low < 0.6
    assert 0.2 < mid < 0.7  # the stand-in for the voice is all midrange
    assert high > 0.03


def test_no_click_at_the_block_border(song):
    """The third difference across the boundary is no larger than elsewhere."""
    rough = np.abs(np.diff(song, 3, axis=1)).max(axis=0)
    border = 12 * RATE
    assert rough[border - 200 : border + 200].max() <= 1.2 * np.percentile(rough, 99.95)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_workers_changes_nothing(song, workers):
    score = whole_band(7, sidechain_db=4.0, humanise_ms=4.0)
    score.duration_s = 15.25
    assert np.array_equal(song, mixdown(score, sung(), silent_monitor(), workers))


def test_another_seed_is_another_performance():
    first = mixdown(score_of([chords(1)], duration_s=2.0, seed=1), [], silent_monitor())
    other = mixdown(score_of([chords(1)], duration_s=2.0, seed=2), [], silent_monitor())
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("tracks", "drums", "clips"),
    [
        ([], None, []),
        ([Track("lead", "flute")], DrumTrack("808"), []),
        ([tune(1)], None, []),
        ([], beat(1), []),
        ([], None, [hummed(0.2)]),
        ([], beat(1), [hummed(0.2)]),
    ],
)
def test_any_part_may_be_missing(tracks, drums, clips):
    wave = mixdown(score_of(tracks, drums, duration_s=2.0), clips, silent_monitor())
    assert wave.shape == (2, 2 * RATE)
    assert np.isfinite(wave).all()
    sounding = bool(clips or (drums and drums.hits) or any(track.notes for track in tracks))
    assert wave.any() == sounding


def test_a_one_shot_of_a_second():
    wave = mixdown(
        score_of(drums=DrumTrack("rock", [Hit(0, "snare", 0.9)]), duration_s=1.0), [], silent_monitor()
    )
    assert wave.shape == (2, RATE)
    assert 0.05 < np.abs(wave).max() <= 0.9
    assert np.abs(wave[:, -1]).max() < 1e-3


def test_a_loops_tail_wraps_round_to_its_start():
    notes = [Note(n, 0.9, 60 + n, 0.8) for n in range(4)]
    track = Track("chords", "vibraphone", notes, reverb_send=0.4)
    settings = {"duration_s": 2.0, "humanise_ms": 0.0}
    loop = mixdown(score_of([track], beat(1), seamless_loop=True, **settings), [], silent_monitor())
    assert loop.shape == (2, 2 * RATE)
    twice = np.concatenate([loop, loop], axis=1)
    rough = np.abs(np.diff(twice, 2, axis=1)).max(axis=0)
    # The boundary is no rougher than the same position on other beats, where the hi-hat plays too.
    assert rough[2 * RATE - 50 : 2 * RATE - 1].max() <= np.percentile(rough, 99.9)
    assert np.abs(twice[:, 2 * RATE] - twice[:, 2 * RATE - 1]).max() < 0.1
    assert np.abs(loop[:, -2400:]).max() > 0.01  # no fade-out


@pytest.mark.parametrize("instrument", ["electric_bass", "driven_guitar", "organ", "supersaw"])
def test_a_loop_starts_no_harder_than_any_of_its_beats(instrument):
    """A zero-phase filter's pre-ringing before the first note wraps to the loop's end."""
    notes = [Note(n, 0.9, 40, 0.8) for n in range(4)]
    settings = {"duration_s": 2.0, "humanise_ms": 0.0, "seamless_loop": True}
    loop = mixdown(score_of([Track("chords", instrument, notes)], **settings), [], silent_monitor())
    rough = np.abs(np.diff(np.concatenate([loop, loop], axis=1), 3, axis=1)).max(axis=0)
    seam, *beats = (rough[at - 60 : at + 60].max() for at in np.array([4, 1, 2, 3]) * RATE // 2)
    assert seam <= 1.6 * max(beats)


def test_cancelling_stops_soon():
    calls = []

    def is_cancelled():
        calls.append(1)
        return len(calls) > 3

    with pytest.raises(Cancelled):
        mixdown(whole_band(4), [], Monitor(lambda stage, share: None, is_cancelled))
    assert len(calls) == 4


def test_progress_only_grows():
    told = []
    monitor = Monitor(lambda stage, share: told.append((stage, share)), lambda: False)
    mixdown(score_of([tune(2)], beat(2), duration_s=4.0), [hummed(0.5)], monitor)
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert {stage for stage, _ in told} == {"rendering", "mastering"}
    assert shares[-1] == pytest.approx(1.0)


def test_an_unknown_instrument_is_refused():
    with pytest.raises(ValueError, match="got 'kazoo'"):
        mixdown(score_of([Track("lead", "kazoo", [Note(0, 1, 60, 0.8)])]), [], silent_monitor())
