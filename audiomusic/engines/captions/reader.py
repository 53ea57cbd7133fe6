"""Reads what a caption asks for. Never fails; reports what it does not understand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from audiomusic.engines.captions.behind import Marked
from audiomusic.engines.captions.combine import combined
from audiomusic.engines.captions.items import DEPENDENT_KINDS, Item, Scanned, scan
from audiomusic.engines.captions.keys import played_mode
from audiomusic.engines.captions.lexicon import PhraseMeaning, table
from audiomusic.engines.captions.placed import Placed, PlaceReader, edge_entries, entry_of
from audiomusic.engines.captions.scopes import Scopes
from audiomusic.engines.captions.settle import settled
from audiomusic.engines.captions.wishes import Polarity, Reading, Wish, WishValue
from audiomusic.engines.theory import SCALES

PARTIAL = "The caption names a part of the song that the studio does not know; it plays throughout."
NO_SUCH_SOUND = "The studio does not have this sound."
NO_SUCH_MODE = "The studio composes in major, minor and the church modes."
SENTENCE_ENDS = frozenset(".!?。！？…\n")
MOST_UNKNOWN = 100  # words that are reported
ALL_VOICES = ("any",)
#: The name of a section's refusal.
REFUSED_SECTION = "no_{}"
#: The item's first kind in this order is used.
BAND_ORDER = ("voice", "instrument", "drums")


@lru_cache(maxsize=256)
def read_wishes(caption: str) -> Reading:
    """Return a caption's wishes in order, those overridden by others, and the words not understood."""
    scanned = combined(scan(caption))
    scopes = Scopes(scanned).read()
    places = PlaceReader(scanned.items, scopes.marks).read()
    scopes.used |= places.used
    found = list(_wishes(scanned, scopes, places.placed))
    undone = [(wish, reason) for wish, reason in found if reason]
    wishes, lost = settled([wish for wish, reason in found if not reason])
    return Reading(
        wishes=tuple(wishes),
        not_understood=_not_understood(scanned, scopes),
        settled=(*undone, *lost),
        subject=_subject(scanned, scopes),
        heads=_heads(scanned, scopes),
    )


def _wishes(scanned: Scanned, scopes: Scopes, placed: Mapping[int, Placed]) -> Iterator[tuple[Wish, str]]:
    """Yield each wish, with the reason if it cannot be met."""
    for index, item in enumerate(scanned.items):
        mark = scopes.marks[index]
        if index in scopes.unaccompanied:
            yield _wish(scanned, item, mark, "voice", ALL_VOICES, "only"), ""
        if mark.polarity is None:
            continue
        if index in placed:
            yield _entry(scanned, item, placed[index]), ""
            if not (placed[index].rule == "silent" and mark.polarity == "want"):
                continue  # a player that only rests in the bridge plays elsewhere
        for wish, reason in _item_wishes(scanned, scopes, item, mark):
            is_part = mark.is_partial and wish.polarity in ("refuse", "only")
            yield wish, reason or (PARTIAL if is_part else "")


def _entry(scanned: Scanned, item: Item, placed: Placed) -> Wish:
    first, last = scanned.items[placed.first].start, scanned.items[placed.last].end
    meaning = item.meanings.get("instrument") or item.meanings["drums"]
    nearest = scanned.words(item.start, item.end) if meaning.is_near else None
    start = scanned.tokens[first].start
    return Wish(scanned.words(first, last), "entry", entry_of(item, placed), start=start, nearest_to=nearest)


def _item_wishes(scanned: Scanned, scopes: Scopes, item: Item, mark: Marked) -> Iterator[tuple[Wish, str]]:
    polarity = mark.polarity or "want"
    if item.quantity is not None:
        quantity = item.quantity
        reason = quantity.reason or (
            "It is refused, and no other genre is named." if polarity == "refuse" else ""
        )
        wish = _wish(
            scanned, item, mark, quantity.aspect, quantity.value, "want", quantity.nearest_to, scopes
        )
        yield wish, reason
    meanings = item.meanings
    band = next((meanings[kind] for kind in BAND_ORDER if kind in meanings), None)
    if band is not None and not ("mix" in meanings and polarity == "refuse"):
        yield from _band(scanned, scopes, item, mark, band)
    for kind in ("genre", "mood", "occasion"):
        if kind in meanings:
            style: Polarity = "refuse" if polarity == "refuse" else "want"
            yield _wish(scanned, item, mark, kind, meanings[kind].name, style, scopes=scopes), ""
    yield from _settings(scanned, scopes, item, mark)


