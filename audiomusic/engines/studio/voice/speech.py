"""Client of the speech server: spoken samples, phonemes and word positions."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import queue
import select
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import espeakng_loader
import numpy as np
import numpy.typing as npt

from audiomusic.engines.studio.voice.g2p import Part, heard_in, parts_of, readable

logger = logging.getLogger(__name__)

TEXT_LIMIT = 400  # characters per line; the rest is not spoken
RATE_WPM = 115  # slow, so that short words keep their consonants on short notes
SERVERS = 2
REPLY_LIMIT_S = 40.0
_SERVER_PATH = Path(__file__).with_name("espeak_server.py")


class Segment(NamedTuple):
    """One phoneme. Times are in seconds from the start of `Speech.pcm`."""

    start_s: float
    end_s: float
    ipa: str  # empty for a pause
    stress: int  # 0 none, 1 secondary, 2 primary
    word: int  # index into Speech.words; -1 before the first


class SpokenWord(NamedTuple):
    """A stretch of the text that espeak treats as one word (it joins some: "in the")."""

    text_start: int  # characters into Speech.text
    text_end: int


@dataclass(frozen=True, eq=False)  # an object is its own key in caches
class Speech:
    """One spoken line. `pcm` is int16 mono [n] at `rate_hz`; its voiced parts have the pitch `f0_hz`."""

    text: str  # the line, with unspoken parts blank
    pcm: npt.NDArray[np.int16]
    rate_hz: int
    f0_hz: float
    segments: tuple[Segment, ...]
    words: tuple[SpokenWord, ...]


class SpeechFailed(RuntimeError):
    """The server could not be started, crashed twice, or returned an error."""


class _Server:
    """One speech server process, used by one thread at a time and started on first use."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Send `request` and return the reply; restart a dead server once. Raises SpeechFailed."""
        for _ in range(2):
            try:
                return self._exchange(request)
            except OSError as error:
                logger.warning("the speech server failed and is started again: %s", error)
                self.stop()
        raise SpeechFailed("the speech server failed twice on one line")

    def _exchange(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        process = self._running()
        assert process.stdin and process.stdout
        body = json.dumps(request).encode()
        os.write(process.stdin.fileno(), struct.pack(">I", len(body)) + body)
        deadline = time.monotonic() + REPLY_LIMIT_S
        output = process.stdout.fileno()
        size = struct.unpack(">I", _read_exactly(output, 4, deadline))[0]
        header = json.loads(_read_exactly(output, size, deadline))
        return header, _read_exactly(output, header["pcm_bytes"], deadline)

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-I", "-S", str(_SERVER_PATH),
                    espeakng_loader.get_library_path(), espeakng_loader.get_data_path(), str(os.getpid()),
                ],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env={},
            )  # fmt: skip
        return self.process

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        self._close(process)
        process.kill()
        process.wait()

    def forget(self) -> None:
        """Drop the server in a forked process: it belongs to the parent."""
        process, self.process = self.process, None
        if process is not None:
            self._close(process)
            process.returncode = 0  # this process must not wait for it

    @staticmethod
    def _close(process: subprocess.Popen[bytes]) -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


def _read_exactly(descriptor: int, count: int, deadline: float) -> bytes:
    """Read `count` bytes. Raises OSError if the other side closes or `deadline` passes."""
    parts = bytearray()
    while len(parts) < count:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise TimeoutError(f"no reply within {REPLY_LIMIT_S:.0f} s")
        part = os.read(descriptor, min(count - len(parts), 1 << 16))
        if not part:
            raise ConnectionResetError(f"the server closed after {len(parts)} of {count} bytes")
        parts += part
    return bytes(parts)


class _Pool:
    """A pool of servers, each used by one thread at a time."""

    def __init__(self) -> None:
        self._open()
        os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.stop)

    def _open(self) -> None:
        self.servers = [_Server() for _ in range(SERVERS)]
        self.idle: queue.LifoQueue[_Server] = queue.LifoQueue()
        for server in self.servers:
            self.idle.put(server)

    def _after_fork(self) -> None:
        for server in self.servers:
            server.forget()
        self._open()

    def ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        server = self.idle.get()
        try:
            return server.ask(request)
        finally:
            self.idle.put(server)

    def stop(self) -> None:
        for server in self.servers:
            server.stop()


POOL = _Pool()


@cache
def languages() -> frozenset[str]:
    """Return every language tag that can be sung ("en", "pt-br" …)."""
    header, _ = POOL.ask({"list": True})
    return frozenset(header["languages"])


