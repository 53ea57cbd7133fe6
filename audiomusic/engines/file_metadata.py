"""What a file says about its song, written into it and read back from it.

FLAC and Ogg carry Vorbis comments, MP3 and WAV an ID3v2.4 tag. The tables below are all
there is to the difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutagen import File, MutagenError, id3

from audiomusic.engines.theory import parse_key

#: Field -> (Vorbis comment, ID3 frame with its description). What the ID3 standard has no
#: frame for is TXXX, the user's own text.
FIELDS = {
    "title": ("TITLE", "TIT2"),
    "artist": ("ARTIST", "TPE1"),
    "caption": ("DESCRIPTION", "COMM"),
    "bpm": ("BPM", "TBPM"),
    "key": ("INITIALKEY", "TKEY"),
    "lyrics": ("LYRICS", "USLT"),
    "seed": ("SEED", "TXXX:SEED"),
    "genre": ("GENRE", "TCON"),
    "language": ("LANGUAGE", "TXXX:LANGUAGE"),
    "date": ("DATE", "TDRC"),
    "software": ("ENCODER", "TSSE"),
}

#: ISO 639-1 to the ISO 639-2 code that ID3 wants beside lyrics.
ID3_LANGUAGES = {
    "ar": "ara", "az": "aze", "bg": "bul", "bn": "ben", "ca": "cat", "cs": "cze", "da": "dan",
    "de": "ger", "el": "gre", "en": "eng", "es": "spa", "et": "est", "fa": "per", "fi": "fin",
    "fr": "fre", "he": "heb", "hi": "hin", "hr": "hrv", "ht": "hat", "hu": "hun", "id": "ind",
    "is": "ice", "it": "ita", "ja": "jpn", "ko": "kor", "la": "lat", "lt": "lit", "lv": "lav",
    "ms": "may", "ne": "nep", "nl": "dut", "no": "nor", "pa": "pan", "pl": "pol", "pt": "por",
    "ro": "rum", "ru": "rus", "sa": "san", "sk": "slo", "sl": "slv", "sr": "srp", "sv": "swe",
    "sw": "swa", "ta": "tam", "te": "tel", "th": "tha", "tl": "tgl", "tr": "tur", "uk": "ukr",
    "ur": "urd", "vi": "vie", "zh": "chi",
}  # fmt: skip

#: No field is written longer than this; lyrics and captions are bounded far below it.
MAX_CHARS = 20_000

#: Control characters but tab and newline (a null parts values in ID3), and lone surrogates,
#: which no encoding can write.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class TrackTags:
    """What is known of a take. An empty or missing field is not written."""

    title: str = ""
    artist: str = "AudioMusic"
    caption: str = ""
    bpm: float | None = None
    key: str = ""  # "A Minor"; in the file "Am", as other programs expect it
    lyrics: str = ""
    seed: int | None = None
    genre: str = ""
    language: str = ""  # ISO 639-1
    date: str = ""  # ISO 8601: "2026" or "2026-11-05"
    software: str = "AudioMusic"

    def as_texts(self) -> dict[str, str]:
        """The fields that have something to say, as clean text."""
        texts = {name: _clean(_text(getattr(self, name)), name) for name in FIELDS}
        texts["key"] = short_key(texts["key"])
        return {name: text for name, text in texts.items() if text}


def write_tags(path: Path | str, tags: TrackTags) -> None:
    """Write `tags` into a FLAC, Ogg Vorbis, MP3 or WAV file, in place of what it says now.

    Raises ValueError for a file of another kind.
    """
    audio = _open(path)
    if audio.tags is None:
        audio.add_tags()
    audio.tags.clear()
    write = _write_id3 if _is_id3(audio) else _write_vorbis
    write(audio.tags, tags.as_texts())
    audio.save()


def read_tags(path: Path | str) -> TrackTags:
    """The tags of a file that `write_tags` (or another program) wrote.

    Raises ValueError for a file that is no FLAC, Ogg Vorbis, MP3 or WAV.
    """
    audio = _open(path)
    if audio.tags is None:
        return TrackTags(artist="", software="")
    read = _read_id3 if _is_id3(audio) else _read_vorbis
    texts = {name: read(audio.tags, name) for name in FIELDS}
    values: dict[str, Any] = texts | {
        "bpm": _number(texts["bpm"], float),
        "seed": _number(texts["seed"], int),
        "key": long_key(texts["key"]),
    }
    return TrackTags(**values)


def short_key(key: str) -> str:
    """`A Minor` as `Am`, `Bb Major` as `Bb`: the notation of key tags, at most three letters. What is no key
    stays as it is."""
    try:
        return parse_key(key).symbol
    except ValueError:
        return key


def long_key(key: str) -> str:
    """`Am` as `A Minor`; what is no key tag stays as it is."""
    try:
        return str(parse_key(key))
    except ValueError:
        return key


def _open(path: Path | str) -> Any:
    try:
        audio = File(path)
    except MutagenError as error:
        raise ValueError(f"{path} cannot be tagged: {error}") from error
    if audio is None:
        raise ValueError(f"{path} cannot be tagged: expected a FLAC, Ogg Vorbis, MP3 or WAV file")
    return audio


def _is_id3(audio: Any) -> bool:
    return isinstance(audio.tags, id3.ID3Tags)


def _text(value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _clean(text: str, name: str) -> str:
    """`text` without what tags cannot hold; on one line unless it is lyrics or a caption."""
    text = _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:MAX_CHARS]
    return text.strip() if name in {"lyrics", "caption"} else " ".join(text.split())


def _write_vorbis(comments: Any, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        comments[FIELDS[name][0]] = [text]


def _write_id3(frames: Any, texts: dict[str, str]) -> None:
    lang = ID3_LANGUAGES.get(texts.get("language", ""), "und")
    if "bpm" in texts:
        texts["bpm"] = str(round(float(texts["bpm"])))  # ID3 counts whole beats
    for name, text in texts.items():
        frame_id, _, desc = FIELDS[name][1].partition(":")
        frames.add(id3.Frames[frame_id](encoding=id3.Encoding.UTF8, lang=lang, desc=desc, text=text))


def _read_vorbis(comments: Any, name: str) -> str:
    return str(next(iter(comments.get(FIELDS[name][0], [])), ""))


def _read_id3(frames: Any, name: str) -> str:
    found = frames.getall(FIELDS[name][1])
    return str(found[0]) if found else ""


def _number(text: str, kind: type[int] | type[float]) -> float | None:
    try:
        return kind(text)
    except ValueError:
        return None
