"""Apple's GPUs do not support float64, so what uses it elsewhere is computed differently there. The tests use
a simulated card (see `card`), because torch refuses to move a model to a device that it was not built for."""

import pytest
import torch

from audiomusic.engines.acestep.network.guidance import angle_guidance
from audiomusic.engines.acestep.planner.base import TokenSampling
from audiomusic.engines.acestep.planner.sampling import draw, generator
from tests.engines.acestep.card import APPLE, CardTensor, plugged_in

GIVEN = [torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]


def test_guidance_by_angle():
    with plugged_in(APPLE):
        turned = angle_guidance(*(CardTensor(values) for values in GIVEN), 0.5, 7.0)
    assert turned.device == APPLE
    torch.testing.assert_close(turned.values, angle_guidance(*GIVEN, 0.5, 7.0), atol=1e-4, rtol=0)


def test_drawing_a_token():
    logits, sampling = GIVEN[0].flatten(), TokenSampling()
    with plugged_in(APPLE):
        drawn = draw(CardTensor(logits), sampling, generator(1))
    assert drawn == draw(logits, sampling, generator(1))


def test_the_card_that_is_not_there_refuses_float64_too():
    with plugged_in(APPLE), pytest.raises(TypeError, match="float64"):
        CardTensor(GIVEN[0]).double()
