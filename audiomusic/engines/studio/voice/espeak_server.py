"""A small separate program that speaks text with the espeak-ng library.

    python -I -S espeak_server.py LIBRARY DATA PARENT_PID

Requests arrive on stdin and replies are written to stdout. Each is a frame: four bytes of length (big
endian) and a JSON object. A reply is followed by `pcm_bytes` bytes of 16-bit mono.

espeak-ng keeps state between utterances, so speaking the same text twice gives two different sounds.
Each utterance is therefore spoken by a freshly forked child of a process that has never spoken: the reply
depends on the request alone, and a crash or an endless loop costs only one child. To keep forking safe,
this file imports only the standard library: no torch, no threads.

espeak-ng is C code that parses untrusted text. An attacker who takes it over finds no secrets in the
environment, which is empty, and cannot gain privileges by running a setuid program.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import select
import signal
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any

CPU_LIMIT_S = 4
WALL_LIMIT_S = 20
MEMORY_LIMIT_BYTES = 1 << 30
AUDIO_LIMIT_S = 60
CONSTANT_F0_HZ = 120
PARENT_POLL_S = 1.0

#: The preferred voice of a language that several voices speak.
PREFERRED_TAGS = {"en": "en-us", "pt": "pt-br"}
#: Listed, but silent: their dictionaries are not in the wheel.
WITHOUT_DICTIONARY = {"fo", "kaa", "xex"}

# espeak-ng's speak_lib.h
SYNCHRONOUS = 2
PHONEME_EVENTS, PHONEMES_IN_IPA, DO_NOT_EXIT = 1, 2, 0x8000
EVENT_END, EVENT_WORD, EVENT_PHONEME = 0, 1, 7
PARAMETER_RATE, PARAMETER_RANGE = 1, 4
POSITION_CHARACTER = 1
TEXT_IS_UTF8 = 1

PR_SET_NO_NEW_PRIVS = 38  # Linux's prctl.h

Reply = tuple[dict[str, Any], bytes]


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """The loaded library. Only forked children may speak; this process must not."""

    def __init__(self, library_path: str, data_path: str) -> None:
        self.library = ctypes.CDLL(library_path)
        options = PHONEME_EVENTS | PHONEMES_IN_IPA | DO_NOT_EXIT
        self.rate_hz: int = self.library.espeak_Initialize(SYNCHRONOUS, 0, data_path.encode(), options)
        if self.rate_hz <= 0:
            raise RuntimeError(f"espeak-ng found no data in {data_path}")
        self.voices = self._list_voices()

    def _list_voices(self) -> dict[str, str]:
        """Map each language tag to the identifier of the voice that gives it the best priority."""
        self.library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        listed = self.library.espeak_ListVoices(None)
        best: dict[str, tuple[int, str]] = {}
        index = 0
        while listed[index]:
            voice = listed[index].contents
            for priority, tag in _tags(voice.languages):
                if tag not in WITHOUT_DICTIONARY and (tag not in best or priority < best[tag][0]):
                    best[tag] = (priority, voice.identifier.decode())
            index += 1
        return {tag: identifier for tag, (_, identifier) in best.items()}

    def find_voice(self, language: str) -> str | None:
        """Return the voice for a tag such as "en", "pt-BR" or "zh_Hant", or None."""
        tag = language.lower().replace("_", "-")
        while tag:
            found = self.voices.get(PREFERRED_TAGS.get(tag, tag))
            if found:
                return found
            tag = tag.rpartition("-")[0]
        return None

    def speak(self, request: dict[str, Any]) -> Reply:
        """Speak `text` in `language` with `variant` at `rate_wpm`, at a constant pitch."""
        voice = self.find_voice(request["language"])
        if voice is None:
            return {"error": f"no voice speaks {request['language']!r}"}, b""
        if request["variant"]:
            voice += "+" + re.sub(r"\W", "", request["variant"])
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            return {"error": f"the voice {voice} could not be loaded"}, b""
        return self._synthesise(request["text"].encode(), int(request["rate_wpm"]))

    def _synthesise(self, text: bytes, rate_wpm: int) -> Reply:
        pcm, phonemes, words = bytearray(), [], []
        limit = AUDIO_LIMIT_S * self.rate_hz * 2

        def collect(samples: Any, count: int, events: Any) -> int:
            if samples and count > 0:
                pcm.extend(ctypes.string_at(samples, count * 2))
            for event in _until_end(events):
                if event.type == EVENT_WORD:
                    words.append((event.sample, event.text_position - 1, event.length))
                elif event.type == EVENT_PHONEME:
                    raw = ctypes.string_at(ctypes.addressof(event) + _Event.id.offset, 8)
                    phonemes.append((event.sample, raw.split(b"\0")[0].decode("utf-8", "ignore")))
            return int(len(pcm) > limit)

        callback = _Callback(collect)
        self.library.espeak_SetSynthCallback(callback)
        self.library.espeak_ng_SetRandSeed(1)
        self.library.espeak_SetParameter(PARAMETER_RATE, rate_wpm, 0)
        self.library.espeak_SetParameter(PARAMETER_RANGE, 0, 0)
        self.library.espeak_ng_SetConstF0(CONSTANT_F0_HZ)
        size = ctypes.c_size_t(len(text) + 1)
        status = self.library.espeak_Synth(text, size, 0, POSITION_CHARACTER, 0, TEXT_IS_UTF8, None, None)
        if status != 0:
            return {"error": f"espeak-ng gave up with status {status}"}, b""
        header = {"rate_hz": self.rate_hz, "f0_hz": CONSTANT_F0_HZ, "phonemes": phonemes, "words": words}
        return header, bytes(pcm)


def _tags(address: int) -> Iterator[tuple[int, str]]:
    """Yield the (priority, tag) pairs at `address`: byte, C string, byte, C string … byte 0."""
    while (priority := ctypes.string_at(address, 1)[0]) != 0:
        tag = ctypes.string_at(address + 1)
        yield priority, tag.decode().lower()
        address += len(tag) + 2


def _until_end(events: Any) -> Iterator[Any]:
    index = 0
    while events[index].type != EVENT_END:
        yield events[index]
        index += 1


def speak_in_child(espeak: Espeak, request: dict[str, Any]) -> bytes:
    """Return the bytes of the reply from a forked child, or of an error reply if the child died."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(espeak, request, writer)
    os.close(writer)
    reply = _read_until_closed(reader, time.monotonic() + WALL_LIMIT_S)
    os.close(reader)
    if reply is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if reply is None or status != 0:
        return pack({"error": f"the utterance ended with status {status}"}, b"")
    return reply


