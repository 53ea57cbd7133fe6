"""What of a song is decided together, so that a part of it can be drawn again and the rest stay as it was.

Composing draws each decision from the seed and the decision's name (`compose.seeds`). A `LayeredSeed`
answers with another seed for the decisions of some layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Layer = Literal["performance", "ornaments", "comping", "groove", "chords", "melody", "sound"]
LAYERS: tuple[Layer, ...] = get_args(Layer)

#: Decision -> its layer. Those that stand in none (key, metre, form, singer) are never drawn again.
LAYER_OF: dict[str, Layer] = {
    "drums": "ornaments", "answer": "ornaments", "riser": "ornaments",
    "stop": "ornaments",
    "chords": "comping", "pad": "comping", "riff": "comping", "counter": "comping",
    "pattern": "comping", "phrase": "comping",
    "bass": "groove", "groove": "groove", "half time": "groove", "drummer": "groove", "drum bar": "groove",
    "progression": "chords", "turnaround": "chords", "colour": "chords", "ending": "chords",
    "melody": "melody", "contour": "melody", "lead contour": "melody", "lead": "melody",
    "lead rhythm": "melody", "rhythm": "melody", "cell": "melody", "entry": "melody",
    "phrasing": "melody", "tune taste": "melody", "speech": "melody", "ad-lib": "melody",
    "chair": "sound", "instrument": "sound", "wanted": "sound", "kit": "sound",
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
