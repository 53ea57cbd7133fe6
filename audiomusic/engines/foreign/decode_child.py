"""The process that decodes one file from outside: `python -m audiomusic.engines.foreign.decode_child`.

libsndfile and the decoders below it are C code that reads untrusted bytes. An exploit would find an empty
environment, could not gain privileges, and has only the memory, time and disk that this module allows; a
crash ends only this process. It writes 24-bit stereo at the engines' sample rate block by block, so memory
does not grow with the length.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from audiomusic.engines.foreign.bounds import MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ, MIN_S, READABLE
from audiomusic.engines.foreign.confinement import confine

RATE_HZ = 48_000  # the engines' rate; a test compares them
BLOCK_FRAMES = 65_536
FULL_SCALE = 1 << 23
BROKEN_OFF_S = 0.5  # a file this much shorter than its header says is truncated
BROKEN_OFF_SHARE = 0.02
#: The gains of further channels: front centre, LFE (dropped), then pairs of surrounds.
CENTRE, SURROUND = 0.7071, 0.5

Frames = npt.NDArray[np.float32]


class Unreadable(Exception):
    """Carries `code` and a message."""


def main() -> None:
    path, target, max_s, cpu_s, memory_bytes = sys.argv[1:6]
    try:
        written_bytes = int((float(max_s) + 2) * RATE_HZ * 6) + 65_536
        confine(cpu_s=int(cpu_s), memory_bytes=int(memory_bytes), written_bytes=written_bytes)
        facts = _decode(path, target, float(max_s))
    except Unreadable as error:
        code, sentence = error.args
        facts = {"code": code, "sentence": sentence}
    except soundfile.LibsndfileError:  # its message is about its internals
        sentence = f"Expected {READABLE}, got a file that is damaged or of another kind."
        facts = {"code": "source_not_audio", "sentence": sentence}
    except MemoryError:
        facts = {"code": "source_too_large", "sentence": "The file needs too much memory."}
    sys.stdout.write(json.dumps(facts))


def _decode(path: str, target: str, max_s: float) -> dict[str, Any]:
    with soundfile.SoundFile(path) as sound:
        _check_kind(sound, max_s)
        digest, frames = hashlib.sha256(), 0
        with soundfile.SoundFile(target, "w", RATE_HZ, 2, "PCM_24", format="WAV") as sink:
            for block in _at_rate(sound, max_s):
                sink.write(block)
                digest.update(np.ascontiguousarray(block, "<i4").tobytes())
                frames += len(block)
        if frames < MIN_S * RATE_HZ:
            raise Unreadable("source_not_audio", f"Expected at least {MIN_S:g} s of sound, got less.")
        return {
            "sample_rate": sound.samplerate,
            "channels": sound.channels,
            "frames": frames,
            "sha256": digest.hexdigest(),
        }


def _check_kind(sound: soundfile.SoundFile, max_s: float) -> None:
    if not MIN_RATE_HZ <= sound.samplerate <= MAX_RATE_HZ:
        sentence = f"Expected {MIN_RATE_HZ} to {MAX_RATE_HZ} samples a second, got {sound.samplerate}."
        raise Unreadable("source_not_audio", sentence)
    if not 1 <= sound.channels <= MAX_CHANNELS:
        raise Unreadable("source_not_audio", f"Expected 1 to {MAX_CHANNELS} channels, got {sound.channels}.")
    if sound.frames > max_s * sound.samplerate and sound.seekable():
        raise _too_long(max_s, sound.frames / sound.samplerate)


def _too_long(max_s: float, duration_s: float | None = None) -> Unreadable:
    length = "more" if duration_s is None or duration_s > 1e6 else f"{duration_s:.0f} s"
    return Unreadable("source_too_long", f"Expected at most {max_s:g} s of sound, got {length}.")


def _at_rate(sound: soundfile.SoundFile, max_s: float) -> Iterator[npt.NDArray[np.int32]]:
    """Yield blocks [frames, 2] of 24-bit integers in the upper bits of 32. 24-bit stereo at the target rate
    passes through unchanged."""
    if sound.samplerate == RATE_HZ and sound.channels <= 2 and sound.subtype.startswith("PCM_"):
        for whole in _bounded(sound, "int32", max_s):
            yield np.repeat(whole, 2, axis=1) if sound.channels == 1 else whole
        return
    stream = soxr.ResampleStream(sound.samplerate, RATE_HZ, 2, dtype="float32", quality="VHQ")
    for block in _bounded(sound, "float32", max_s):
        stereo = _stereo(np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0))
        yield _integers(stereo if sound.samplerate == RATE_HZ else stream.resample_chunk(stereo))
    if sound.samplerate != RATE_HZ:
        yield _integers(stream.resample_chunk(np.zeros((0, 2), np.float32), last=True))


def _bounded(sound: soundfile.SoundFile, dtype: str, max_s: float) -> Iterator[Any]:
    """Yield the file's blocks up to the length limit; its header is not trusted."""
    read, most = 0, max_s * sound.samplerate
    while len(block := sound.read(BLOCK_FRAMES, dtype=dtype, always_2d=True)):
        read += len(block)
        if read > most:
            raise _too_long(max_s)
        yield block
    missing = sound.frames - read
    if missing > max(BROKEN_OFF_S * sound.samplerate, BROKEN_OFF_SHARE * sound.frames):
        ends_s, wanted_s = read / sound.samplerate, sound.frames / sound.samplerate
        sentence = f"The file is incomplete: its header says {wanted_s:.1f} s, got {ends_s:.1f} s."
        raise Unreadable("source_not_audio", sentence)


def _stereo(block: Frames) -> Frames:
    channels = block.shape[1]
    if channels == 1:
        return np.repeat(block, 2, axis=1)
    mixed = block[:, :2].copy()
    if channels > 2:
        mixed += CENTRE * block[:, 2:3]
    for channel in range(4, channels):
        mixed[:, channel % 2] += SURROUND * block[:, channel]
    return mixed


def _integers(block: Frames) -> npt.NDArray[np.int32]:
    scaled = np.rint(block.astype(np.float64) * FULL_SCALE).clip(-FULL_SCALE, FULL_SCALE - 1)
    whole: npt.NDArray[np.int32] = scaled.astype(np.int32) << 8
    return whole


if __name__ == "__main__":
    main()
