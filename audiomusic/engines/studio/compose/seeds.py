"""Random numbers that depend on names, never on the order in which music is made.

What of a song is decided together is a layer, so that a part of it can be drawn again and the rest stay
as it was: a `LayeredSeed` answers with another seed for the decisions of some layers.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from typing import Literal, get_args

Layer = Literal["performance", "ornaments", "comping", "groove", "chords", "melody", "sound"]
LAYERS: tuple[Layer, ...] = get_args(Layer)

#: Decision -> its layer. Those that stand in none (key, metre, form, singer) are never drawn again.
LAYER_OF: dict[str, Layer] = {
    "drums": "ornaments", "answer": "ornaments", "riser": "ornaments",
    "stop": "ornaments", "echo": "ornaments", "swell": "ornaments",
    "chords": "comping", "pad": "comping", "riff": "comping", "counter": "comping",
    "pattern": "comping", "phrase": "comping", "comping": "comping", "counterpoint": "comping",
    "bass": "groove", "groove": "groove", "half time": "groove", "drummer": "groove", "drum bar": "groove",
    "progression": "chords", "turnaround": "chords", "colour": "chords", "ending": "chords",
    "melody": "melody", "contour": "melody", "lead contour": "melody", "lead": "melody",
    "lead rhythm": "melody", "rhythm": "melody", "cell": "melody", "entry": "melody",
    "phrasing": "melody", "hook phrasing": "melody", "gait": "melody", "sequence": "melody",
    "quote": "melody", "filled": "melody", "strictness": "melody", "word ends": "melody",
    "tune taste": "melody", "speech": "melody", "ad-lib": "melody",
    "chair": "sound", "instrument": "sound", "wanted": "sound", "kit": "sound",
    "written lead": "sound",
}  # fmt: skip
BASS_ROLES = ("bass", "sub")


def layer_of(*names: object) -> Layer | None:
    """The layer of a decision, called as `draw` is. What a bass plays belongs to the groove."""
    layer = LAYER_OF.get(str(names[0]))
    return "groove" if layer == "comping" and len(names) > 1 and names[1] in BASS_ROLES else layer


class LayeredSeed(int):
    """A seed with others for some layers.

    A number by itself, so that all that passes seeds on knows nothing of it; two are the same only where
    their layers are, so that what is remembered by seed is not mixed up.
    """

    layers: Mapping[Layer, int]

    def __new__(cls, seed: int, layers: Mapping[Layer, int]) -> LayeredSeed:
        made = super().__new__(cls, seed)
        made.layers = dict(layers)
        return made

    def of(self, *names: object) -> int:
        """The seed of one decision."""
        layer = layer_of(*names)
        return int(self) if layer is None else self.layers.get(layer, int(self))

    @property
    def performance(self) -> int:
        """The seed by which the written notes are played and sung."""
        return self.layers.get("performance", int(self))

    def __eq__(self, other: object) -> bool:
        mine, theirs = self.layers, getattr(other, "layers", {})
        return isinstance(other, int) and int(self) == int(other) and mine == theirs

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((int(self), *sorted(self.layers.items())))


def draw(seed: int, *names: object) -> random.Random:
    """A generator for one musical decision: the same seed and names give the same numbers."""
    origin = seed.of(*names) if isinstance(seed, LayeredSeed) else seed
    text = "/".join(str(name) for name in (origin, *names))
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def pick_weighted(rng: random.Random, weights: dict[str, float]) -> str:
    """One key of `weights`, each as likely as its weight."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]
