"""Relates players to places of the song: "drums only come in at the second verse", "no drums in the
bridge"."""

from __future__ import annotations

from dataclasses import dataclass, field

from audiomusic.engines.captions.behind import Marked
from audiomusic.engines.captions.entries import EntryRule, PlayerEntry, Reach
from audiomusic.engines.captions.items import Item
from audiomusic.engines.captions.lexicon import PhraseMeaning, table

AROUND = 10  # items within which a player and its place belong together
LINKED = 5  # items between a section and its player
PLAYERS = frozenset({"instrument", "drums"})


@dataclass(frozen=True)
class Placed:
    """How a player is meant at a place."""

    rule: EntryRule
    reach: Reach
    sections: tuple[str, ...]
    first: int  # the range of items that say so
    last: int


@dataclass
class _Heard:
    """What was found between a player and its place."""

    players: list[int] = field(default_factory=list)
    enters: bool = False
    leaves: bool = False
    is_negated: bool = False
    is_only: bool = False
    is_alone: bool = False
    edge: int = 0  # the item farthest from the place
    consumed: list[int] = field(default_factory=list)


@dataclass
class PlaceReader:
    """One pass over the places of a caption. `marks`: how each item is meant; a style that only applies to
    part of the song is marked so."""

    items: list[Item]
    marks: list[Marked]
    placed: dict[int, Placed] = field(default_factory=dict)  # index of a player's item -> how it is meant
    used: set[int] = field(default_factory=set)  # verbs that had an effect

    def read(self) -> PlaceReader:
        for at, item in enumerate(self.items):
            if place := item.meanings.get("place"):
                self._read_place(at, place)
            elif "section" in item.meanings and self.marks[at].polarity == "want":
                self._read_section(at)
        return self

    def _read_place(self, at: int, place: PhraseMeaning) -> None:
        heard = self._walk(at, -1) or self._walk(at, 1)
        if heard is None:
            self._mark_style(at)
            return
        reach: Reach = place.name  # type: ignore[assignment]
        heard.enters = heard.enters or "enter" in self.items[at].meanings
        after = self.items[at + 1].text if at + 1 < len(self.items) else ""
        is_left = heard.enters and after in table("places")["leave_behind"]["words"]
        heard.leaves = heard.leaves or is_left or "leave" in self.items[at].meanings
        self._take(heard, reach, place.value, at)

    def _read_section(self, at: int) -> None:
        """Read "the bridge has no drums", "intro: piano only", "a drumless intro"."""
        name = self.items[at].meanings["section"].name.removeprefix("instrumental_")
        before = at - 1
        if before >= 0 and self.items[before].is_refused and self.items[before].kind == "band":
            self.placed.setdefault(before, Placed("silent", "in", (name,), before, at))
            return
        heard = self._linked(at) if self._begins(at) else None
        if heard is None or heard.players[0] in self.placed:
            return
        following = heard.players[0] + 1
        if following < len(self.items) and self.items[following].signs & {"only", "only_behind"}:
            heard.is_alone = True
        self._take(heard, "in", (name,), at)

    def _linked(self, at: int) -> _Heard | None:
        """Return the player that a section has or lacks; None if no word links them."""
        is_linked, heard = False, _Heard(edge=at)
        for index in range(at + 1, min(len(self.items), at + 1 + LINKED)):
            item = self.items[index]
            if item.text in (":", "："):
                is_linked = True
            elif item.is_stop or item.is_comma or item.signs & {"and", "or"}:
                break
            elif item.meanings.keys() & PLAYERS:
                heard.players.append(index)
                heard.edge = index
                break
            elif "has" in item.meanings or item.signs & {"close", "refuse", "only", "only_before"}:
                is_linked = True
            elif not self._passed(heard, index, item):
                break
        heard.is_negated = False  # a refusal before the player already applies to the player
        return heard if heard.players and (is_linked or heard.enters or heard.leaves) else None

    def _take(self, heard: _Heard, reach: Reach, sections: tuple[str, ...], at: int) -> None:
        self.used.update(heard.consumed)
        for player in heard.players:
            rule, own = self._ruled(heard, reach, player)
            ends = [heard.edge, at, player]
            if (opener := self.marks[player].opener) is not None:
                ends.append(opener)
            self.placed[player] = Placed(rule, own, sections, min(ends), max(ends))

    def _ruled(self, heard: _Heard, reach: Reach, player: int) -> tuple[EntryRule, Reach]:
        mark = self.marks[player]
        is_only = mark.polarity == "only" or heard.is_only
        opener = self.items[mark.opener].text if mark.opener is not None and mark.polarity == "only" else ""
        is_before = mark.opener is not None and mark.opener < player
        if heard.leaves:
            return ("only", "before") if reach == "before" else ("silent", reach)
        if mark.polarity == "refuse" or heard.is_negated:
            return ("only", "from") if reach == "before" else ("silent", reach)
        if heard.enters and reach != "before":
            return "only", "from" if reach == "in" else reach
        if heard.is_alone or (is_only and (is_before or opener in _by_itself())):
            return "alone", reach
        return ("only", reach) if is_only or reach != "in" else ("plays", reach)

    def _walk(self, at: int, step: int) -> _Heard | None:
        """Return the players nearest to a place on one side, with what is between them."""
        heard, joined, has_comma = _Heard(edge=at), True, False
        for distance in range(1, AROUND + 1):
            index = at + step * distance
            if not 0 <= index < len(self.items):
                break
            item = self.items[index]
            if item.is_stop or "place" in item.meanings or (item.is_comma and (heard.players or has_comma)):
                break
            if item.is_comma:
                if step < 0 or not self._begins(at):
                    break
                has_comma = True
            elif item.meanings.keys() & PLAYERS:
                if not joined or index in self.placed:
                    break
                heard.players.append(index)
                heard.edge, joined = index, False
            elif item.signs & {"and", "or"} and heard.players:
                joined = True
            elif not self._passed(heard, index, item):
                break
        return heard if heard.players else None

    def _passed(self, heard: _Heard, index: int, item: Item) -> bool:
        """Record what a word between place and player says; return False if it belongs to neither."""
        kinds = item.meanings.keys()
        if item.kind:
            return False
        if kinds & {"enter", "leave"}:
            heard.enters = heard.enters or "enter" in kinds
            heard.leaves = heard.leaves or "leave" in kinds
            heard.consumed.append(index)
            heard.edge = index
        elif item.text in _by_itself() and item.signs & {"only", "only_behind", "unaccompanied"}:
            heard.is_alone = True
        elif item.signs & {"only", "only_behind", "only_before"}:
            heard.is_only = heard.is_only or not heard.players
        elif "refuse" in item.signs and not heard.players:
            heard.is_negated = True
        else:
            return not (heard.players and item.signs & {"close", "refuse", "swap", "keep"})
        return True

    def _begins(self, at: int) -> bool:
        """Return whether a clause starts with this place."""
        before = at - 1
        while before >= 0 and not (self.items[before].is_comma or self.items[before].is_stop):
            if not self.items[before].is_filler:
                return False
            before -= 1
        return True

    def _mark_style(self, at: int) -> None:
        """Limit what directly precedes to part of the song: "slow at the end"."""
        before = at - 1
        while before >= 0 and self.items[before].is_filler and not self.items[before].is_comma:
            before -= 1
        if before >= 0 and self.items[before].kind == "style" and self.marks[before].polarity:
            self.marks[before].is_partial = True


