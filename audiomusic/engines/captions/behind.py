"""Signs that apply to what precedes them: "drums only", "piano and cello, nothing else", "ドラムなし"."""

from __future__ import annotations

from dataclasses import dataclass, field

from audiomusic.engines.captions.items import Scanned
from audiomusic.engines.captions.wishes import Polarity

TOPIC_PARTICLES = frozenset({"も"})  # "ドラムもベースもなし"
NONE = frozenset({"none", "no", "off", "0", "keine", "aucun", "aucune", "ninguno", "ninguna", "nessuno"})
LOOKAHEAD = 14  # items within which a list must show that it continues


@dataclass
class Marked:
    """How an item is meant."""

    polarity: Polarity | None = "want"  # None: it requests nothing by itself
    opener: int | None = None  # the item of the sign that applies to it
    is_partial: bool = False  # only for part of the song
    is_swap: bool = False


@dataclass
class Behind:
    """The state of a walk over the items, with the signs that apply to what precedes them."""

    scanned: Scanned
    marks: list[Marked] = field(default_factory=list)
    used: set[int] = field(default_factory=set)  # signs that had an effect
    subject: list[int] = field(default_factory=list)
    unaccompanied: list[int] = field(default_factory=list)

    def _next(self, at: int) -> int | None:
        """Return the next item that is not just a filler."""
        while at < len(self.scanned.items):
            item = self.scanned.items[at]
            if item.kind or item.signs or not item.is_filler or item.is_stop or item.is_comma:
                return at
            at += 1
        return None

    def _previous(self, index: int) -> int | None:
        """Return the content directly before, skipping fillers."""
        at = index - 1
        while at >= 0 and index - at <= LOOKAHEAD:
            item = self.scanned.items[at]
            if item.kind:
                return at
            if item.text in TOPIC_PARTICLES:
                at -= 1
                continue
            if (
                item.is_stop
                or item.is_comma
                or item.signs - {"degree", "close"}
                or not (item.is_filler or item.signs)
            ):
                return None
            at -= 1
        return None

    def _behind(self, index: int, signs: frozenset[str]) -> bool:
        """Apply signs to what precedes them; return whether anything does."""
        item = self.scanned.items[index]
        before = self._previous(index)
        if (
            before is None
            and item.text in NONE
            and index > 1
            and self.scanned.items[index - 1].text in (":", "=")
        ):
            before = self._previous(index - 1)  # "drums: none"
        if before is None:
            return False
        is_adjacent = before == index - 1
        if "behind" in signs or item.text in NONE:
            if item.text in NONE and "behind" not in signs and (is_adjacent or not self._ends_at(index)):
                return False  # "with no trumpet": it applies to what follows
            if item.text == "less" and not self.scanned.tokens[item.start].is_joined:
                return False
            if item.text == "free" and not is_adjacent:
                return False
            self._turn_back(before, index, "refuse", self.scanned.items[before].kind)
            return True
        if self.scanned.items[before].kind != "band" or self.marks[before].polarity is None:
            return False
        if "only" in signs and not is_adjacent and not self._ends_at(index):
            return False
        following = self.scanned.items[index + 1] if index + 1 < len(self.scanned.items) else None
        if "only" in signs and following is not None and following.kind == "band" and not is_adjacent:
            return False
        if (
            "only_behind" in signs
            and "only_before" in signs
            and following is not None
            and following.kind == "band"
        ):
            return False
        self._turn_back(before, index, "only", "band")
        return True

    def _ends_at(self, index: int) -> bool:
        following = self._next(index + 1)
        return (
            following is None
            or self.scanned.items[following].is_stop
            or self.scanned.items[following].is_comma
        )

    def _turn_back(self, last: int, opener: int, polarity: Polarity, kind: str) -> None:
        """Mark the list that ends here: "A, B and C only"."""
        at, has_and = last, False
        for _ in range(LOOKAHEAD):
            if at < 0:
                return
            item = self.scanned.items[at]
            if item.kind == kind:
                if self.marks[at].polarity == "refuse" and polarity == "only" and at != last and not has_and:
                    return
                self.marks[at].polarity, self.marks[at].opener = polarity, opener
            elif item.signs & {"and", "or"} and not item.kind:
                has_and = True
            elif (
                item.kind == "style"
                and kind == "band"
                or (item.is_filler and not item.is_stop and not item.is_comma)
            ):
                pass
            elif not (item.is_comma and has_and):
                return
            previous = self.scanned.items[at - 1] if at else None
            if item.kind == kind and previous is not None and previous.kind == kind:
                return  # two things without a word between them are not a list
            if (
                item.kind == kind
                and previous is not None
                and not (
                    previous.is_comma
                    or previous.signs & {"and", "or"}
                    or previous.kind == "style"
                    or previous.is_filler
                )
            ):
                return
            at -= 1

    def _nothing_else(self, index: int) -> None:
        for at in range(index):
            item, mark = self.scanned.items[at], self.marks[at]
            opener = self.scanned.items[mark.opener] if mark.opener is not None else None
            is_excepted = mark.polarity == "refuse" and opener is not None and "refuse_list" in opener.signs
            is_named = mark.polarity == "want" or is_excepted  # "except the piano no other instruments"
            if item.kind == "band" and is_named and "sound" not in item.meanings:
                mark.polarity, mark.opener = "only", index

    def _without_band(self, index: int) -> None:
        played = [
            at
            for at in range(index)
            if self.scanned.items[at].meanings.keys() & {"instrument", "drums"}
            and self.marks[at].polarity in ("want", "only")
        ]
        if played:
            self._nothing_else(index)
        else:
            self.unaccompanied.append(index)

    def _partly(self, index: int) -> None:
        """Limit what precedes to part of the song."""
        at = index - 1
        while (
            at >= 0
            and self.scanned.items[at].signs & {"only", "only_behind"}
            and not self.scanned.items[at].kind
        ):
            at -= 1  # "drums only in the chorus"
        before = self._previous(at + 1)
        if (
            before is not None
            and self.scanned.items[before].kind in ("band", "style")
            and self.marks[before].polarity
        ):
            mark = self.marks[before]
            mark.is_partial = True
