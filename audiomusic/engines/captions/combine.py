"""Combines items that belong together: "female voice", "guitar solo", "short intro", "loud drums"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from audiomusic.engines.captions.items import Item, Scanned
from audiomusic.engines.captions.lexicon import PhraseMeaning
from audiomusic.engines.captions.places import with_places

VOICE_LINKS = frozenset({"de", "d", "di", "da", "von", "of", "の"})
ARTICLES = frozenset({"a", "an", "ein", "eine", "einer", "un", "una", "une", "um", "uma"})
SOLO = PhraseMeaning("section", "solo")
NEAR = 6  # items within which a voice and its "immediately" belong together
GAP = 3  # fillers between "starts with" and the section
#: A "piano solo" that starts a caption is the whole band, unless one of these words precedes it.
SOLO_ARTICLES = frozenset(
    {
        "a",
        "an",
        "the",
        "with",
        "and",
        "then",
        "mit",
        "ein",
        "eine",
        "un",
        "une",
        "una",
        "avec",
        "con",
        "com",
        "um",
        "uma",
    }
)


def combined(scanned: Scanned) -> Scanned:
    """Return the items, with those that belong together joined."""
    items = scanned.items
    for step in (_voices, _solos, _sections, _starts):
        items = step(items)
    items = with_places(items)
    for step in (_at_once, _levels):
        items = step(items)
    return replace(scanned, items=items)


def _joined(items: Iterable[Item], meanings: dict[str, PhraseMeaning], **changes: object) -> Item:
    parts = list(items)
    first = parts[0]
    refused = any(part.is_refused for part in parts)
    return Item(first.start, parts[-1].end, meanings, text=first.text, is_refused=refused)


def _voices(items: list[Item]) -> list[Item]:
    """Join a singer with the following "voice"; only adjectives and genres may come between them."""
    found: list[Item] = []
    pending: int | None = None  # index in `found` of a singer whose "voice" may follow
    for item in items:
        voice = item.meanings.get("voice")
        if pending is not None and voice is not None and voice.name == "any":
            singer = found[pending]
            if pending == len(found) - 1:
                found[pending] = _joined([singer, item], dict(singer.meanings))
            else:
                found.append(Item(item.start, item.end, text=item.text, is_filler=True))
            pending = None
            continue
        link = -2 if len(found) > 1 and found[-1].text in VOICE_LINKS else -1
        before = found[link].meanings.get("voice") if found else None
        is_singer = voice is not None and voice.name not in ("any", "nobody")
        if is_singer and item.meanings["voice"].name == "choir" and _is_singer_before(found):
            at = len(found) - 1 - (found[-1].text == "s")
            found[at:] = [_joined([found[at], item], dict(item.meanings))]  # "women's choir"
            pending = len(found) - 1
            continue
        if is_singer and before is not None and before.name == "any":
            found[link:] = [
                _joined([found[link], item], dict(item.meanings))
            ]  # "voz femenina", "voz de mujer"
            continue
        if is_singer:
            pending = len(found)
        elif item.kind != "style" and not item.is_filler:
            pending = None
        found.append(item)
    return _nobodies(found)


def _is_singer_before(found: list[Item]) -> bool:
    at = len(found) - 1 - (found[-1].text == "s") if found else -1
    voice = found[at].meanings.get("voice") if at >= 0 else None
    return voice is not None and voice.name in ("male", "female", "high", "low")


def _nobodies(items: list[Item]) -> list[Item]:
    """Treat an "instrumental" before a section as part of it: "an instrumental bridge"."""
    found: list[Item] = []
    for index, item in enumerate(items):
        following = items[index + 1] if index + 1 < len(items) else None
        voice = item.meanings.get("voice")
        if (
            voice is not None
            and voice.name == "nobody"
            and following is not None
            and "section" in following.meanings
        ):
            found.append(Item(item.start, item.end, text=item.text, is_filler=True))
        else:
            found.append(item)
    return found


def _solos(items: list[Item]) -> list[Item]:
    """Read "with a guitar solo" as a section, but a caption that starts with "piano solo" as the whole
    band."""
    found: list[Item] = []
    skip_to = 0
    for index, item in enumerate(items):
        if index < skip_to:
            continue
        before = found[-1] if found else None
        is_solo = "solo" in item.meanings and not item.kind
        target = _solo_of(items, index) if is_solo else None
        if _is_bare_no_solo(items, index):
            found.append(Item(item.start, item.end, {"section": SOLO}, text=item.text, is_refused=True))
        elif "solo" in item.meanings and "instrument" in item.meanings:  # "Gitarrensolo"
            found.append(_joined([item], _solo_form(item)))
        elif target is not None:
            found.append(_joined(items[index : target + 1], _solo_form(items[target])))
            skip_to = target + 1
        elif is_solo and before is not None and "instrument" in before.meanings:
            if _is_whole_band(found):
                alone = {"only_behind": PhraseMeaning("only_behind", "solo")}
                found.append(Item(item.start, item.end, alone, text=item.text))
            else:
                found[-1] = _joined([before, item], _solo_form(before))
        elif is_solo and _is_soloist(items, index):
            found.append(Item(item.start, item.end, text=item.text, is_filler=True))
        elif is_solo and not _has_player(items, index) and before is not None and before.text in ARTICLES:
            found.append(Item(item.start, item.end, {"section": SOLO, **item.meanings}, text=item.text))
        else:
            found.append(item)
    return [_leading_solo(found, index) for index in range(len(found))]


def _has_player(items: list[Item], index: int) -> bool:
    following = items[index + 1] if index + 1 < len(items) else None
    return following is not None and bool(following.meanings.keys() & {"instrument", "drums", "voice"})


def _is_soloist(items: list[Item], index: int) -> bool:
    """Return whether a soloist is only part of the band: "with a solo violin"."""
    has_article = index > 1 and items[index - 1].text in ARTICLES and "close" in items[index - 2].signs
    return has_article and _has_player(items, index)


def _solo_of(items: list[Item], index: int) -> int | None:
    """Return the index of the instrument of a "solo": "assolo di chitarra", "solo de piano"."""
    at = index + 1
    while at < len(items) and at <= index + 2 and items[at].text in VOICE_LINKS:
        at += 1
    has_link = at > index + 1
    return at if has_link and at < len(items) and "instrument" in items[at].meanings else None


def _solo_form(item: Item) -> dict[str, PhraseMeaning]:
    instrument = item.meanings["instrument"]
    return {"form": PhraseMeaning("form", f"solo:{'|'.join(instrument.value)}", is_near=instrument.is_near)}


def _is_bare_no_solo(items: list[Item], index: int) -> bool:
    """Return whether "no solo" stands by itself; before another word it is Spanish for "not only"."""
    item = items[index]
    following = items[index + 1] if index + 1 < len(items) else None
    is_end = following is None or following.is_stop or following.is_comma
    return "keep" in item.meanings and item.meanings["keep"].name == "no solo" and is_end


def _leading_solo(items: list[Item], index: int) -> Item:
    """Read "solo piano" as piano alone; with a singer, "solo" means one singer, as usual."""
    item = items[index]
    if "solo" not in item.meanings or "section" in item.meanings or "only_behind" in item.meanings:
        return item
    following = items[index + 1] if index + 1 < len(items) else None
    if following is not None and following.meanings.keys() & {"instrument", "drums"}:
        return Item(
            item.start, item.end, {"only_before": PhraseMeaning("only_before", "solo")}, text=item.text
        )
    return item


def _is_whole_band(found: list[Item]) -> bool:
    """Return whether the last item, before a "solo", is all that the caption started with."""
    if any(item.is_comma or item.is_stop or item.signs for item in found):
        return False
    return all(item.kind in ("", "style") and item.text not in SOLO_ARTICLES for item in found[:-1])


def _sections(items: list[Item]) -> list[Item]:
    """Join "short intro", "long outro"."""
    found: list[Item] = []
    for item in items:
        before = found[-1] if found else None
        section = item.meanings.get("section")
        if section is not None and section.name.startswith("instrumental_"):
            section = PhraseMeaning("section", section.name.removeprefix("instrumental_"))
            item = replace(item, meanings={"section": section})
        size = next((kind for kind in ("short", "long") if before and kind in before.meanings), None)
        if section is not None and before is not None and size and section.name in ("intro", "outro"):
            found[-1] = _joined([before, item], {"form": PhraseMeaning("form", f"{size}_{section.name}")})
            continue
        found.append(item)
    return found


def _starts(items: list[Item]) -> list[Item]:
    """Join "starts with the chorus", "ends on a chorus", "サビから始まる"."""
    found: list[Item] = []
    skip_to = 0
    for index, item in enumerate(items):
        if index < skip_to:
            continue
        kind = next((kind for kind in ("start", "finish") if kind in item.meanings), None)
        behind = next((kind for kind in ("start", "finish") if f"{kind}_behind" in item.meanings), None)
        last = len(found) - 1
        while last >= 0 and last >= len(found) - 2 and found[last].is_filler and not found[last].kind:
            last -= 1
        form = _edge_before(behind, found, last) if behind and last >= 0 else None
        if form:
            found[last:] = [_joined([found[last], item], {"form": PhraseMeaning("form", form)})]
            continue
        target = _target(items, index + 1) if kind and not _is_played_before(found) else None
        form = _edge(kind, items[target]) if kind and target is not None else None
        if kind and target is not None and form:
            last, form = _with_others(items, target, form)
            found.append(_joined(items[index : last + 1], {"form": PhraseMeaning("form", form)}))
            skip_to = last + 1
            continue
        found.append(item)
    return found


def _edge_before(kind: str, found: list[Item], at: int) -> str | None:
    """Return the form that "サビから始まる" requests, unless a player starts there rather than the song."""
    is_player = "section" in found[at].meanings and _is_played_before(found[:at])
    return _edge(kind, found[at]) if found[at].kind and not is_player else None


def _is_played_before(found: list[Item]) -> bool:
    """Return whether a player, not the song, starts there: "drums start on the second verse"."""
    at = len(found) - 1
    while at >= 0 and found[at].is_filler and not found[at].is_comma and not found[at].is_stop:
        at -= 1
    return at >= 0 and bool(found[at].meanings.keys() & {"instrument", "drums"})


def _with_others(items: list[Item], at: int, form: str) -> tuple[int, str]:
    """Include the players that play together at an edge: "ends with piano and strings"."""
    while at + 2 < len(items) and "and" in items[at + 1].signs and _player(items[at]):
        if not _player(items[at + 2]):
            break
        at += 2
        form += f"+{_player(items[at])}"
    return at, form


def _player(item: Item) -> str:
    instrument = item.meanings.get("instrument")
    return "|".join(instrument.value) if instrument else "drums" if "drums" in item.meanings else ""


def _target(items: list[Item], start: int) -> int | None:
    for index in range(start, min(len(items), start + GAP + 1)):
        item = items[index]
        if item.kind:
            return index
        if not item.is_filler and "level_before" not in item.meanings:
            return None
    return None


def _edge(kind: str, item: Item) -> str | None:
    """Return the form requested by a song that starts, or ends, with this item."""
    if section := item.meanings.get("section"):
        return f"{'starts' if kind == 'start' else 'ends'}_with:{section.name}"
    voice = item.meanings.get("voice")
    if voice is not None and voice.name != "nobody":
        return "no_intro" if kind == "start" else "no_outro"
    if player := _player(item):
        return f"{'starts' if kind == 'start' else 'ends'}_with:{player}"
    return None


def _at_once(items: list[Item]) -> list[Item]:
    """Read "vocals start immediately", "sofort Gesang"."""
    found = list(items)
    for index, item in enumerate(items):
        if "at_once" not in item.meanings or item.kind:
            continue
        for other in _around(items, index):
            voice = items[other].meanings.get("voice")
            if voice is not None and voice.name != "nobody":
                found[index] = replace(item, meanings={"form": PhraseMeaning("form", "no_intro")})
                break
    return found


def _around(items: list[Item], index: int) -> list[int]:
    """Return the indices of the clause's items near this one, nearest first."""
    places: list[int] = []
    for step in (-1, 1):
        for distance in range(1, NEAR + 1):
            at = index + step * distance
            if not 0 <= at < len(items) or items[at].is_stop or items[at].is_comma:
                break
            places.append(at)
    return sorted(places, key=lambda at: abs(at - index))


