"""Players: any span on demand, the same however it is split; release, choke and round robin."""

import numpy as np
import pytest
import scipy.signal
import torch

from audiomusic.engines.studio.score import DrumTrack, Hit, Note, Track
from audiomusic.engines.studio.synth.effects import Chorus, Drive, Eq, Rotary, Tremolo
from audiomusic.engines.studio.synth.render import DrumPlayer, NoteCache, TrackPlayer, stored_length
from audiomusic.engines.studio.synth.signals import falling_max, fast_size, seed_of, sliding_max
from audiomusic.engines.studio.synth.space import PART, Convolver, Echo, Room
from tests.engines.studio.bandstand import arpeggio, beat, chords, score_of

torch.set_num_threads(1)
RATE = 48_000


def player_of(track, **settings):
    score = score_of([track], **settings)
    return TrackPlayer(score, 0, track, 64)


@pytest.mark.parametrize("instrument", ["piano", "electric_piano", "organ", "driven_guitar", "strings"])
def test_two_halves_are_the_whole(instrument):
    track = chords(1, instrument)
    whole = player_of(track).render(0, 2 * RATE)
    halves = player_of(track)
    joined = torch.cat([halves.render(0, RATE), halves.render(RATE, 2 * RATE)], dim=1)
    assert float((whole - joined).abs().max()) < 2e-3 * float(whole.abs().max())


def test_a_rest_is_none():
    player = player_of(Track("lead", "flute", [Note(0, 1, 72, 0.8)]))
    assert player.render(5 * RATE, 6 * RATE) is None


def test_a_note_starts_with_swing_and_ends_when_let_go():
    track = Track("chords", "organ", [Note(0.5, 1.0, 60, 0.8)])
    wave = player_of(track, bpm=60.0, swing=1.0, humanise_ms=0.0).render(0, 3 * RATE).abs().amax(0).numpy()
    loud = np.flatnonzero(wave > 0.1 * wave.max()) / RATE
    assert loud[0] == pytest.approx(2 / 3, abs=0.015)
    assert loud[-1] == pytest.approx(5 / 3, abs=0.05)


@pytest.mark.parametrize(
    ("role", "seamless_loop", "falls_db"), [("bass", False, 9.0), ("chords", False, 0.0), ("bass", True, 0.0)]
)
def test_a_bass_that_is_held_to_the_end_dies_away(role, seamless_loop, falls_db):
    """A synthetic bass would stay loud and be cut off. One that does not end the song does not fade."""
    track = Track(role, "synth_bass", [Note(0, 6, 33, 0.8)])
    player = player_of(track, bpm=120.0, duration_s=3.0, humanise_ms=0.0, seamless_loop=seamless_loop)
    power = player.render(0, 3 * RATE).square().mean(0)
    early, late = power[RATE : RATE + 9600].mean(), power[2 * RATE : 2 * RATE + 9600].mean()
    assert 10 * float((early / late).log10()) == pytest.approx(falls_db, abs=1.0)


def test_a_bass_note_before_the_end_is_as_it_was():
    notes = [Note(0, 4, 33, 0.8), Note(4, 2, 33, 0.8)]
    player = player_of(Track("bass", "synth_bass", notes), bpm=120.0, duration_s=3.0, humanise_ms=0.0)
    assert [event.is_dying for event in player._events] == [False, True]


