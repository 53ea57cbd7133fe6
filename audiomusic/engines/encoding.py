"""Writes samples to files and transcodes files, in the contract's four formats and three for streaming."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.tagging.webm import webm_of_ogg

Samples = npt.NDArray[np.float32]

#: Frames per write to the encoder. One long Vorbis write overflows the encoder's stack and crashes the
#: process (2 M frames pass, 4 M do not).
CHUNK_FRAMES = 32_768


@dataclass(frozen=True)
class AudioCodec:
    """How one format is written, and its public names."""

    container: str  # soundfile's format
    subtype: str
    content_type: str
    extension: str
    options: Mapping[str, Any] = field(default_factory=dict)  # further arguments of SoundFile


FORMATS: dict[str, AudioCodec] = {
    "wav": AudioCodec("WAV", "PCM_24", "audio/wav", ".wav"),
    "flac": AudioCodec("FLAC", "PCM_24", "audio/flac", ".flac"),
    # 0.0 is the least compression: a constant 320 kbit/s.
    "mp3": AudioCodec(
        "MP3", "MPEG_LAYER_III", "audio/mpeg", ".mp3",
        {"bitrate_mode": "CONSTANT", "compression_level": 0.0},
    ),
    # Vorbis quality 7 of 10: about 230 kbit/s.
    "ogg": AudioCodec("OGG", "VORBIS", "audio/ogg", ".ogg", {"compression_level": 0.3}),
}  # fmt: skip

#: Formats that pages and players stream on slow connections. They have no tags, which would precede the first
#: sound. Encoding either costs a core 2.5 s for 100 s of music.
STREAM_FORMATS: dict[str, AudioCodec] = {
    # Opus, variable, about 140 kbit/s: in WebM for pages, which start sooner with it, in Ogg for music
    # players.
    "webm": AudioCodec("OGG", "OPUS", "audio/webm", ".webm", {"compression_level": 0.75}),
    "opus": AudioCodec("OGG", "OPUS", "audio/ogg", ".opus", {"compression_level": 0.75}),
    # For browsers without Opus: a constant 160 kbit/s.
    "mp3s": AudioCodec(
        "MP3", "MPEG_LAYER_III", "audio/mpeg", ".mp3",
        {"bitrate_mode": "CONSTANT", "compression_level": 0.5},
    ),
}  # fmt: skip
ALL_FORMATS = FORMATS | STREAM_FORMATS


@dataclass(frozen=True)
class AudioInfo:
    """The facts in a file's header."""

    format: str  # soundfile's container name, "FLAC"
    subtype: str
    sample_rate_hz: int
    channels: int
    frames: int

    @property
    def duration_s(self) -> float:
        return self.frames / self.sample_rate_hz


def find_codec(format: str) -> AudioCodec:
    """Return the codec of `format`. Raises ValueError naming the available ones."""
    try:
        return ALL_FORMATS[format]
    except KeyError:
        raise ValueError(f"no format is called {format!r}; there are: {', '.join(FORMATS)}") from None


def encode(samples: Samples, path: Path | str, format: str, *, sample_rate_hz: int = SAMPLE_RATE_HZ) -> None:
    """Write `samples` (float32 [channels, frames], -1..1) to `path` in `format`.

    Integer formats clip values beyond full scale. Raises ValueError for an unknown format, another shape, or
    samples that are not finite.
    """
    if samples.ndim != 2 or not 1 <= samples.shape[0] <= 2 or not samples.size:
        raise ValueError(f"samples must be [1 or 2, frames], at least one frame, not {list(samples.shape)}")
    codec = find_codec(format)
    with _writer(path, codec, sample_rate_hz, channels=samples.shape[0]) as sink:
        for start in range(0, samples.shape[1], CHUNK_FRAMES):
            chunk = samples[:, start : start + CHUNK_FRAMES]
            if not np.isfinite(chunk).all():
                raise ValueError(f"samples must be finite; there are NaN or infinity after frame {start}")
            sink.write(np.ascontiguousarray(chunk.T, dtype=np.float32))


