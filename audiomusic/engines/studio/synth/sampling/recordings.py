"""In-memory recordings with 16-bit samples, read when first played and kept in an LRU cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from threading import Lock

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from torch import Tensor

FULL_SCALE = 32_767.0
BUDGET_MIB = 96
MIB = 1 << 20
CROSSFADE = 1024  # maximum samples over which a loop's end fades into what precedes its start


@dataclass(frozen=True, eq=False)
class Recording:
    """One channel of audio: int16 [n]."""

    samples: Tensor
    rate_hz: int


def decode(data: bytes) -> Recording:
    """Decode an Ogg, FLAC or WAV file. Rounds to 16 bits, below which decoders differ."""
    samples, rate_hz = soundfile.read(BytesIO(data), dtype="float32", always_2d=True)
    return Recording(torch.from_numpy(to_int16(samples[:, 0])), rate_hz)


def to_int16(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    whole: npt.NDArray[np.int16] = np.rint(samples.clip(-1, 1) * FULL_SCALE).astype(np.int16)
    return whole


def unrolled(recording: Recording, start: int, loop: tuple[int, int], count: int) -> Tensor:
    """Return `count` float32 samples from `start`, repeating the loop as needed.

    Without a loop, the result is shorter if the recording ends.

    The loop's last samples crossfade into those before its first, so that the seam is inaudible.
    """
    first, last = loop
    if last <= first or count <= last - start:
        return recording.samples[start : start + count].float() / FULL_SCALE
    wave = recording.samples[start:last].float() / FULL_SCALE
    first -= start
    body = wave[first:].clone()
    fade = min(CROSSFADE, first, len(body) // 2)
    if fade:
        rise = torch.linspace(0, 1, fade)
        body[-fade:] = body[-fade:] * (1 - rise) + wave[first - fade : first] * rise
    rounds = -(-(count - first) // len(body))
    return torch.cat([wave[:first], body.repeat(rounds)])[:count]


class RecordingCache:
    """A thread-safe LRU cache of recordings by name, bounded in bytes."""

    def __init__(self, budget_mib: float = BUDGET_MIB) -> None:
        self._budget = int(budget_mib * MIB)
        self._size = 0
        self._held: OrderedDict[object, Recording] = OrderedDict()
        self._lock = Lock()

    @property
    def size(self) -> int:
        """The number of bytes held."""
        return self._size

    def fetch(self, key: object, read: Callable[[], Recording]) -> Recording:
        """Return the recording of a key, calling `read` if it is not held.

        Two threads may read the same recording at once; both get equal samples.
        """
        with self._lock:
            if found := self._held.get(key):
                self._held.move_to_end(key)
                return found
        found = read()
        with self._lock:
            if key not in self._held:
                self._held[key] = found
                self._size += found.samples.nbytes
            while self._size > self._budget and len(self._held) > 1:
                self._size -= self._held.popitem(last=False)[1].samples.nbytes
        return found
