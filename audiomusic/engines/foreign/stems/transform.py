"""Short-time Fourier transform of stereo audio and its inverse, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]  # [channels, samples]
Spectra = npt.NDArray[np.complex64]  # [channels, frames, bins]

PIECE_FRAMES, CONTEXT_FRAMES = 512, 24


def spectra_of(sound: Sound, size: int, hop: int) -> Spectra:
    """Return the STFT. Frame n is centred on sample n * hop; the windows are periodic Hann."""
    padded = np.pad(sound, ((0, 0), (size // 2, size // 2)), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, ::hop]
    return np.fft.rfft(frames * _window(size)).astype(np.complex64)


def sound_of(spectra: Spectra, size: int, hop: int, samples: int) -> Sound:
    """Invert `spectra_of`, returning `samples` samples."""
    frames = np.fft.irfft(spectra, size).astype(np.float32) * _window(size)
    channels, count = frames.shape[:2]
    whole = np.zeros((channels, size + hop * (count - 1)), np.float32)
    weight = np.zeros(whole.shape[1], np.float32)
    for number in range(count):
        place = slice(number * hop, number * hop + size)
        whole[:, place] += frames[:, number]
        weight[place] += _window(size) ** 2
    middle = slice(size // 2, size // 2 + samples)
    made = whole[:, middle] / np.maximum(weight[middle], 1e-6)
    return np.pad(made, ((0, 0), (0, samples - made.shape[1])))


def filtered(
    sound: Sound, size: int, hop: int, mask: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
) -> Sound:
    """Apply a mask of the magnitudes [frames, bins], the same for both channels, piece by piece, so that
    memory does not grow with the length."""
    made = np.zeros_like(sound)
    for start, stop, lead, tail in _pieces(sound.shape[1], hop):
        part = sound[:, start - lead : stop + tail]
        if part.shape[1] <= size:
            part = np.pad(part, ((0, 0), (0, size + 1 - part.shape[1])))
        spectra = spectra_of(part, size, hop)
        gains = mask(np.abs(spectra).mean(axis=0))
        done = sound_of(spectra * gains, size, hop, part.shape[1])
        made[:, start:stop] = done[:, lead : lead + stop - start]
    return made


def _pieces(samples: int, hop: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (start, stop, context before, context after)."""
    step, context = PIECE_FRAMES * hop, CONTEXT_FRAMES * hop
    for start in range(0, samples, step):
        stop = min(samples, start + step)
        yield start, stop, min(context, start), min(context, samples - stop)


def _window(size: int) -> npt.NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