def transcode(source: Path | str | BinaryIO, path: Path | str, format: str) -> None:
    """Write the audio of `source` (any file soundfile reads) to `path` in `format`.

    Streams one chunk at a time, so memory does not grow with the length. Raises ValueError for an unknown
    format or a source that is not audio.
    """
    codec = find_codec(format)
    with (
        _reader(source) as sound,
        _writer(path, codec, sound.samplerate, channels=sound.channels) as sink,
    ):
        for chunk in sound.blocks(CHUNK_FRAMES, dtype="float32", always_2d=True):
            sink.write(chunk)
    if format == "webm":
        Path(path).write_bytes(webm_of_ogg(Path(path).read_bytes()))


def read_pcm24(source: Path | str | BinaryIO) -> Samples:
    """Read a lossless 24-bit file as float32 [channels, frames], each sample an integer multiple of 2 ** -23.
    `encode` writes identical samples again. Raises ValueError for a source that is not audio."""
    with _reader(source) as sound:
        stored = sound.read(dtype="int32", always_2d=True) >> 8
    return np.ascontiguousarray((stored / 2**23).astype(np.float32).T)


def samples_sha256(source: Path | str | BinaryIO) -> str:
    """Return the hash of a file's decoded samples, independent of its tags and compression.

    Hashes the samples as little-endian 32-bit integers, interleaved. Files that `transcode` converts between
    lossless formats have the same hash. Two formats that `encode` writes from the same samples do not: they
    round floats differently in the 24th bit. Raises ValueError for a source that is not audio.
    """
    digest = hashlib.sha256()
    with _reader(source) as sound:
        for chunk in sound.blocks(CHUNK_FRAMES, dtype="int32", always_2d=True):
            digest.update(chunk.astype("<i4", copy=False))
    return digest.hexdigest()


def pcm24_chunks(source: Path | str | BinaryIO) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield a lossless file's samples as in a 24-bit WAV file: little-endian, interleaved, uint8 [frames,
    channels * 3]. Raises ValueError for a source that is not audio."""
    with _reader(source) as sound:
        for chunk in sound.blocks(CHUNK_FRAMES, dtype="int32", always_2d=True):
            words = np.ascontiguousarray(chunk.astype("<i4", copy=False)).view(np.uint8)
            yield words.reshape(len(chunk), -1, 4)[:, :, 1:].reshape(len(chunk), -1)


def probe(source: Path | str | BinaryIO) -> AudioInfo:
    """Return an audio file's length and kind, from its header. Raises ValueError if it is not audio."""
    with _reader(source) as sound:
        return AudioInfo(sound.format, sound.subtype, sound.samplerate, sound.channels, sound.frames)


def peaks(samples: Samples, count: int = 800) -> list[float]:
    """Return the peak, 0..1, of each of `count` equal slices, to draw a waveform from.

    Samples [channels, frames] with fewer than `count` frames give one value per frame.
    """
    frames = samples.shape[1]
    edges = np.linspace(0, frames, min(count, frames) + 1).astype(int)
    slices = (samples[:, start:stop] for start, stop in zip(edges, edges[1:], strict=False))
    return [min(1.0, round(float(np.abs(part).max()), 3)) for part in slices]


@contextmanager
def _reader(source: Path | str | BinaryIO) -> Iterator[soundfile.SoundFile]:
    try:
        sound = soundfile.SoundFile(source)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"Expected an audio file, but {source} cannot be read as one: {error}") from error
    with sound:
        yield sound


def _writer(
    path: Path | str, codec: AudioCodec, sample_rate_hz: int, *, channels: int
) -> soundfile.SoundFile:
    return soundfile.SoundFile(
        path,
        "w",
        samplerate=sample_rate_hz,
        channels=channels,
        format=codec.container,
        subtype=codec.subtype,
        **codec.options,
    )
