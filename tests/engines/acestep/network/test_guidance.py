"""Guidance by angle, compared with plain trigonometry."""

import math

import pytest
import torch

from audiomusic.engines.acestep.network.guidance import angle_guidance
from audiomusic.engines.acestep.network.sampler import denoise
from tests.engines.acestep.tiny import BASE, make_song

LEVEL = 0.5


def guided(with_words, without, scale):
    """Return the clean frame that results from two predicted ones, starting from latents of zero."""
    latents = torch.zeros(1, 1, len(with_words))
    wanted, unwanted = (
        -torch.tensor([[clean]], dtype=torch.float64) / LEVEL for clean in (with_words, without)
    )
    return (latents - LEVEL * angle_guidance(latents, wanted, unwanted, LEVEL, scale))[0, 0].tolist()


def at(angle, length=1.0):
    return (length * math.cos(angle), length * math.sin(angle))


def test_a_frame_is_turned_further_away():
    """The frame is 0.1 rad from the unguided one, on the unit circle. At a scale of 3 it turns by twice
    that."""
    turn = 2.001 * 0.1
    expected = [
        math.cos(turn) * math.cos(0.1),
        math.cos(turn) * math.sin(0.1) + math.sin(turn) / math.sin(0.1) * math.sin(0.1),
    ]
    assert guided(at(0.1), at(0.0), 3.0) == pytest.approx(expected, abs=1e-6)


def test_never_by_more_than_thirty_degrees():
    far, further = guided(at(0.4), at(0.0), 3.0), guided(at(0.4), at(0.0), 9.0)
    assert far == pytest.approx(further, abs=1e-9)
    most = 3.14 / 6
    expected = [math.cos(most) * math.cos(0.4), math.cos(most) * math.sin(0.4) + math.sin(most)]
    assert far == pytest.approx(expected, abs=1e-6)


def test_where_words_change_nothing_nothing_is_turned():
    assert guided(at(0.7), at(0.7), 7.0) == pytest.approx(at(0.7), abs=1e-3)


def test_longer_is_not_further():
    """Only the component orthogonal to the unguided frame counts, not the length of the guided one."""
    turned = guided(at(0.0, 2.0), at(0.0, 1.0), 7.0)
    assert turned[1] == pytest.approx(0.0, abs=1e-6)


def test_nothing_stays_a_number():
    silence = torch.zeros(2, 3, 4)
    assert angle_guidance(silence, silence, silence, LEVEL, 7.0).isfinite().all()


def test_it_works_frame_by_frame_and_in_any_number_format():
    generator = torch.Generator().manual_seed(1)
    latents, wanted, unwanted = (torch.randn(2, 5, 4, generator=generator) for _ in "abc")
    whole = angle_guidance(latents, wanted, unwanted, LEVEL, 4.0)
    one = angle_guidance(latents[1:, 2:3], wanted[1:, 2:3], unwanted[1:, 2:3], LEVEL, 4.0)
    torch.testing.assert_close(whole[1:, 2:3], one)
    half = angle_guidance(latents, wanted.bfloat16(), unwanted.bfloat16(), LEVEL, 4.0)
    assert half.dtype is torch.bfloat16


def test_songs_are_made_with_it_each_as_if_alone(base):
    from dataclasses import replace

    def act(songs, sampling):
        return denoise(base, songs, sampling, on_step=lambda done, total: None, dropped=frozenset)

    songs = [make_song(1), make_song(2, duration_s=4.4, caption="another one, and longer")]
    by_angle = replace(BASE, by_angle=True)
    together = act(songs, by_angle)
    for place, song in enumerate(songs):
        alone = act([song], by_angle)[0]
        torch.testing.assert_close(together[place], alone, atol=1e-4, rtol=0)
        assert not torch.allclose(alone, act([song], BASE)[0], atol=1e-2)
