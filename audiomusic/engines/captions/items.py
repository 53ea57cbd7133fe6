"""Splits a caption into items: phrases with their possible meanings, unknown words, and punctuation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from audiomusic.engines.captions.keys import begins_key, read_key
from audiomusic.engines.captions.lexicon import (
    IDIOM,
    TAG_KINDS,
    Lexicon,
    PhraseMeaning,
    filler,
    lexicon,
    table,
)
from audiomusic.engines.captions.quantities import Quantity, begins_quantity, read_quantity
from audiomusic.engines.captions.tokens import KANA, CaptionToken, is_separated, tokens_of

BAND_KINDS = frozenset({"instrument", "drums", "voice", "sound"})
STYLE_KINDS = frozenset({"genre", "mood", "occasion", "era", "pace", "mode", "metre", "mix", "quantity"})
FORM_KINDS = frozenset({"section", "form"})
CONTENT_KINDS = BAND_KINDS | STYLE_KINDS | FORM_KINDS
SIGN_KINDS = frozenset(
    {
        "refuse", "refuse_list", "swap", "behind", "only_before", "only", "only_behind", "nothing_else",
        "only_next", "unaccompanied", "close", "and", "or", "partly", "keep", "about", "degree",
    }
)  # fmt: skip
#: Kinds that only have a meaning together with another item.
DEPENDENT_KINDS = frozenset(
    {
        "level_before",
        "level_behind",
        "short",
        "long",
        "at_once",
        "solo",
        "start",
        "finish",
        "start_behind",
        "finish_behind",
        "when",
        "when_behind",
        "edge",
        "ordinal",
        "enter",
        "leave",
        "has",
    }
)
COMMAS = frozenset(",、，;；")
STOPS = frozenset(".!?。！？\n()[]{}（）【】|:：…")
SHORTEST_STEM = 4
SHORTEST_INFLECTED = 6
INFLECTED_KINDS = frozenset({"instrument", "drums", "mood", "genre"})
INNER_KINDS = frozenset({"instrument", "drums", "only", "only_before", "solo", "era"})


@dataclass
class Item:
    """A phrase (with meanings), an unknown word, or punctuation."""

    start: int  # tokens
    end: int
    meanings: dict[str, PhraseMeaning] = field(default_factory=dict)
    quantity: Quantity | None = None
    text: str = ""
    is_filler: bool = False
    is_refused: bool = False  # by its ending, or by a minus: "drumless", "-drums"
    kind: str = field(init=False)  # band, style or form; empty if it requests nothing by itself
    signs: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        kinds = self.meanings.keys()
        self.signs = frozenset(kinds & SIGN_KINDS)
        if kinds & BAND_KINDS:
            self.kind = "band"
        elif kinds & FORM_KINDS:
            self.kind = "form"
        else:
            self.kind = "style" if kinds & STYLE_KINDS or self.quantity else ""

    @property
    def group(self) -> str:
        """The group within which an "and" continues a refusal: "no sad and dark songs"."""
        return self.kind if self.kind != "style" else next(iter(self.meanings), self.kind)

    @property
    def is_comma(self) -> bool:
        return self.text in COMMAS

    @property
    def is_stop(self) -> bool:
        return self.text in STOPS


@dataclass(frozen=True)
class Scanned:
    """A caption's items, with their tokens."""

    caption: str
    tokens: Sequence[CaptionToken]
    items: list[Item]

    def words(self, start: int, end: int) -> str:
        """Return the tokens from `start` to `end` as written in the caption."""
        return self.caption[self.tokens[start].start : self.tokens[end - 1].end]


def scan(caption: str) -> Scanned:
    """Return the items of a caption, in order."""
    tokens = tokens_of(caption)
    return Scanned(caption, tokens, list(_items(caption, tokens)))


def _items(caption: str, tokens: Sequence[CaptionToken]) -> Iterator[Item]:
    kana = bool(KANA.search(caption))
    book, muted, index = lexicon(), 0, 0
    while index < len(tokens):
        token = tokens[index]
        if index and is_separated(token):
            yield Item(index, index, text=".")
        skipped = TAG_KINDS | {IDIOM} if index < muted else frozenset()
        item = _item(book, caption, tokens, index, kana, skipped)
        if set(item.meanings) == {IDIOM}:
            muted = max(muted, item.end)
            continue
        item.meanings.pop(IDIOM, None)
        if _has_inside(item) and index >= muted:
            muted = item.end
            yield replace(item, meanings=dict(item.meanings))
            yield from _inside(book, caption, tokens, item, kana)
            index = item.end
            continue
        item.is_refused = item.is_refused or (_is_minus(tokens, index) and bool(item.kind))
        yield item
        index = item.end


def _is_minus(tokens: Sequence[CaptionToken], index: int) -> bool:
    return tokens[index].is_minus or (index == 0 and tokens[index].gap == "-")


