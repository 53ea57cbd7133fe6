"""Random numbers that depend on names, not on the order in which music is made.

Decisions that belong together form a layer, so that one layer can be drawn again while the rest stays the
same: a `LayeredSeed` uses another seed for the decisions of some layers.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from typing import Literal, get_args

Layer = Literal["performance", "ornaments", "comping", "groove", "chords", "melody", "sound"]
LAYERS: tuple[Layer, ...] = get_args(Layer)

#: Decision -> its layer. Those without a layer (key, metre, form, singer) are never drawn again.
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
    """Return the layer of a decision, called like `draw`. What a bass plays belongs to the groove."""
    layer = LAYER_OF.get(str(names[0]))
    return "groove" if layer == "comping" and len(names) > 1 and names[1] in BASS_ROLES else layer


class LayeredSeed(int):
    """A seed with different seeds for some layers.

    It is an int, so code that passes seeds on needs no change. Two are equal only if their layers are, so
    that caches keyed by seed stay correct.
    """

    layers: Mapping[Layer, int]

    def __new__(cls, seed: int, layers: Mapping[Layer, int]) -> LayeredSeed:
        made = super().__new__(cls, seed)
        made.layers = dict(layers)
        return made

    def of(self, *names: object) -> int:
        """Return the seed of one decision."""
        layer = layer_of(*names)
        return int(self) if layer is None else self.layers.get(layer, int(self))

    @property
    def performance(self) -> int:
        """The seed for performing the written notes."""
        return self.layers.get("performance", int(self))

    def __eq__(self, other: object) -> bool:
        mine, theirs = self.layers, getattr(other, "layers", {})
        return isinstance(other, int) and int(self) == int(other) and mine == theirs

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((int(self), *sorted(self.layers.items())))


def draw(seed: int, *names: object) -> random.Random:
    """Return a generator for one musical decision: the same seed and names give the same numbers."""
    origin = seed.of(*names) if isinstance(seed, LayeredSeed) else seed
    text = "/".join(str(name) for name in (origin, *names))
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def pick_weighted(rng: random.Random, weights: dict[str, float]) -> str:
    """Draw a key of `weights` in proportion to its weight."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]
