"""Samples tokens with a generator that belongs to a single song."""

from __future__ import annotations

import torch

from audiomusic.engines.acestep.planner.base import TokenSampling

_STEPS = 2**40  # probabilities are summed as integers of this scale, so that the order does not matter

_PHASE_STRIDE = 0x9E37_79B9  # far from the offsets that people add to a seed


def generator(seed: int, phase: int = 0) -> torch.Generator:
    """Return a CPU generator for one song and phase; phases of one seed draw different numbers.

    The generator only uses the seed's low 32 bits, so the phase is mixed into those.
    """
    return torch.Generator("cpu").manual_seed((seed + phase * _PHASE_STRIDE) % 2**32)


def guide(logits: torch.Tensor, guidance: float) -> torch.Tensor:
    """Apply classifier-free guidance to logits [2, n], conditional and unconditional, or [1, n]; returns [n].

    u + s (c - u): Ho & Salimans, Classifier-Free Diffusion Guidance, arXiv:2207.12598.
    """
    if logits.shape[0] == 1:
        return logits[0]
    return logits[1] + guidance * (logits[0] - logits[1])


def draw(logits: torch.Tensor, sampling: TokenSampling, rng: torch.Generator) -> int:
    """Sample an index of logits [n], float32; -inf is never drawn.

    Applies temperature, then the `top_k` likeliest tokens, then the fewest that hold `top_p`; ties go to the
    first.
    """
    if logits.device.type == "mps":  # has no double precision
        logits = logits.cpu()
    if sampling.temperature == 0:
        return int(torch.argmax(logits))
    ordered, places = torch.sort(logits / sampling.temperature, descending=True, stable=True)
    if sampling.top_k:
        ordered = ordered[: sampling.top_k]
    shares = torch.softmax(ordered.double(), dim=0)
    sums = torch.cumsum((shares * _STEPS).round().long(), dim=0)
    # Nothing is read back before the last line: on a GPU each read would synchronize.
    held = torch.searchsorted(sums, (sums[-1:].double() * sampling.top_p).long()).clamp(max=len(sums) - 1)
    chance = torch.rand(1, generator=rng, dtype=torch.float64).to(sums.device)
    aim = (sums.take(held) * chance).long()
    return int(places.take(torch.searchsorted(sums, aim, right=True)))
