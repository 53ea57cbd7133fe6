"""Writes a song's metadata into its file, and reads it back.

FLAC and Ogg have Vorbis comments, MP3 and WAV an ID3v2.4 tag. The tables below cover all differences except
timed lyrics and the picture, which each format stores in its own way. The names are those that players and
music servers look for; where these disagree, a field has two.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from mutagen import File, MutagenError, PaddingInfo, flac, id3

from audiomusic.engines.covers.picture import cover_png
from audiomusic.engines.lrc import format_timed_lines, timed_lines
from audiomusic.engines.tagging.flac_seek_table import add_seek_table
from audiomusic.engines.theory import parse_key

#: mutagen only types some of its signatures.
FLAC: Any = flac.FLAC
Picture: Any = flac.Picture
FRAMES: Any = id3.Frames


class Names(NamedTuple):
    """A field's names in Vorbis comments, and its ID3 frame with its description."""

    comments: tuple[str, ...]  # the first one present is read
    frame: str


#: TXXX is for user-defined text, i.e. fields without a frame in the ID3 standard.
FIELDS = {
    "title": Names(("TITLE",), "TIT2"),
    "artist": Names(("ARTIST",), "TPE1"),
    "album": Names(("ALBUM",), "TALB"),
    "album_artist": Names(("ALBUMARTIST",), "TPE2"),
    "track": Names(("TRACKNUMBER",), "TRCK"),
    "caption": Names(("DESCRIPTION", "COMMENT"), "COMM"),
    "bpm": Names(("BPM",), "TBPM"),
    "key": Names(("INITIALKEY", "KEY"), "TKEY"),
    "lyrics": Names(("UNSYNCEDLYRICS",), "USLT"),
    "seed": Names(("SEED",), "TXXX:SEED"),
    "genre": Names(("GENRE",), "TCON"),
    "language": Names(("LANGUAGE",), "TLAN"),
    "date": Names(("DATE",), "TDRC"),
    "software": Names(("ENCODER",), "TSSE"),
    "recipe_url": Names(("RECIPE",), "TXXX:RECIPE"),
}
#: The comment from which players show lyrics: with times (as LRC rows) if they are known.
SYNCED = "LYRICS"
PICTURE = "METADATA_BLOCK_PICTURE"  # in Ogg; FLAC has picture blocks
COVER_MIME = "image/png"
JPEG_HEAD = b"\xff\xd8\xff"
COVER_PX = 512  # width and height: full screen on a phone
MILLISECONDS, LYRICS_TYPE, FRONT_COVER = 2, 1, 3  # ID3's codes
#: Padding after the tags, the same in every file: equal audio with equal tags gives equal bytes.
PADDING_BYTES = 1024
#: The version of the file layout. Rewriting a file of an older version gives the same audio, but not the same
#: bytes.
LAYOUT = "2"

#: ISO 639-1 -> the ISO 639-2 code that ID3 requires for lyrics.
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
_SHORT_LANGUAGES = {long: short for short, long in ID3_LANGUAGES.items()}

#: The maximum length of a field; lyrics and captions are limited far below it.
MAX_CHARS = 20_000

#: Control characters except tab and newline (a null separates values in ID3), and lone surrogates, which
#: cannot be encoded.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class TrackTags:
    """A take's metadata. Empty or missing fields are not written."""

    title: str = ""
    artist: str = "AudioMusic"
    album: str = ""
    album_artist: str = ""
    track: int | None = None
    caption: str = ""
    bpm: float | None = None
    key: str = ""  # "A Minor"; written as "Am", as other programs expect
    lyrics: str = ""
    seed: int | None = None
    genre: str = ""
    language: str = ""  # ISO 639-1
    date: str = ""  # ISO 8601: "2026" or "2026-11-05"
    software: str = "AudioMusic"
    recipe_url: str = ""  # where its owner finds everything that it was made from
    synced_lyrics: tuple[tuple[int, str], ...] = ()  # (milliseconds, text) per line
    cover: bytes = b""  # a PNG or JPEG
    cover_number: int | None = None  # a picture is drawn from it when the tags are written
    cover_version: str = ""  # identifies the picture if `cover` is only read on writing

    def as_texts(self) -> dict[str, str]:
        """Return the non-empty fields as clean text."""
        texts = {name: _clean(_text(getattr(self, name)), name) for name in FIELDS}
        texts["key"] = short_key(texts["key"])
        texts["language"] = ID3_LANGUAGES.get(texts["language"], texts["language"])
        return {name: text for name, text in texts.items() if text}

    def drawn(self) -> TrackTags:
        """Return the same tags with the picture drawn, as they are read back from a file."""
        if self.cover_number is None:
            return self
        return replace(self, cover=cover_png(str(self.cover_number), COVER_PX), cover_number=None)

    def fingerprint(self) -> str:
        """Return a value that is equal for tags that give equal files, in the same layout."""
        cover = [self.cover_number, self.cover_version or sha256(self.cover).hexdigest()]  # not drawn here
        parts = [LAYOUT, self.as_texts(), self.synced_lyrics, cover]
        return sha256(repr(parts).encode()).hexdigest()


def write_tags(path: Path | str, tags: TrackTags) -> None:
    """Write `tags` into a FLAC, Ogg Vorbis, MP3 or WAV file, replacing its current ones.

    Raises ValueError for another kind of file.
    """
    audio = _open(path)
    if audio.tags is None:
        audio.add_tags()
    audio.tags.clear()
    if isinstance(audio, FLAC):
        audio.clear_pictures()
        add_seek_table(audio, path)
    write = _write_id3 if _is_id3(audio) else _write_vorbis
    write(audio, tags.drawn())
    audio.save(padding=_padding)