def _band(
    scanned: Scanned, scopes: Scopes, item: Item, mark: Marked, meaning: PhraseMeaning
) -> Iterator[tuple[Wish, str]]:
    polarity = mark.polarity or "want"
    nearest = scanned.words(item.start, item.end) if meaning.is_near else None
    if meaning.kind == "voice":
        yield _voice(scanned, scopes, item, mark, meaning), ""
    elif meaning.kind == "instrument":
        value = meaning.family if polarity == "refuse" else meaning.value
        if meaning.is_near and polarity == "refuse":
            return  # the band does not have it anyway, and the nearest instrument is not refused
        yield _wish(scanned, item, mark, "instrument", value, polarity, nearest, scopes), ""
    elif meaning.name == "beat" and polarity != "refuse":
        return
    elif not meaning.value or meaning.name == "tabla":
        yield _wish(scanned, item, mark, "drums", None, polarity, nearest, scopes), ""
    else:
        for piece in meaning.value if polarity == "refuse" else meaning.value[:1]:
            yield _wish(scanned, item, mark, "drums", piece, polarity, None, scopes), ""


def _voice(scanned: Scanned, scopes: Scopes, item: Item, mark: Marked, meaning: PhraseMeaning) -> Wish:
    if meaning.name == "nobody":
        value: WishValue = ALL_VOICES if mark.polarity == "refuse" else ()
        return _wish(scanned, item, mark, "voice", value, "want", scopes=scopes)
    if meaning.name == "any" and mark.polarity == "refuse":
        return _wish(scanned, item, mark, "voice", (), "want", scopes=scopes)
    return _wish(scanned, item, mark, "voice", meaning.value, mark.polarity or "want", scopes=scopes)


def _settings(scanned: Scanned, scopes: Scopes, item: Item, mark: Marked) -> Iterator[tuple[Wish, str]]:
    """Yield wishes on pace, era, mode, metre, form, mix and sounds."""
    meanings, refused = item.meanings, mark.polarity == "refuse"
    if (pace := meanings.get("pace")) and "genre" not in meanings:
        yield (
            _wish(
                scanned, item, mark, "pace", float(pace.name), "refuse" if refused else "want", scopes=scopes
            ),
            "",
        )
    elif pace and not refused:
        yield _wish(scanned, item, mark, "pace", float(pace.name), scopes=scopes), ""
    if era := meanings.get("era"):
        nearest = scanned.words(item.start, item.end) if era.is_near else None
        yield (
            _wish(scanned, item, mark, "era", era.name, "refuse" if refused else "want", nearest, scopes),
            "",
        )
    if (metre := meanings.get("metre")) and not refused:
        yield _wish(scanned, item, mark, "metre", metre.name, scopes=scopes), ""
    if mode := meanings.get("mode"):
        yield from _mode(scanned, scopes, item, mark, mode.name, refused)
    if section := meanings.get("section"):
        if refused:
            yield _wish(scanned, item, mark, "form", REFUSED_SECTION.format(section.name), scopes=scopes), ""
        elif section.name not in ("verse", "chorus", "intro", "outro", "prechorus"):
            yield _wish(scanned, item, mark, "form", f"with:{section.name}", scopes=scopes), ""
    form = meanings.get("form")
    at_edge = edge_entries(form.name, refused) if form is not None else []
    for entry in at_edge:
        yield _wish(scanned, item, mark, "entry", entry, scopes=scopes), ""
    if form is not None and not at_edge:
        yield (
            _wish(scanned, item, mark, "form", form.name, "refuse" if refused else "want", scopes=scopes),
            "",
        )
    if mix := meanings.get("mix"):
        yield _wish(scanned, item, mark, "mix", _turned(mix) if refused else mix.name, scopes=scopes), ""
    if sound := meanings.get("sound"):
        wish = _wish(scanned, item, mark, "sound", sound.name, "refuse" if refused else "want", scopes=scopes)
        yield wish, "" if refused else NO_SUCH_SOUND


def _turned(mix: PhraseMeaning) -> str:
    """Return what a refused mix wish requests: no reverb is dry, drums not too loud are softer."""
    if mix.value:
        return mix.value[0]
    verb, _, what = mix.name.partition(":")
    return f"{'softer' if verb == 'louder' else 'louder'}:{what}"


def _mode(
    scanned: Scanned, scopes: Scopes, item: Item, mark: Marked, mode: str, refused: bool
) -> Iterator[tuple[Wish, str]]:
    if mode in ("major", "minor"):
        other = {"major": "Minor", "minor": "Major"}
        value = other[mode] if refused else mode.capitalize()
        yield _wish(scanned, item, mark, "key", value, scopes=scopes), ""
    elif not refused:
        is_known = mode in SCALES or mode in table("quantities")["played_modes"]
        played, is_near = played_mode(mode) if is_known else ("", False)
        nearest = mode if is_near else None
        wish = _wish(scanned, item, mark, "key", played.title() or None, nearest_to=nearest, scopes=scopes)
        yield wish, "" if is_known else NO_SUCH_MODE