def test_repeated_notes_vary():
    track = Track("lead", "steel_guitar", [Note(n, 0.9, 64, 0.8) for n in range(2)])
    wave = player_of(track, bpm=120.0, humanise_ms=0.0).render(0, RATE)
    first, second = wave[:, : RATE // 2 - 6000], wave[:, RATE // 2 : -6000]
    assert float((first - second).abs().max()) > 0.02 * float(first.abs().max())


def test_velocity_is_loudness():
    def level(velocity):
        track = Track("lead", "piano", [Note(0, 1, 60, velocity)])
        return float(player_of(track).render(0, RATE).square().mean().sqrt())

    assert level(0.9) > 1.5 * level(0.6) > 2 * level(0.3)


def test_notes_are_folded_into_an_instruments_range():
    low = player_of(Track("lead", "violin", [Note(0, 1, 43, 0.8)]), humanise_ms=0.0).render(0, RATE)
    power = np.abs(np.fft.rfft(low.mean(0).numpy()))
    assert power[90:105].max() < 0.02 * power.max()  # nothing at the written 98 Hz


def test_a_small_bank_forgets_but_still_plays_the_same():
    track = arpeggio(2)
    rich, poor = player_of(track), player_of(track)
    poor._bank = NoteCache(poor.patch, rich._bank._seed, 0.1)
    assert torch.allclose(rich.render(0, 2 * RATE), poor.render(0, 2 * RATE), atol=1e-6)
    assert poor._bank._size <= 0.1 * 2**20


def test_a_closed_hat_chokes_an_open_one():
    def ring(*hits):
        track = DrumTrack("acoustic", [Hit(0, "open_hat", 0.9), *hits])
        wave = DrumPlayer(score_of(drums=track, humanise_ms=0.0), track, 0.0).render(0, RATE)
        return float(wave[:, RATE // 2 :].square().mean())

    assert ring(Hit(0.5, "closed_hat", 0.2)) < 0.1 * ring()


def test_every_kick_is_reported_for_ducking():
    track = beat(1)
    player = DrumPlayer(score_of(drums=track, bpm=120.0, humanise_ms=0.0), track, 0.0)
    assert player.kicks == [0, RATE, RATE * 5 // 4]


def test_an_unknown_piece_is_refused():
    track = DrumTrack("acoustic", [Hit(0, "anvil", 0.9)])
    with pytest.raises(ValueError, match="got 'anvil'"):
        DrumPlayer(score_of(drums=track), track, 0.0)


@pytest.mark.parametrize(
    "effect", [Eq(low_cut_hz=80.0, high_cut_hz=5000.0), Drive(20.0), Chorus(), Rotary(), Tremolo()]
)
def test_effects_read_no_further_than_they_say(effect):
    white = torch.randn(2, 60_000, generator=torch.Generator().manual_seed(1)) * 0.1
    wave = Eq(high_cut_hz=4000.0, slope=4.0).apply(white, 0)
    whole = effect.apply(wave, 0)
    cut = 20_000
    part = effect.apply(wave[:, cut - effect.reach :], cut - effect.reach)[:, effect.reach :]
    assert torch.allclose(whole[:, cut:], part, atol=2e-3)


def test_drive_does_not_alias():
    t = torch.arange(RATE) / RATE
    tone = torch.sin(2 * np.pi * 5000 * t).repeat(2, 1)
    power = (
        np.abs(
            np.fft.rfft(
                Drive(24.0, oversampling=4).apply(tone, 0)[0, 4800:-4800].numpy() * np.hanning(38_400)
            )
        )
        ** 2
    )
    hz = np.fft.rfftfreq(38_400, 1 / RATE)
    harmonic = np.min(np.abs(hz[:, None] - np.array([5000, 10_000, 15_000, 20_000])), axis=1) < 60
    assert power[~harmonic].max() < 1e-4 * power.max()


def test_a_stream_through_the_convolver_is_one_convolution():
    """Two inputs in two blocks. One input's impulse response is longer than a part."""
    impulses = [Room(decay_s=0.3).impulse(), Echo().impulse(0.8)]
    waves = torch.randn(2, PART + 30_000, generator=torch.Generator().manual_seed(2))
    stream = Convolver(impulses)
    joined = torch.cat([stream.next(waves[:, :PART]), stream.next(waves[:, PART:])], dim=1)
    for side in range(2):
        wanted = sum(
            scipy.signal.fftconvolve(wave.numpy(), impulse[side].numpy())[: waves.shape[1]]
            for wave, impulse in zip(waves, impulses, strict=True)
        )
        assert np.allclose(joined[side].numpy(), wanted, atol=1e-3)


def test_an_input_without_an_impulse_is_not_heard():
    stream = Convolver([torch.zeros(2, 0), Room(decay_s=0.2).impulse()])
    assert not stream.next(torch.stack([torch.ones(500), torch.zeros(500)])).any()


def test_a_room_decays_as_told_and_an_echo_answers_on_the_beat():
    room = Room(decay_s=1.0, predelay_ms=0.0).impulse().square().sum(0)
    late = room.flip(0).cumsum(0).flip(0)
    drop_db = 10 * float(torch.log10(late[RATE // 2] / late[2400]))
    assert -34 < drop_db < -18  # 27 dB in 0.45 s, less where the air absorbs the treble
    echo = Echo(beats=1.0).impulse(0.5)
    assert int(echo.abs().amax(0).argmax()) == pytest.approx(RATE // 2 + 1024, abs=2)


def test_sliding_and_falling_maxima():
    values = torch.tensor([0.0, 0, 5, 0, 0, 0, 0, 3])
    assert sliding_max(values, 1, 2).tolist() == [5, 5, 5, 5, 0, 3, 3, 3]
    assert falling_max(values, 1.0, 8).tolist() == [0, 0, 5, 4, 3, 2, 1, 3]


def test_lengths_and_seeds():
    assert [fast_size(n) for n in (1, 7, 1000, 1025)] == [2, 8, 1000, 1080]
    assert stored_length(1) == stored_length(4800) == 4800
    assert stored_length(9601) < 9601 * 2**0.5 + 2
    assert seed_of(1, "a") == seed_of(1, "a") != seed_of(1, "b")
