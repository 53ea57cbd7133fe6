"""Drawing one token, by a generator that belongs to one song alone."""

from __future__ import annotations

import torch

from audiomusic.engines.acestep.planner.base import TokenSampling

_STEPS = 2**40  # probabilities are summed as whole numbers of this: in whatever order, to the same sums

_PHASE_STRIDE = 0x9E37_79B9  # far from what people add to a seed


def generator(seed: int, phase: int = 0) -> torch.Generator:
    """A CPU generator for one song and phase; phases of one seed draw differently.

    The generator heeds the seed's low 32 bits alone, so the phase is mixed into those.
    """
    return torch.Generator("cpu").manual_seed((seed + phase * _PHASE_STRIDE) % 2**32)


def guide(logits: torch.Tensor, guidance: float) -> torch.Tensor:
    """Classifier-free guidance. logits: [2, n], wanted and unwanted, or [1, n]; gives [n].

    u + s (c - u): Ho & Salimans, Classifier-Free Diffusion Guidance, arXiv:2207.12598.
    """
    if logits.shape[0] == 1:
        return logits[0]
    return logits[1] + guidance * (logits[0] - logits[1])


def draw(logits: torch.Tensor, sampling: TokenSampling, rng: torch.Generator) -> int:
    """A place in logits [n], float32; -inf is never drawn.

    Temperature first, then the `top_k` likeliest, then the fewest that hold `top_p`; of equals the first.
    """
    if logits.device.type == "mps":  # knows no double precision
        logits = logits.cpu()
    if sampling.temperature == 0:
        return int(torch.argmax(logits))
    ordered, places = torch.sort(logits / sampling.temperature, descending=True, stable=True)
    if sampling.top_k:
        ordered = ordered[: sampling.top_k]
    shares = torch.softmax(ordered.double(), dim=0)
    sums = torch.cumsum((shares * _STEPS).round().long(), dim=0)
    # Nothing is read back before the last line: on a GPU each look would cost a wait.
    held = torch.searchsorted(sums, (sums[-1:].double() * sampling.top_p).long()).clamp(max=len(sums) - 1)
    chance = torch.rand(1, generator=rng, dtype=torch.float64).to(sums.device)
    aim = (sums.take(held) * chance).long()
    return int(places.take(torch.searchsorted(sums, aim, right=True)))