def _be_the_child(espeak: Espeak, request: dict[str, Any], writer: int) -> None:
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(pack(*espeak.speak(request)))
        status = 0
    finally:
        os._exit(status)


def _read_until_closed(reader: int, deadline: float) -> bytes | None:
    """Return everything written to the pipe, or None if `deadline` passes first."""
    parts: list[bytes] = []
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([reader], [], [], left)[0]:
            break
        part = os.read(reader, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None


def pack(header: dict[str, Any], pcm: bytes) -> bytes:
    body = json.dumps({**header, "pcm_bytes": len(pcm)}).encode()
    return struct.pack(">I", len(body)) + body + pcm


def _read_exactly(count: int, parent_pid: int) -> bytes | None:
    """Return `count` bytes from stdin, or None if it was closed or the parent is gone.

    The parent is checked because a process that it forked may hold stdin open after the parent's death.
    """
    data = b""
    while len(data) < count:
        if not select.select([0], [], [], PARENT_POLL_S)[0]:
            if os.getppid() != parent_pid:
                return None
            continue
        part = os.read(0, count - len(data))
        if not part:
            return None
        data += part
    return data


def _write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _give_up_new_privileges() -> None:
    """Set no_new_privs permanently for this process and its children (Linux only). Raises OSError."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no_new_privs could not be set: {os.strerror(number)}")


def serve(library_path: str, data_path: str, parent_pid: int) -> None:
    """Answer requests until stdin closes or the parent dies."""
    _give_up_new_privileges()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    espeak = Espeak(library_path, data_path)
    while (head := _read_exactly(4, parent_pid)) is not None:
        body = _read_exactly(struct.unpack(">I", head)[0], parent_pid)
        if body is None:
            break
        request = json.loads(body)
        if request.get("list"):
            _write_all(pack({"languages": sorted({*espeak.voices, *PREFERRED_TAGS})}, b""))
        else:
            _write_all(speak_in_child(espeak, request))


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