def can_pronounce(language: str) -> bool:
    """Return whether a voice speaks `language`, an ISO 639-1 code with or without a region."""
    tag = language.lower().replace("_", "-")
    with contextlib.suppress(SpeechFailed):
        return tag in languages() or tag.partition("-")[0] in languages()
    return False


def speak(text: str, language: str, variant: str = "", rate_wpm: int = RATE_WPM) -> Speech:
    """Return `text` spoken in `language` by espeak's `variant` voice, at a constant pitch.

    Words in a script that this language does not use are spoken in a language that does. The same arguments
    always give the same samples. Text beyond TEXT_LIMIT characters is not spoken. An unknown language or a
    failed server gives a Speech without samples.
    """
    line = text[:TEXT_LIMIT]
    if readable(line).strip() and can_pronounce(language):
        try:
            return _speak_cached(line, language, variant, rate_wpm)
        except SpeechFailed as error:
            logger.warning("a line could not be spoken: %s", error)
    return Speech(readable(line), np.zeros(0, np.int16), 22_050, 120.0, (), ())


def pronounce(text: str, language: str) -> Speech:
    """Return `text` as `speak` reads it, without samples and uncached. Raises SpeechFailed.

    For callers that only count syllables, of thousands of lines.
    """
    line = text[:TEXT_LIMIT]
    if not (readable(line).strip() and can_pronounce(language)):
        return Speech(readable(line), np.zeros(0, np.int16), 22_050, 120.0, (), ())
    return replace(_speak_line(line, language, "", RATE_WPM), pcm=np.zeros(0, np.int16))


@lru_cache(maxsize=256)
def _speak_cached(line: str, language: str, variant: str, rate_wpm: int) -> Speech:
    return _speak_line(line, language, variant, rate_wpm)


def _speak_line(line: str, language: str, variant: str, rate_wpm: int) -> Speech:
    spoken = [_speak_part(part, variant, rate_wpm) for part in parts_of(line, language)]
    rate_hz, f0_hz = spoken[0].rate_hz, spoken[0].f0_hz
    segments: list[Segment] = []
    words: list[SpokenWord] = []
    end_s = 0.0
    for part in spoken:
        segments += [
            s._replace(
                start_s=s.start_s + end_s,
                end_s=s.end_s + end_s,
                word=s.word + len(words) if s.word >= 0 else s.word,
            )
            for s in part.segments
        ]
        words += part.words
        end_s += len(part.pcm) / rate_hz
    pcm = np.concatenate([part.pcm for part in spoken])
    return Speech(heard_in(line, language), pcm, rate_hz, f0_hz, tuple(segments), tuple(words))


def _speak_part(part: Part, variant: str, rate_wpm: int) -> Speech:
    """Speak one voice's part of a line. The words' positions refer to the whole line."""
    request = {"text": part.said, "language": part.language, "variant": variant, "rate_wpm": rate_wpm}
    header, data = POOL.ask(request)
    if "error" in header:
        raise SpeechFailed(header["error"])
    pcm = np.frombuffer(data, np.int16)
    phonemes, word_events = header["phonemes"], _with_first_word(header)
    last = len(part.origins) - 1
    words = tuple(
        SpokenWord(part.origins[min(start, last)], part.origins[max(0, min(start + length - 1, last))] + 1)
        for _, start, length in word_events
    )
    segments = _segments(phonemes, [sample for sample, _, _ in word_events], len(pcm), header["rate_hz"])
    return Speech(part.said, pcm, header["rate_hz"], header["f0_hz"], segments, words)


def _with_first_word(header: dict[str, Any]) -> list[tuple[int, int, int]]:
    """Return the word events. espeak omits the first one when it links the first two words (Korean)."""
    events: list[tuple[int, int, int]] = header["words"]
    is_missing = bool(header["phonemes"]) and (not events or events[0][1] > 0)
    return [(0, 0, 1), *events] if is_missing else events


def _segments(
    phonemes: list[tuple[int, str]], word_samples: list[int], end: int, rate_hz: int
) -> tuple[Segment, ...]:
    """Convert phoneme events to segments; each phoneme lasts until the next one starts."""
    starts = [sample for sample, _ in phonemes] + [end]
    segments = []
    for (sample, ipa), stop in zip(phonemes, starts[1:], strict=True):
        if ipa.startswith("("):  # "(en)": espeak switches the language
            continue
        word = sum(start <= sample for start in word_samples) - 1
        stress = 2 if "ˈ" in ipa else 1 if "ˌ" in ipa else 0
        bare = ipa.replace("ˈ", "").replace("ˌ", "")
        segments.append(Segment(sample / rate_hz, max(stop, sample) / rate_hz, bare, stress, word))
    return tuple(segments)
