"""hibari's network (Apache-2.0), split into a text encoder, an effort estimator and a frame decoder.

The whole network speaks at its own pace and pitch. Split, its decoder accepts any number of frames per
phoneme and any pitch, and returns the filters through which we pass our own voice source.
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
#: The cut points in the graph. Features are per token; this package spreads them over frames.
_DECODER_FEATURES, _EFFORT_FEATURES, _DURATIONS = (
    "/Transpose_22_output_0",
    "/Transpose_55_output_0",
    "/Div_40_output_0",
)
_EFFORT_INPUT, _EFFORT = "/Gather_33_output_0", "/Mul_62_output_0"
_DECODER_INPUT, _PITCH = "/Reshape_42_output_0", "f0"
_FILTERS = ("lh", "lr", "phi")  # the network's own noise, at -75 dB, is not requested


@dataclass(frozen=True, eq=False)
class Encoded:
    """The encoder's output for a line: features [channels, tokens] and each token's spoken length."""

    decoder: Floats
    effort: Floats
    seconds: Floats


@dataclass(frozen=True, eq=False)
class Filters:
    """The vocal tract filters of each frame, [BINS, frames]: log amplitudes, and the phase of `free`."""

    voiced: Floats  # harmonics
    free: Floats  # components with their own phase: consonants and breath noise
    phase: Floats


class Network:
    """The three parts, each an onnxruntime session with one thread, so sums do not depend on scheduling.

    `reader` is the package's own converter of words to phonemes.
    """

    def __init__(self) -> None:
        model = read_model()  # first: its error says best what is missing

        from hibari.g2p import G2P  # with onnxruntime 1.4 s and 145 MB, which only English songs need

        letters = (assets_folder() / "vocab.json").read_text(encoding="utf-8")
        self.tokens: dict[str, int] = json.loads(letters)
        self.reader: Any = G2P()
        self._encoder = _session(cut(model, {}, (_DECODER_FEATURES, _EFFORT_FEATURES, _DURATIONS)))
        self._effort = _session(cut(model, {_EFFORT_INPUT: 3}, (_PITCH, _EFFORT)))
        self._decoder = _session(cut(model, {_DECODER_INPUT: 3, _PITCH: 2, _EFFORT: 2}, _FILTERS))

    def encode(self, ids: list[int], pace: float) -> Encoded:
        """Encode the tokens `ids`; this adds the blanks the network needs at both ends.

        A `pace` of 1 is the network's natural pace.
        """
        feed = {"ids": np.array([[0, *ids, 0]], np.int64), "speed": np.array([pace], np.float32)}
        decoder, effort, durations = self._encoder.run(None, feed)
        return Encoded(decoder[0], effort[0], 2 * FRAME_S * np.maximum(durations.ravel(), 0.5))

    def effort(self, features: Floats) -> tuple[Floats, Floats]:
        """Return (spoken pitch in Hz, effort), each [frames], for features [channels, frames / 2]."""
        pitch, effort = self._effort.run(None, {_EFFORT_INPUT: features[None]})
        return pitch[0], effort[0]

    def decode(self, features: Floats, f0_hz: Floats, effort: Floats) -> Filters:
        """Return filters for features [channels, frames], pitch (0: unvoiced) and effort, both [frames]."""
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
    """Return the network, loaded once per process. Raises NetworkMissing on every call if it cannot load."""
    with _LOCK:  # two lines of the first song would otherwise load it twice
        network, reason = _loaded()
    if network is None:
        raise NetworkMissing(reason)
    return network


@cache
def _loaded() -> tuple[Network | None, str]:
    """Return the network, or the reason it is missing. A failure is cached until the process restarts."""
    try:
        return Network(), ""
    except NetworkMissing as error:
        reason = str(error)
    except Exception as error:  # a broken package may fail in any way; espeak still sings
        reason = f"{PACKAGE} {VERSION} cannot be loaded: {type(error).__name__}: {error}"
    logger.warning("espeak sings English, as the network cannot: %s", reason)
    return None, reason


def can_sing() -> bool:
    """Try to load the network and return whether it is available."""
    with suppress(NetworkMissing):
        return bool(load_network())
    return False


def missing_reason() -> str:
    """Return why the network cannot sing; empty if it can, or if loading was never tried."""
    return _loaded()[1] if _loaded.cache_info().currsize else ""
