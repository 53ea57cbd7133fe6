"""Resolves contradictory wishes: the later one wins, and the earlier one is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from audiomusic.engines.captions.entries import PlayerEntry
from audiomusic.engines.captions.wishes import Wish

#: A song has only one of each.
SINGLE = ("tempo", "metre", "duration", "key", "era")
BAND = ("instrument", "drums")
LATER = "A later wish in the caption takes precedence: “{}”."
OPPOSITE_MIX = {"dry": "wet", "wet": "dry", "wide": "narrow", "narrow": "wide"}
OPPOSITE_FORMS = (
    frozenset({"fade_out", "abrupt_end"}),
    frozenset({"no_intro", "short_intro", "long_intro"}),
    frozenset({"no_outro", "short_outro", "long_outro"}),
)
Lost = list[tuple[Wish, str]]


def settled(wishes: Sequence[Wish]) -> tuple[list[Wish], Lost]:
    """Return (the wishes that apply, those overridden by a later one, with the reason)."""
    held: list[Wish] = []
    lost: Lost = []
    for wish in wishes:
        wish, rivals = _against(wish, held)
        for rival in rivals:
            held.remove(rival)
            if not _is_same(rival, wish):
                lost.append((rival, LATER.format(wish.words)))
        if not any(_is_same(wish, other) for other in held):
            held.append(wish)
    held, outdone = _last_only(held)
    lost += outdone
    held = _silent(held)
    left_out = _left_out(held)
    lost += [(wish, LATER.format(only.words)) for wish, only in left_out if not _is_named(wish, held)]
    return _exclusive([wish for wish in held if wish not in [earlier for earlier, _ in left_out]]), lost


def _is_same(one: Wish, other: Wish) -> bool:
    return (one.aspect, one.value, one.polarity) == (other.aspect, other.value, other.polarity)


def _against(wish: Wish, held: list[Wish]) -> tuple[Wish, list[Wish]]:
    """Return the wish, and the earlier ones that cannot apply beside it; a refusal may only shrink."""
    rivals: list[Wish] = []
    for other in list(held):
        if other.aspect != wish.aspect:
            if _contradicts(other, wish):
                rivals.append(other)
            continue
        if wish.aspect == "instrument":
            shrunk = _instruments(other, wish)
            if shrunk is None:
                rivals.append(other)
            elif shrunk is not other:
                held[held.index(other)] = shrunk
        elif _excludes(other, wish):
            rivals.append(other)
    return wish, rivals


def _contradicts(earlier: Wish, later: Wish) -> bool:
    """Return whether one refuses a player for the whole song and the other requests it in part of it."""
    for entry, other in ((earlier.value, later), (later.value, earlier)):
        if isinstance(entry, PlayerEntry) and entry.asks_to_play and other.polarity == "refuse":
            if entry.drums and other.aspect == "drums" and other.value is None:
                return True
            if other.aspect == "instrument" and set(entry.players) <= set(_names(other)) and entry.players:
                return True
    return False


def _instruments(earlier: Wish, later: Wish) -> Wish | None:
    """Return what is left of the earlier wish; None if nothing."""
    is_refused = (earlier.polarity == "refuse", later.polarity == "refuse")
    if is_refused[0] == is_refused[1]:
        return None if _is_same(earlier, later) else earlier
    own, other = _names(earlier), set(_names(later))
    left = tuple(name for name in own if name not in other)
    if len(left) == len(own):
        return earlier
    return replace(earlier, value=left) if left else None


def _names(wish: Wish) -> tuple[str, ...]:
    return wish.value if isinstance(wish.value, tuple) and all(isinstance(v, str) for v in wish.value) else ()  # type: ignore[return-value]


def _excludes(earlier: Wish, later: Wish) -> bool:
    aspect = later.aspect
    if aspect in SINGLE and "refuse" not in (earlier.polarity, later.polarity):
        return not (
            aspect == "key"
            and isinstance(earlier.value, str)
            and later.value == earlier.value.partition(" ")[2]
        )
    if aspect in ("genre", "mood", "occasion", "era"):
        return earlier.value == later.value and earlier.polarity != later.polarity
    if aspect == "drums":
        turned = (earlier.polarity == "refuse") != (later.polarity == "refuse")
        return turned and (None in (earlier.value, later.value) or earlier.value == later.value)
    if aspect == "voice":
        return _voices_exclude(earlier, later)
    if aspect == "mix":
        return _mix_excludes(str(earlier.value), str(later.value))
    if aspect == "form":
        turned = earlier.value == later.value and earlier.polarity != later.polarity
        return turned or any(
            {earlier.value, later.value} <= forms and earlier.value != later.value for forms in OPPOSITE_FORMS
        )
    if aspect == "pace":
        return earlier.polarity == later.polarity == "want"
    return False


def _voices_exclude(earlier: Wish, later: Wish) -> bool:
    nobody = (earlier.value == (), later.value == ())
    if any(nobody):
        return nobody[0] != nobody[1] and "refuse" not in (earlier.polarity, later.polarity)
    if (earlier.polarity == "refuse") == (later.polarity == "refuse"):
        return False
    return bool(set(_names(earlier)) & set(_names(later)))


def _mix_excludes(earlier: str, later: str) -> bool:
    verbs = (earlier.partition(":")[0], later.partition(":")[0])
    same_player = earlier.partition(":")[2] == later.partition(":")[2] != ""
    return OPPOSITE_MIX.get(earlier) == later or (same_player and set(verbs) == {"louder", "softer"})


def _silent(held: list[Wish]) -> list[Wish]:
    """Replace refusals of both men and women by a wish for no singing."""
    refused = [wish for wish in held if wish.aspect == "voice" and wish.polarity == "refuse"]
    names = {name for wish in refused for name in _names(wish)}
    if not {"male", "female"} <= names:
        return held
    kept = [wish for wish in held if wish not in refused]
    return [*kept, replace(refused[0], value=(), polarity="want")]


def _last_only(held: list[Wish]) -> tuple[list[Wish], Lost]:
    """Keep the later of two exclusive bands: "only piano. No, only cello"."""
    said = [wish for wish in held if wish.aspect in BAND and wish.sentence is not None]
    last = max((wish.sentence or 0 for wish in said), default=0)
    winner = next((wish for wish in said if wish.sentence == last), None)
    outdone = [wish for wish in said if wish.sentence != last]
    if winner is None or any(wish.polarity == "only" and wish.sentence is None for wish in held):
        return held, []
    reason = LATER.format(winner.words)
    return [wish for wish in held if wish not in outdone], [(wish, reason) for wish in outdone]


def _left_out(held: list[Wish]) -> list[tuple[Wish, Wish]]:
    """Return the players requested before an exclusive band is named, each with the first of that band."""
    only = [wish for wish in held if wish.aspect in BAND and wish.polarity == "only"]
    if not only:
        return []
    first = min(only, key=lambda wish: wish.start)
    earlier = [wish for wish in held if wish.aspect in BAND and wish.polarity == "want"]
    return [(wish, first) for wish in earlier if wish.start < first.start]


def _is_named(wish: Wish, held: list[Wish]) -> bool:
    """Return whether the exclusive band includes this player."""
    only = [other for other in held if other.aspect == wish.aspect and other.polarity == "only"]
    return any(other.value == wish.value or set(_names(other)) & set(_names(wish)) for other in only)


def _exclusive(held: list[Wish]) -> list[Wish]:
    """Add players that are requested after an "only" to the exclusive band."""
    only = [wish for wish in held if wish.aspect in BAND and wish.polarity == "only"]
    if not only:
        return [_sung(wish) for wish in held]
    first = min(wish.start for wish in only)
    return [
        replace(wish, polarity="only")
        if wish.aspect in BAND and wish.polarity == "want" and wish.start > first
        else wish
        for wish in held
    ]


def _sung(wish: Wish) -> Wish:
    """Read "only male vocals" as who sings, not as a wish for no band."""
    is_singer = (
        wish.aspect == "voice" and wish.polarity == "only" and not {"any", "choir"} & set(_names(wish))
    )
    return replace(wish, polarity="want") if is_singer else wish