def _levels(items: list[Item]) -> list[Item]:
    """Join "loud drums", "vocals low in the mix", "less reverb"."""
    found: list[Item] = []
    for index, item in enumerate(items):
        before = found[-1] if found else None
        level = before.meanings.get("level_before") if before is not None else None
        if level is not None and before is not None and (name := _leveled(level, before, item)):
            kept = {} if "mix" in item.meanings else _kept(item)
            found[-1] = _joined([before, item], {**kept, "mix": name})
            continue
        behind = item.meanings.get("level_behind")
        following = items[index + 1] if index + 1 < len(items) else None
        is_before = "level_before" in item.meanings and following is not None and following.kind == "band"
        target = _leveled_before(found) if behind is not None and not is_before else None
        if behind is not None and target is not None and not item.kind:
            name = PhraseMeaning("mix", f"{_verb(behind)}:{_what(found[target])}")
            found[target:] = [_joined([*found[target:], item], {**_kept(found[target]), "mix": name})]
            continue
        found.append(item)
    return found


def _verb(level: PhraseMeaning) -> str:
    return "louder" if level.name == "up" else "softer"


def _what(item: Item) -> str:
    """Return what is louder or softer: "drums", "vocals", or an instrument of the table."""
    if "voice" in item.meanings:
        return "vocals"
    return "drums" if "drums" in item.meanings else item.meanings["instrument"].name


