"""hibari's network (Apache-2.0), cut open: an encoder of text, an estimate of effort, a decoder of frames.

Whole, it speaks at a pace and pitch of its own. Cut, its decoder takes any number of frames for each
phoneme and any pitch, and answers with filters that our own voice source goes through.
"""

from __future__ import annotations

import json
import logging
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from audiomusic.engines.hibari.graph import cut
from audiomusic.engines.hibari.package import (
    PACKAGE,
    VERSION,
    NetworkMissing,
    assets_folder,
    read_model,
)

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]

FRAME_S = 0.0125
BINS, BIN_HZ = 601, 20.0
#: Where it is cut. The features are of a token each, and are spread over frames here.
_DECODER_FEATURES, _EFFORT_FEATURES, _DURATIONS = (
    "/Transpose_22_output_0",
    "/Transpose_55_output_0",
    "/Div_40_output_0",
)
_EFFORT_INPUT, _EFFORT = "/Gather_33_output_0", "/Mul_62_output_0"
_DECODER_INPUT, _PITCH = "/Reshape_42_output_0", "f0"
_FILTERS = ("lh", "lr", "phi")  # it has a noise of its own too, at -75 dB: not asked for


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the encoder makes of a line: features [channels, tokens], and each token's spoken length."""

    decoder: Floats
    effort: Floats
    seconds: Floats


@dataclass(frozen=True, eq=False)
class Filters:
    """What the throat does in each frame, [BINS, frames]: log amplitudes, and the phase of `free`."""

    voiced: Floats  # of the harmonics
    free: Floats  # of what has its own phase: consonants, and the breath in the voice
    phase: Floats


class Network:
    """The three parts, each a session of onnxruntime that runs in one thread: its sums depend on no schedule.
    `reader` is the package's own, of words to phonemes."""

    def __init__(self) -> None:
        model = read_model()  # first: it knows best what is missing

        from hibari.g2p import G2P  # with onnxruntime 1.4 s and 145 MB that songs without English do not need

        letters = (assets_folder() / "vocab.json").read_text(encoding="utf-8")
        self.tokens: dict[str, int] = json.loads(letters)
        self.reader: Any = G2P()
        self._encoder = _session(cut(model, {}, (_DECODER_FEATURES, _EFFORT_FEATURES, _DURATIONS)))
        self._effort = _session(cut(model, {_EFFORT_INPUT: 3}, (_PITCH, _EFFORT)))
        self._decoder = _session(cut(model, {_DECODER_INPUT: 3, _PITCH: 2, _EFFORT: 2}, _FILTERS))

    def encode(self, ids: list[int], pace: float) -> Encoded:
        """`ids`: tokens, without the blanks at both ends that the network wants. `pace` 1 is as it speaks."""
        feed = {"ids": np.array([[0, *ids, 0]], np.int64), "speed": np.array([pace], np.float32)}
        decoder, effort, durations = self._encoder.run(None, feed)
        return Encoded(decoder[0], effort[0], 2 * FRAME_S * np.maximum(durations.ravel(), 0.5))

    def effort(self, features: Floats) -> tuple[Floats, Floats]:
        """(spoken pitch in Hz, effort), each [frames], of features [channels, frames / 2]."""
        pitch, effort = self._effort.run(None, {_EFFORT_INPUT: features[None]})
        return pitch[0], effort[0]

    def decode(self, features: Floats, f0_hz: Floats, effort: Floats) -> Filters:
        """The filters of features [channels, frames] at a pitch (0: unvoiced) and an effort: [frames]."""
        feed = {_DECODER_INPUT: features[None], _PITCH: f0_hz[None], _EFFORT: effort[None]}
        return Filters(*(found[0] for found in self._decoder.run(None, feed)))


def _session(model: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


_LOCK = threading.Lock()


def load_network() -> Network:
    """The network, loaded once a process. Raises NetworkMissing, each time, where it cannot be."""
    with _LOCK:  # two lines of the first song would load it twice
        network, reason = _loaded()
    if network is None:
        raise NetworkMissing(reason)
    return network


@cache
def _loaded() -> tuple[Network | None, str]:
    """The network, or why there is none; a file that is broken stays so until the process starts again."""
    try:
        return Network(), ""
    except NetworkMissing as error:
        reason = str(error)
    except Exception as error:  # a package that is broken may fail in any way, and espeak still sings
        reason = f"{PACKAGE} {VERSION} cannot be loaded: {type(error).__name__}: {error}"
    logger.warning("espeak sings English, as the network cannot: %s", reason)
    return None, reason


def can_sing() -> bool:
    """Whether the network is loaded, after it was tried."""
    with suppress(NetworkMissing):
        return bool(load_network())
    return False


def missing_reason() -> str:
    """Why the network cannot sing; empty where it can, or was never asked to."""
    return _loaded()[1] if _loaded.cache_info().currsize else ""