def _item(
    book: Lexicon,
    caption: str,
    tokens: Sequence[CaptionToken],
    index: int,
    kana: bool,
    skipped: frozenset[str],
) -> Item:
    token = tokens[index]
    end, meanings = book.longest(tokens, index, skipped, kana)
    quantity = None
    if begins_key(token.text):
        quantity = read_key(tokens, index, caption)
    if quantity is None and begins_quantity(token.text):
        quantity = read_quantity(tokens, index, kana)
    is_decade = any(meaning.kind == "era" for meaning in meanings)
    if quantity is not None and quantity.end > index and quantity.end >= end + is_decade:
        return Item(index, quantity.end, quantity=quantity, text=token.text)
    if meanings:
        by_kind: dict[str, PhraseMeaning] = {}
        for meaning in meanings:
            by_kind.setdefault(meaning.kind, meaning)
        if set(by_kind) == {"filler"}:
            return Item(index, end, text=token.text, is_filler=True)
        by_kind.pop("filler", None)
        return Item(index, end, by_kind, text=token.text, is_filler=_is_filler(tokens[index:end]))
    own = Item(index, index + 1, text=token.text, is_filler=_is_filler([token]))
    return _built(book, tokens, index) or _inflected(book, tokens, index) or own


def _is_filler(tokens: Sequence[CaptionToken]) -> bool:
    return all(token.text in filler() or not token.is_word for token in tokens)


def _has_inside(item: Item) -> bool:
    """Return whether a genre's name also contains other wishes: "piano ballad", "80s rock"."""
    genre = item.meanings.get("genre")
    if genre is None or item.end - item.start < 2 or genre.name in table("genres")["whole"]:
        return False
    return not item.meanings.keys() & BAND_KINDS


def _inside(
    book: Lexicon, caption: str, tokens: Sequence[CaptionToken], outer: Item, kana: bool
) -> Iterator[Item]:
    index = outer.start
    while index < outer.end:
        inner = _item(book, caption, tokens[: outer.end], index, kana, TAG_KINDS | {IDIOM})
        kept = {kind: meaning for kind, meaning in inner.meanings.items() if kind in INNER_KINDS}
        if kept:
            yield Item(inner.start, inner.end, kept, text=inner.text)
        index = max(inner.end, index + 1)


def _built(book: Lexicon, tokens: Sequence[CaptionToken], index: int) -> Item | None:
    """Read a compound word: "drumless", "schlagzeugfrei", "klavierballade"."""
    word = tokens[index].text
    if len(word) < SHORTEST_STEM + 3 or not word.isalpha():
        return None
    for ending in table("signs")["endings"]["refuse"]:
        meanings = _stem(book, word, ending)
        if meanings and meanings.keys() & BAND_KINDS:
            return Item(index, index + 1, meanings, text=word, is_refused=True)
    if word.startswith("no") and (meanings := _stem(book, word[2:], "")) and meanings.keys() & BAND_KINDS:
        return Item(index, index + 1, meanings, text=word, is_refused=True)  # "#nodrums"
    for head in _heads():
        meanings = _stem(book, word, head)
        if meanings and meanings.keys() & CONTENT_KINDS:
            for meaning in book.longest(tokens_of(head), 0)[1]:
                if meaning.kind in TAG_KINDS or meaning.kind == "solo":
                    meanings.setdefault(meaning.kind, meaning)
            return Item(index, index + 1, meanings, text=word)
    return None


def _inflected(book: Lexicon, tokens: Sequence[CaptionToken], index: int) -> Item | None:
    """Read a word with an inflection that the lists lack: "mit Streichern"."""
    word = tokens[index].text
    if len(word) < SHORTEST_INFLECTED or not word.isalpha() or word in filler():
        return None
    for ending in table("signs")["endings"]["inflections"]:
        meanings = _stem(book, word, ending) if word.endswith(ending) else {}
        kept = {kind: meaning for kind, meaning in meanings.items() if kind in INFLECTED_KINDS}
        if kept:
            return Item(index, index + 1, kept, text=word)
    return None


def _heads() -> Sequence[str]:
    heads: Sequence[str] = [
        token.text for head in table("signs")["endings"]["heads"] for token in tokens_of(head)
    ]
    return heads


def _stem(book: Lexicon, word: str, ending: str) -> dict[str, PhraseMeaning]:
    """Return the meanings of the stem before an ending: as it is, in the plural, or without a linking
    letter."""
    if not word.endswith(ending) or len(word) - len(ending) < 3:
        return {}
    stem = word[: len(word) - len(ending)]
    for form in (stem, stem + "s", stem.removesuffix("s"), stem.removesuffix("n"), stem + "e"):
        tokens = tokens_of(form)
        end, meanings = book.longest(tokens, 0, frozenset(SIGN_KINDS | DEPENDENT_KINDS))
        if tokens and end == len(tokens) and meanings:
            return {meaning.kind: meaning for meaning in reversed(meanings)}
    return {}
