"""Random numbers that depend on names, never on the order in which music is made."""

from __future__ import annotations

import hashlib
import random

from audiomusic.engines.studio.compose.layers import LayeredSeed


def draw(seed: int, *names: object) -> random.Random:
    """A generator for one musical decision: the same seed and names give the same numbers."""
    origin = seed.of(*names) if isinstance(seed, LayeredSeed) else seed
    text = "/".join(str(name) for name in (origin, *names))
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def pick_weighted(rng: random.Random, weights: dict[str, float]) -> str:
    """One key of `weights`, each as likely as its weight."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]
