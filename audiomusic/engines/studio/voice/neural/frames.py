"""A sung line in the network's frames: the token and the phoneme class that sound in each frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audiomusic.engines.studio.voice.alignment import PlacedSegment
from audiomusic.engines.studio.voice.expression import Curve
from audiomusic.engines.studio.voice.neural.network import FRAME_S
from audiomusic.engines.studio.voice.neural.reading import NeuralSpeech, SungToken
from audiomusic.engines.studio.voice.phonemes import PhonemeClass

BLANK = 0  # index of the silent token before the first phoneme
#: Tokens are fed to the network this much late, because its output sounds that much too early.
LAG_S = 4 * FRAME_S
KINDS = tuple(PhonemeClass)


@dataclass(frozen=True, eq=False)
class Frames:
    """All arrays are [frames]. The count is even: the effort model has one value per two frames."""

    origin_s: float  # song time at which the first frame starts
    token: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]  # index into KINDS

    @property
    def count(self) -> int:
        return len(self.token)

    @property
    def centres_s(self) -> Curve:
        return self.origin_s + (np.arange(self.count) + 0.5) * FRAME_S

    def are(self, *kinds: PhonemeClass) -> npt.NDArray[np.bool_]:
        return np.isin(self.kind, [KINDS.index(kind) for kind in kinds])


def frames_of(placed: Sequence[PlacedSegment], speech: NeuralSpeech, start_s: float, end_s: float) -> Frames:
    """Return frames that cover at least `start_s` to `end_s`."""
    count = 2 * math.ceil((end_s - start_s) / FRAME_S / 2)
    token = np.full(count, BLANK, np.int64)
    kind = np.full(count, KINDS.index(PhonemeClass.PAUSE), np.int64)
    frames = Frames(start_s, token, kind)
    centres_s = frames.centres_s
    asked_s = centres_s - LAG_S
    token[asked_s > placed[-1].end_s] = speech.last_blank
    for item in placed:
        first, stop = np.searchsorted(centres_s, (item.start_s, item.end_s))
        kind[first:stop] = KINDS.index(item.kind)
        first, stop = np.searchsorted(asked_s, (item.start_s, item.end_s))
        since_s = asked_s[first:stop] - item.start_s
        edges_s = _token_ends_s(speech.tokens[item.segment], item)
        places = [made.place for made in speech.tokens[item.segment]]
        token[first:stop] = np.array(places)[np.searchsorted(edges_s[:-1], since_s, side="right")]
    return frames


def _token_ends_s(tokens: Sequence[SungToken], item: PlacedSegment) -> Curve:
    """Return the end of each token of a phoneme, in seconds from the phoneme's start.

    A vowel that is longer than spoken holds one token and the others keep their pace; otherwise all tokens
    scale alike.
    """
    length_s = item.end_s - item.start_s
    seconds = np.array([token.seconds for token in tokens])
    more_s = length_s - seconds.sum()
    held = [place for place, token in enumerate(tokens) if token.is_held]
    if item.kind is PhonemeClass.VOWEL and more_s > 0 and held:
        seconds[held[0]] += more_s
    else:
        seconds *= length_s / seconds.sum()
    return np.cumsum(seconds)