def _wish(
    scanned: Scanned,
    item: Item,
    mark: Marked,
    aspect: str,
    value: WishValue,
    polarity: Polarity = "want",
    nearest_to: str | None = None,
    scopes: Scopes | None = None,
) -> Wish:
    words, start = _words(scanned, scopes, item, mark)
    sentence = _sentence(scanned, mark) if polarity == "only" else None
    return Wish(words, aspect, value, polarity, start, nearest_to, sentence)  # type: ignore[arg-type]


def _sentence(scanned: Scanned, mark: Marked) -> int | None:
    """Return the number of the sentence with the "only"; None for "nothing else", which applies to everything
    named."""
    if mark.opener is None or "nothing_else" in scanned.items[mark.opener].signs:
        return None
    return sum(item.text in SENTENCE_ENDS for item in scanned.items[: mark.opener])


def _words(scanned: Scanned, scopes: Scopes | None, item: Item, mark: Marked) -> tuple[str, int]:
    """Return the words of a wish with the sign that applies to it, as one piece if they are contiguous."""
    own = scanned.words(item.start, item.end)
    place = scanned.tokens[item.start].start
    if scopes is None or mark.opener is None:
        if item.is_refused and scanned.tokens[item.start].is_minus:
            return f"-{own}", place
        return own, place
    sign = scanned.items[mark.opener]
    first, last = min(sign.start, item.start), max(sign.end, item.end)
    between = scanned.items[
        min(mark.opener, _index(scanned, item)) + 1 : max(mark.opener, _index(scanned, item))
    ]
    if all(not part.kind and not part.is_comma and not part.is_stop for part in between):
        return scanned.words(first, last), scanned.tokens[first].start
    opener = scanned.words(sign.start, sign.end)
    return (f"{opener} {own}" if sign.start < item.start else f"{own} {opener}"), place


def _index(scanned: Scanned, item: Item) -> int:
    return next(index for index, other in enumerate(scanned.items) if other is item)


def _subject(scanned: Scanned, scopes: Scopes) -> tuple[str, ...]:
    items = (scanned.items[index] for index in scopes.subject)
    return tuple(
        scanned.words(item.start, item.end) for item in items if not item.is_filler and item.end > item.start
    )


def _heads(scanned: Scanned, scopes: Scopes) -> tuple[str, ...]:
    """Return the genres, the deciding one first: of adjacent ones the last, unless it only names a shape or
    is an adjective."""
    shapes, adjectives = (frozenset(table("genres")[name]) for name in ("shapes", "adjectives"))
    plain: set[str] = set()
    groups: list[list[str]] = [[]]
    for index, item in enumerate(scanned.items):
        genre = item.meanings.get("genre")
        if genre is not None and scopes.marks[index].polarity == "want":
            groups[-1].append(genre.name)
            is_plain = scanned.words(item.start, item.end).casefold() not in adjectives
            plain |= {genre.name} if is_plain else set()
        elif item.kind != "style" and not (item.is_filler and not item.is_comma and not item.is_stop):
            groups.append([])
    ordered: list[str] = []
    for group in groups:
        ordered += reversed(group)
    strong = [name for name in ordered if name in plain - shapes]
    return tuple(dict.fromkeys([*strong, *ordered]))


def _not_understood(scanned: Scanned, scopes: Scopes) -> tuple[str, ...]:
    """Return words that requested nothing and are not fillers; adjacent characters of unspaced scripts are
    joined."""
    runs: list[tuple[int, int]] = []
    subject = set(scopes.subject)
    for index, item in enumerate(scanned.items):
        if index in scopes.used or index in subject:
            continue
        if item.is_filler or item.start == item.end or item.kind or item.signs:
            continue
        if item.meanings and not item.meanings.keys() <= DEPENDENT_KINDS:
            continue
        if not any(token.is_word for token in scanned.tokens[item.start : item.end]):
            continue
        tokens = scanned.tokens
        if (
            runs
            and runs[-1][1] == item.start
            and tokens[item.start].start == tokens[item.start - 1].end
            and not tokens[item.start].text.isascii()
        ):
            runs[-1] = (runs[-1][0], item.end)
        else:
            runs.append((item.start, item.end))
    words = (scanned.words(start, end) for start, end in runs)
    return tuple(dict.fromkeys(words))[:MOST_UNKNOWN]