def read_tags(path: Path | str) -> TrackTags:
    """Read the tags of a file, whether `write_tags` or another program wrote them.

    Raises ValueError for a file that is not FLAC, Ogg Vorbis, MP3 or WAV.
    """
    audio = _open(path)
    if audio.tags is None:
        return TrackTags(artist="", software="")
    is_id3 = _is_id3(audio)
    read = _read_id3 if is_id3 else _read_vorbis
    texts = {name: read(audio.tags, name) for name in FIELDS}
    values: dict[str, Any] = texts | {
        "bpm": _number(texts["bpm"], float),
        "seed": _number(texts["seed"], int),
        "track": _number(texts["track"].partition("/")[0], int),
        "key": long_key(texts["key"]),
        "language": _SHORT_LANGUAGES.get(texts["language"], texts["language"]),
        "synced_lyrics": _synced_id3(audio.tags) if is_id3 else _synced_vorbis(audio.tags),
        "cover": next((picture.data for picture in _pictures(audio)), b""),
    }
    return TrackTags(**values)


def cover_mime(picture: bytes) -> str:
    """Return the picture's MIME type: an uploaded picture is a JPEG, a drawn one a PNG."""
    return "image/jpeg" if picture.startswith(JPEG_HEAD) else COVER_MIME


def short_key(key: str) -> str:
    """Return the notation of key tags, at most three letters: `Am` for `A Minor`, `Bb` for `Bb Major`. Other
    text is returned unchanged."""
    try:
        return parse_key(key).symbol
    except ValueError:
        return key


def long_key(key: str) -> str:
    """Return `A Minor` for `Am`; other text is returned unchanged."""
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
    """Remove what tags cannot contain from `text`, and join its lines except for lyrics and captions."""
    text = _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:MAX_CHARS]
    return text.strip() if name in {"lyrics", "caption"} else " ".join(text.split())


def _padding(_: PaddingInfo) -> int:
    return PADDING_BYTES


def _write_vorbis(audio: Any, tags: TrackTags) -> None:
    texts = tags.as_texts()
    for name, text in texts.items():
        for comment in FIELDS[name].comments:
            audio.tags[comment] = [text]
    if shown := format_timed_lines(tags.synced_lyrics) or texts.get("lyrics", ""):
        audio.tags[SYNCED] = [shown]
    if tags.cover:
        picture = Picture()
        picture.type, picture.mime, picture.data = FRONT_COVER, cover_mime(tags.cover), tags.cover
        if isinstance(audio, FLAC):
            audio.add_picture(picture)
        else:
            audio.tags[PICTURE] = [base64.b64encode(picture.write()).decode()]


def _write_id3(audio: Any, tags: TrackTags) -> None:
    texts = tags.as_texts()
    lang = texts.get("language", "")
    lang = lang if re.fullmatch("[a-z]{3}", lang) else "und"
    if "bpm" in texts:
        texts["bpm"] = str(round(float(texts["bpm"])))  # ID3 only has integers here
    common: dict[str, Any] = {"encoding": id3.Encoding.UTF8, "lang": lang}
    for name, text in texts.items():
        frame_id, _, desc = FIELDS[name].frame.partition(":")
        audio.tags.add(FRAMES[frame_id](**common, desc=desc, text=text))
    if tags.synced_lyrics:
        rows = [(text, start_ms) for start_ms, text in tags.synced_lyrics]
        audio.tags.add(FRAMES["SYLT"](**common, format=MILLISECONDS, type=LYRICS_TYPE, desc="", text=rows))
    if tags.cover:
        mime = cover_mime(tags.cover)
        audio.tags.add(FRAMES["APIC"](**common, mime=mime, type=FRONT_COVER, desc="", data=tags.cover))


def _read_vorbis(comments: Any, name: str) -> str:
    found: list[str] = next((comments[each] for each in FIELDS[name].comments if each in comments), [])
    if not found and name == "lyrics" and not _synced_vorbis(comments):
        found = comments.get(SYNCED, [])  # from another program, or an older file
    return str(next(iter(found), ""))


def _synced_vorbis(comments: Any) -> tuple[tuple[int, str], ...]:
    return timed_lines(str(next(iter(comments.get(SYNCED, [])), "")))


def _read_id3(frames: Any, name: str) -> str:
    found = frames.getall(FIELDS[name].frame)
    if not found and name == "language":
        found = frames.getall("TXXX:LANGUAGE")  # in older files
    return str(found[0]) if found else ""


def _synced_id3(frames: Any) -> tuple[tuple[int, str], ...]:
    return tuple((start_ms, text) for frame in frames.getall("SYLT")[:1] for text, start_ms in frame.text)


def _pictures(audio: Any) -> Iterator[Any]:
    """Iterate over the file's pictures, of whichever of the three kinds; all have `data`."""
    if isinstance(audio, FLAC):
        yield from audio.pictures
    elif _is_id3(audio):
        yield from audio.tags.getall("APIC")
    else:
        for text in audio.tags.get(PICTURE, []):
            with suppress(ValueError, MutagenError):
                yield Picture(base64.b64decode(text))


def _number(text: str, kind: type[int] | type[float]) -> float | None:
    try:
        return kind(text)
    except ValueError:
        return None
