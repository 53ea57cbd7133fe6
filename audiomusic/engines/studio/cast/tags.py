"""Singer tags of lyrics: what "Anna & Ben", "Both", "male" or "Chor" mean, from `tags.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from audiomusic.engines.captions.lexicon import instruments_called
from audiomusic.engines.lyrics.headings import names_of
from audiomusic.engines.lyrics.words import fold
from audiomusic.engines.taxonomy import tags_of

VoiceKind = Literal["male", "female"]
TagKind = Literal["everyone", "choir", "lead", "rap", "female", "male", "name"]

KINDS: tuple[VoiceKind, ...] = ("female", "male")
SIGNS = {"m": "Man", "f": "Woman"}  # as used in karaoke files


@dataclass(frozen=True)
class Tag:
    """One singer or group named by a tag."""

    kind: TagKind
    key: str  # tags with the same key are the same singer
    name: str


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("tags.toml").read_text(encoding="utf-8"))


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(fold(word) for word in _table()[name])


@lru_cache(maxsize=1024)
def read_tag(text: str) -> tuple[Tag, ...]:
    """Return the singers that a tag names: "Anna & Ben" are two, "Both" is everyone."""
    whole = _tag(text.strip(" *_")) if text.strip(" *_") else None
    if whole is None or whole.kind != "name":
        return (whole,) if whole else ()
    found = [_tag(name) for name in names_of(text) or (text.strip(" *_"),)]
    return tuple(dict.fromkeys(tag for tag in found if tag.kind != "name" or not _is_manner(tag.name)))


def _is_manner(name: str) -> bool:
    """Whether it describes how a part is sung or played ("Powerful", "Full Band") and is not a name."""
    folded = fold(name)
    if any(folded.split()[0] in _names(kind) for kind in KINDS):
        return False
    is_adjective = (
        " " not in folded and folded.isascii() and folded.endswith(tuple(_table()["endings"]["manner"]))
    )
    known = tags_of(folded)
    return (
        is_adjective
        or bool(set(folded.split()) & _words("manner"))
        or bool(known.genres or known.emotions)
        or _ends_as_instrument(folded)
    )


def _ends_as_instrument(folded: str) -> bool:
    """Whether it ends with an instrument: "Acoustic guitar" does not sing."""
    words = folded.split()
    return any(instruments_called(" ".join(words[at:])) for at in range(len(words)))


def _tag(name: str) -> Tag:
    folded = fold(name)
    kinds: tuple[TagKind, ...] = ("everyone", "choir", "lead", "rap", "female", "male")
    bare = " ".join(word for word in folded.split() if word not in _words("voice"))
    kind: TagKind = next((kind for kind in kinds if folded in _words(kind) or bare in _words(kind)), "name")
    key = folded if kind == "name" else kind
    return Tag(kind, key, SIGNS.get(folded) or name[:1].upper() + name[1:])


def kind_of(tag: Tag) -> VoiceKind | None:
    """Return male or female if the tag or the name reveals it."""
    return tag.kind if tag.kind == "female" or tag.kind == "male" else name_kind(tag.name)


def name_kind(name: str) -> VoiceKind | None:
    """Return male or female by the first name, or None if unclear."""
    first = re.split(r"[\s.'’-]", fold(name).strip(), maxsplit=1)[0]
    known = next((kind for kind in KINDS if first in _names(kind)), None)
    if known or len(first) < 3 or not first.isascii():
        return known
    return next((kind for kind in KINDS if first.endswith(tuple(_table()["endings"][kind]))), None)


@cache
def _names(kind: VoiceKind) -> frozenset[str]:
    return frozenset(_table()["names"][kind])
