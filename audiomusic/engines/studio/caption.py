"""What a caption wishes for: its words looked up in tables, nothing guessed beyond them.

Genres, moods and occasions are those of the vocabulary that tags and presets read too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, cast

from audiomusic.engines.studio.compose.genres import find_genre
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.taxonomy import Emotion, Tags, tags_of, vocabulary
from audiomusic.engines.theory import Key, Mode, parse_key

SingerWish = Literal["male", "female", "low", "high", "none"]
SampleKind = Literal["drum", "bass", "chords", "texture", "melodic"]

_CAPTION_KEY = re.compile(
    r"(?:\bin\s+|\bkey\s*(?:of|:)?\s*)?\b([A-G])(#|♯|b|♭| sharp| flat)?[\s-]*(major|minor|maj|min|m)\b(?!\w)|"
    r"(?:\bkey\s*(?:of|:)\s*)([A-G])(#|♯|b|♭)?(m?)\b"
)
_BPM = re.compile(r"\b(\d{2,3})\s*-?\s*(?:bpm|beats per minute)\b", re.IGNORECASE)
_BPM_NAMED = re.compile(r"\b(?:bpm|tempo)\s*[:=]?\s*(\d{2,3})\b", re.IGNORECASE)
_NEGATION = r"(?:no|without|minus|sans|not|zero|excluding|lacking)\s+(?:any\s+|the\s+|a\s+)?"
MOST_ENERGY = 0.45
_SUBJECT = re.compile(r"\b(?:about|über|sobre|à propos)\b[^,.;]*")
_DRUM_WORDS = ("drums", "drum", "percussion", "beat", "beats", "drumless")


@dataclass(frozen=True)
class CaptionHints:
    """None, or empty, wherever the caption says nothing."""

    genres: tuple[str, ...] = ()  # slugs, most clearly named first
    bpm: float | None = None
    tempo_place: float | None = None  # 0 the genre's slow end, 1 its fast end
    tempo_factor: float = 1.0
    key: Key | None = None
    mode: Mode | None = None
    metre: str | None = None
    energy: float = 0.0  # to be added to the genre's
    moods: tuple[str, ...] = ()  # emotions of the vocabulary
    era: str | None = None  # a name of `words/eras.toml`
    wanted: tuple[tuple[str, ...], ...] = ()  # each: instruments of which one will do
    unwanted: tuple[str, ...] = ()
    no_drums: bool = False
    singer: SingerWish | None = None
    voices: tuple[str, ...] = ()  # where more than one sings: one a voice, as in `words/voices.toml`
    sample: SampleKind | None = None
    piece: str | None = None  # a drum piece


@dataclass
class _Text:
    """A caption split in what it asks for and what it wants left out."""

    wanted: str
    refused: list[str] = field(default_factory=list)


def read_caption(caption: str) -> CaptionHints:
    """Look up every word of the caption that a table knows."""
    text = _split_refusals(" ".join(caption.casefold().split()))
    tags, known = tags_of(caption), vocabulary()
    emotions = [known.emotions[name] for name in tags.emotions]
    energies = [emotion.energy for emotion in emotions]
    energies += [known.occasions[name].energy for name in tags.occasions]
    calmer, livelier = _strongest(energies, -MOST_ENERGY, MOST_ENERGY, 0.0)
    slower, faster = _strongest([emotion.tempo for emotion in emotions], 0.8, 1.2, 1.0)
    key = caption_key(caption)
    return CaptionHints(
        genres=_genres(tags),
        bpm=caption_bpm(caption),
        tempo_place=_tempo_place(text.wanted),
        tempo_factor=slower * faster,
        key=key,
        mode=key.mode if key else _mode(text.wanted, emotions),
        metre=_first(words_table("tempo")["metres"], text.wanted),
        energy=calmer + livelier,
        moods=tags.emotions,
        era=next(iter(_named(words_table("eras"), text.wanted)), None),
        wanted=_wanted(text.wanted),
        unwanted=tuple(sorted({name for part in text.refused for group in _wanted(part) for name in group})),
        no_drums="drumless" in text.wanted or any(_has(part, *_DRUM_WORDS) for part in text.refused),
        singer=_singer(text),
        voices=_voices(text),
        sample=_sample(text.wanted),
        piece=_first(words_table("samples")["pieces"], text.wanted),
    )


def caption_key(caption: str) -> Key | None:
    """A key named in running text: "in A minor", "key of Bb". A lone letter is no key."""
    match = _CAPTION_KEY.search(caption)
    return parse_key("".join(filter(None, match.groups()))).key if match else None


def caption_bpm(caption: str) -> float | None:
    match = _BPM.search(caption) or _BPM_NAMED.search(caption)
    return float(match[1]) if match and 30 <= int(match[1]) <= 300 else None


def _split_refusals(text: str) -> _Text:
    """Cut out "no X", "without X (or Y)" up to the next comma, full stop or "with"."""
    pattern = re.compile(
        rf"\b{_NEGATION}([^,.;]+?)(?=$|[,.;]|\bwith\b|\bbut\b|\band (?!no)(?=\w+ (?:vocal|voice)))"
    )
    refused = pattern.findall(text)
    return _Text(pattern.sub(" ", text), refused)


@cache
def _pattern(word: str, ending: str = "") -> re.Pattern[str]:
    """The whole word. Kept here: the tables hold more words than `re` itself remembers."""
    return re.compile(rf"(?<!\w){re.escape(word)}{ending}(?!\w)")


def _has(text: str, *words: str) -> bool:
    return any(_pattern(word).search(text) for word in words)


def _named(table: dict[str, Any], text: str) -> list[str]:
    return [name for name, row in table.items() if _has(text, *row["words"])]


def _first(table: dict[str, str], text: str) -> str | None:
    """The value of the longest word of the table that the text holds."""
    found = [word for word in table if _has(text, word)]
    return table[max(found, key=len)] if found else None


def _genres(tags: Tags) -> tuple[str, ...]:
    """Genres composed here, the clearest first; an occasion's where no genre is named."""
    known = vocabulary()
    styles = [known.genres[name].style for name in tags.genres]
    occasions = [known.occasions[name].style for name in tags.occasions]
    found = [find_genre(style) for style in styles or occasions if style]
    return tuple(dict.fromkeys(genre.slug for genre in found if genre))


