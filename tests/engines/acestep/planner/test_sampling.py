import pytest

torch = pytest.importorskip("torch")

from audiomusic.engines.acestep.planner.base import TokenSampling  # noqa: E402
from audiomusic.engines.acestep.planner.sampling import draw, generator, guide  # noqa: E402

LOGITS = torch.log(torch.tensor([0.1, 0.4, 0.2, 0.3]))
DRAWS = 4000


def counts(sampling, logits=LOGITS):
    rng = generator(7)
    drawn = torch.tensor([draw(logits, sampling, rng) for _ in range(DRAWS)])
    return torch.bincount(drawn, minlength=len(logits)) / DRAWS


def test_draws_follow_the_probabilities():
    shares = counts(TokenSampling(temperature=1, top_p=1))
    assert torch.allclose(shares, LOGITS.exp(), atol=0.03)


def test_temperature_sharpens():
    shares = counts(TokenSampling(temperature=0.5, top_p=1))
    assert torch.allclose(shares, torch.softmax(LOGITS * 2, 0), atol=0.03)


def test_no_temperature_takes_the_likeliest():
    assert counts(TokenSampling(temperature=0)).tolist() == [0, 1, 0, 0]


def test_top_k_keeps_so_many():
    shares = counts(TokenSampling(temperature=1, top_p=1, top_k=2))
    assert torch.allclose(shares, torch.tensor([0, 4 / 7, 0, 3 / 7]), atol=0.03)


@pytest.mark.parametrize(("top_p", "kept"), [(0, [1]), (0.39, [1]), (0.41, [1, 3]), (0.71, [1, 2, 3])])
def test_top_p_keeps_the_fewest_that_hold_it(top_p, kept):
    shares = counts(TokenSampling(temperature=1, top_p=top_p))
    assert shares.nonzero().flatten().tolist() == kept


def test_the_impossible_is_never_drawn():
    logits = torch.tensor([-torch.inf, 0.0, -torch.inf, -30.0])
    shares = counts(TokenSampling(temperature=2, top_p=1), logits)
    assert shares[[0, 2]].tolist() == [0, 0]


def test_a_seed_repeats_and_phases_differ():
    def first(seed, phase):
        return torch.rand(4, generator=generator(seed, phase)).tolist()

    assert first(5, 0) == first(5, 0)
    assert first(5, 0) != first(5, 1)
    assert first(5, 0) != first(6, 0)


def test_guidance_moves_away_from_the_unwanted():
    wanted, unwanted = torch.tensor([1.0, 2.0]), torch.tensor([0.0, 3.0])
    both = torch.stack([wanted, unwanted])
    assert guide(both, 2.0).tolist() == [2.0, 1.0]
    assert guide(both, 0.0).tolist() == unwanted.tolist()
    assert guide(both[:1], 2.0).tolist() == wanted.tolist()
