"""Two-stem separation by an MDX-Net in ONNX, in the layout of many public models: complex spectra of both
channels in, those of one stem out, [batch, 4, bins, frames].

What the model file does not state comes from a JSON file of the same name beside it, or from the usual sizes
for its layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from audiomusic.engines.foreign.stems.methods import StemsUnavailable
from audiomusic.engines.foreign.stems.settings_file import ModelSettings, read_settings
from audiomusic.engines.foreign.stems.transform import Sound, sound_of, spectra_of

RATE_HZ, MODEL_RATE_HZ = 48_000, 44_100
HOP = 1024
USUAL_SIZES = {2048: 6144, 2560: 5120, 3072: 6144}  # bins -> FFT length
VOCAL_SIZES = {3072: 7680}
LAYOUT = "[batch, 4, bins, frames]"


@dataclass(frozen=True)
class MdxModel:
    session: Any
    bins: int
    frames: int
    size: int
    gives_vocals: bool
    gain: float


def load_model(path: Path) -> MdxModel:
    """Load the model. Raises StemsUnavailable."""
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        [entry], [leaving] = session.get_inputs(), session.get_outputs()
    except Exception as error:  # its errors have no common class
        raise StemsUnavailable(f"The separation model cannot be read ({type(error).__name__}).") from error
    shape, made = entry.shape, leaving.shape
    sizes = shape[2:] if len(shape) == 4 and shape[1] == 4 and len(made) == 4 else []
    if len(sizes) != 2 or not all(isinstance(size, int) and 16 <= size <= 16_384 for size in sizes):
        raise StemsUnavailable(f"Expected a separation model of {LAYOUT}, got one of {shape}.")
    settings: ModelSettings = read_settings(path)
    vocals = settings.get("stem", "vocals" if "voc" in path.name.casefold() else "instrumental") == "vocals"
    bins, frames = sizes
    usual = (VOCAL_SIZES if vocals else {}).get(bins) or USUAL_SIZES.get(bins, 2 * bins)
    size = settings.get("n_fft", usual)
    if size < 2 * (bins - 1):
        raise StemsUnavailable(f"Expected n_fft of at least {2 * (bins - 1)} for {bins} bins, got {size}.")
    return MdxModel(session, bins, frames, size, vocals, settings.get("compensate", 1.0))


def vocals_of(sound: Sound, model: MdxModel) -> Sound:
    """Return the vocals, aligned with the input and of the same length."""
    samples = sound.shape[1]
    at_rate = np.stack([soxr.resample(row, RATE_HZ, MODEL_RATE_HZ) for row in sound]).astype(np.float32)
    stem = _stem(at_rate, model)
    back = np.stack([soxr.resample(row, MODEL_RATE_HZ, RATE_HZ) for row in stem]).astype(np.float32)
    back = np.pad(back, ((0, 0), (0, max(0, samples - back.shape[1]))))[:, :samples]
    return back if model.gives_vocals else sound - back


def _stem(sound: Sound, model: MdxModel) -> Sound:
    """Run the model chunk by chunk, discarding half an FFT length at both ends of each."""
    trim = model.size // 2
    chunk = HOP * (model.frames - 1)
    inner = chunk - 2 * trim
    if inner <= 0:
        raise StemsUnavailable(f"Expected n_fft below {chunk}, got {model.size}.")
    samples = sound.shape[1]
    padded = np.pad(sound, ((0, 0), (trim, trim + inner)))
    made = np.zeros_like(sound)
    for start in range(0, samples, inner):
        part = padded[:, start : start + chunk]
        part = np.pad(part, ((0, 0), (0, chunk - part.shape[1])))
        done = _run(part, model)[:, trim : trim + inner]
        stop = min(samples, start + inner)
        made[:, start:stop] = done[:, : stop - start]
    return made * np.float32(model.gain)


def _run(part: Sound, model: MdxModel) -> Sound:
    spectra = spectra_of(part, model.size, HOP).transpose(0, 2, 1)  # [channels, bins, frames]
    kept = spectra[:, : model.bins]
    entry = np.stack([kept[0].real, kept[0].imag, kept[1].real, kept[1].imag])[None].astype(np.float32)
    name = model.session.get_inputs()[0].name
    [[left_re, left_im, right_re, right_im]] = model.session.run(None, {name: entry})[0]
    whole = np.zeros(spectra.shape, np.complex64)
    whole[0, : model.bins] = left_re + 1j * left_im
    whole[1, : model.bins] = right_re + 1j * right_im
    return sound_of(whole.transpose(0, 2, 1), model.size, HOP, part.shape[1])