def _by_itself() -> frozenset[str]:
    return frozenset(word.split()[0] for word in table("places")["by_itself"]["words"])


def entry_of(item: Item, placed: Placed) -> PlayerEntry:
    """Return the wish's value: who, where, and how."""
    instrument, drums = item.meanings.get("instrument"), item.meanings.get("drums")
    if instrument is not None:
        return PlayerEntry(
            placed.rule,
            placed.sections,
            placed.reach,
            instrument.value,
            instrument.family or instrument.value,
        )
    piece = drums.value[0] if drums is not None and drums.value else ""
    return PlayerEntry(placed.rule, placed.sections, placed.reach, drums=True, piece=piece)


def edge_entries(form: str, is_refused: bool) -> list[PlayerEntry]:
    """Return what "ends with piano and strings" requests, one entry per player; empty if it names a
    section."""
    verb, _, what = form.partition(":")
    place = {"starts_with": "start", "ends_with": "end"}.get(verb)
    if place is None or what in table("form")["sections"]:
        return []
    rule: EntryRule = "silent" if is_refused else "alone"
    groups = (tuple(group.split("|")) for group in what.split("+"))
    return [
        PlayerEntry(rule, (place,), drums=True)
        if group == ("drums",)
        else PlayerEntry(rule, (place,), "in", group, group)
        for group in groups
    ]