def _kept(item: Item) -> dict[str, PhraseMeaning]:
    """Return the meanings that are also requested; a generic voice is not."""
    return {
        kind: meaning
        for kind, meaning in item.meanings.items()
        if kind in ("instrument", "drums") or meaning.name not in ("any", "beat")
    }


def _leveled(level: PhraseMeaning, before: Item, item: Item) -> PhraseMeaning | None:
    if "mix" in item.meanings and item.meanings["mix"].name == "wet":
        return item.meanings["mix"] if level.name == "up" else PhraseMeaning("mix", "dry", ("wet",))
    has_mood = "mood" in before.meanings
    voice = item.meanings.get("voice")
    if voice is not None and voice.name != "nobody" and not (has_mood and level.name == "up"):
        return PhraseMeaning("mix", f"{_verb(level)}:vocals")
    if "drums" in item.meanings:
        return PhraseMeaning("mix", f"{_verb(level)}:drums")
    instrument = item.meanings.get("instrument")
    is_bass = instrument is not None and instrument.name in ("bass", "sub_bass", "synth_bass")
    if instrument is not None and (is_bass or not has_mood):
        return PhraseMeaning("mix", f"{_verb(level)}:{instrument.name}")
    return None


def _leveled_before(found: list[Item]) -> int | None:
    """Return the index of the player directly before, skipping fillers: "the drums are up front"."""
    at = len(found) - 1
    while at >= 0 and at >= len(found) - GAP:
        item = found[at]
        if item.meanings.keys() & {"instrument", "drums", "voice"} and not item.is_refused:
            voice = item.meanings.get("voice")
            return None if voice is not None and voice.name == "nobody" else at
        if not item.is_filler or item.is_stop or item.is_comma or item.signs:
            return None
        at -= 1
    return None
