"""A correction that newer ACE-Step applies by default and that is off here, compared with the method's
description and the Haar wavelet."""

from dataclasses import replace

import torch

from audiomusic.engines.acestep.network.conditions import outline
from audiomusic.engines.acestep.network.correction import FAST, SLOW, corrected
from tests.engines.acestep.network.test_sampler import alone, run
from tests.engines.acestep.tiny import TURBO, make_song

CLOSE = {"atol": 1e-4, "rtol": 0}


def haar(latents):
    even, odd = latents[:, ::2], latents[:, 1::2]
    return (even + odd) / 2**0.5, (even - odd) / 2**0.5


def from_haar(low, high):
    return torch.stack([(low + high) / 2**0.5, (low - high) / 2**0.5], dim=2).flatten(1, 2)


def test_both_bands_are_pushed_away_from_the_clean_estimate():
    torch.manual_seed(1)
    latents, clean = torch.randn(2, 3, 10, 4)
    (low, high), (clean_low, clean_high) = haar(latents), haar(clean)
    wanted = from_haar(low + 0.75 * SLOW * (low - clean_low), high + 0.25 * FAST * (high - clean_high))
    torch.testing.assert_close(corrected(latents, clean, 0.75), wanted)


def test_it_is_off_and_heard_when_it_is_on(turbo):
    songs = [make_song(seed=1), make_song(seed=2, duration_s=4.4)]
    trial = replace(TURBO, trials=("dcw",))
    together = run(turbo, songs, trial)
    for place, song in enumerate(songs):
        torch.testing.assert_close(together[place], alone(turbo, song, trial), **CLOSE)
        assert not torch.allclose(together[place], alone(turbo, song, TURBO), **CLOSE)


def test_frames_that_nobody_named_are_left_open(turbo):
    plain, painted = make_song(), make_song(task="repaint", source=torch.zeros(50, 8), windows=((4, 10),))
    made = turbo.channels
    assert outline(turbo, plain)[:, made:].unique().tolist() == [1]
    assert outline(turbo, plain, is_open=True)[:, made:].unique().tolist() == [2]
    painted = replace(painted, source=torch.zeros(painted.frames, made))
    assert outline(turbo, painted, is_open=True)[:, made:].unique().tolist() == [0, 1]
    trial = replace(TURBO, trials=("mask",))
    assert not torch.allclose(alone(turbo, plain, trial), alone(turbo, plain, TURBO), **CLOSE)