def _strongest(values: Sequence[float], least: float, most: float, nothing: float) -> tuple[float, float]:
    """The strongest wish each way, within bounds: synonyms do not add up, opposites do."""
    return max(least, min([nothing, *values])), min(most, max([nothing, *values]))


def _tempo_place(text: str) -> float | None:
    places = words_table("tempo")["places"]
    word = max((word for word in places if _has(text, word)), key=len, default=None)
    return float(places[word]) if word else None


def _mode(text: str, emotions: Sequence[Emotion]) -> Mode | None:
    if _has(text, "major", "minor"):
        return "major" if _has(text, "major") else "minor"
    leanings = [emotion.mode for emotion in emotions if emotion.mode]
    return cast(Mode, leanings[0]) if leanings else None


def _wanted(text: str) -> tuple[tuple[str, ...], ...]:
    """Groups of instruments, one group a phrase; the longest phrase at a place counts."""
    phrases: dict[str, list[str]] = {}
    for name, row in words_table("instruments").items():
        for word in row["words"]:
            phrases.setdefault(word, []).append(name)
    groups: list[tuple[int, tuple[str, ...]]] = []
    taken = text
    for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)):
        match = _pattern(phrase, "s?").search(taken)
        if match:
            groups.append((match.start(), tuple(phrases[phrase])))
            taken = taken[: match.start()] + " " * (match.end() - match.start()) + taken[match.end() :]
    return tuple(group for _, group in sorted(groups))


def _singer(text: _Text) -> SingerWish | None:
    if any(_has(part, "vocals", "vocal", "singing", "voice", "singer") for part in text.refused):
        return "none"
    found = _named(words_table("singers"), text.wanted)
    return cast(SingerWish, found[0]) if found else None


def _voices(text: _Text) -> tuple[str, ...]:
    """The singers of a duet, group or choir; a "piano duet" is none."""
    table = words_table("voices")
    sung = _SUBJECT.sub(" ", _instrument_duet().sub(" ", text.wanted))
    is_of_voices = _has(sung, *table["beside"])
    rows = [row for row in table["voices"] if is_of_voices or "beside" not in row]
    words = {word: tuple(row["voices"]) for row in rows for word in row["words"]}
    found = [word for word in words if _has(sung, word)]
    if not found:
        return ()
    longest = max(found, key=len)
    voices = words[longest]
    alone = _singer(replace(text, wanted=_pattern(longest).sub(" ", sung)))
    is_beside = "" in voices or voices == ("choir",)
    if not is_beside or alone in (None, "none", "choir"):
        return voices
    return (str(alone), *(voice for voice in voices if voice))


@cache
def _instrument_duet() -> re.Pattern[str]:
    words = sorted({word for row in words_table("instruments").values() for word in row["words"]}, key=len)
    return re.compile(
        rf"\b(?:{'|'.join(map(re.escape, reversed(words)))})s?[\s-]+(?:duet|duo|duett|dueto|duetto)s?\b"
    )


def _sample(text: str) -> SampleKind | None:
    table = {name: row for name, row in words_table("samples").items() if name != "pieces"}
    found = _named(table, text)
    return cast(SampleKind, found[0]) if found else None
