"""The scope of "no" and "only": the polarity of every item of a caption."""

from __future__ import annotations

from dataclasses import dataclass

from audiomusic.engines.captions.behind import LOOKAHEAD, NONE, Behind, Marked
from audiomusic.engines.captions.items import Item

REACH = 4  # unknown words across which a "no" applies
ONLY_REACH = 2  # unknown words between "only" and what it applies to
#: They refuse a quality, not the thing after it: "not sad".
OF_QUALITIES = frozenset(
    {"not", "nicht", "pas", "nao", "non", "не", "不是", "不", "isn't", "aren't", "is not", "are not"}
)
AND_NO = ("and no", "and not")
#: They end a refusal even before it has applied to anything.
STRONG = frozenset(
    {
        "but",
        "sondern",
        "aber",
        "mais",
        "pero",
        "sino",
        "mas",
        "ma",
        "bensi",
        "но",
        "а",
        "但",
        "但是",
        "而是",
        "لكن",
    }
)


@dataclass
class _Refusal:
    opener: int
    lists: bool = False
    is_swap: bool = False
    of_qualities: bool = False
    reach: int = REACH
    refused: bool = False
    joined: bool = True  # the next item belongs to it
    kind: str = ""  # the kind of what it has refused
    group: str = ""


@dataclass
class _Only:
    opener: int
    reach: int = ONLY_REACH
    found: bool = False
    joined: bool = True


@dataclass
class Scopes(Behind):
    """One pass over the items, with the scopes that are open."""

    _refusal: _Refusal | None = None
    _only: _Only | None = None
    _is_subject: bool = False

    @property
    def items(self) -> list[Item]:
        return self.scanned.items

    def read(self) -> Scopes:
        self.marks = [Marked() for _ in self.items]
        for index, item in enumerate(self.items):
            self._step(index, item)
        return self

    def _step(self, index: int, item: Item) -> None:
        if item.is_stop or item.is_comma:
            self._break(index, item)
        elif self._is_subject:
            self._in_subject(index, item)
        elif item.kind and not self._is_sign_here(index, item):
            self._content(index, item)
        elif item.signs:
            self._sign(index, item)
        elif not item.is_filler:
            self._unknown(index, item)
        elif self._refusal and self._refusal.refused:
            pass

    def _is_sign_here(self, index: int, item: Item) -> bool:
        """Handle words that are both: "solo" beside an instrument, "free" after it."""
        return bool(item.signs & {"unaccompanied", "keep"})

    def _break(self, index: int, item: Item) -> None:
        is_opener = self._refusal is not None and not self._refusal.refused
        if item.text in (":", "：") and is_opener and self._refusal:
            self._refusal.lists = True
            return
        if item.text in (":", "：") and self._only is not None and not self._only.found:
            return  # "just one instrument: the flute"
        if item.is_stop:
            self._refusal = self._only = None
            self._is_subject = False
            return
        self._is_subject = False
        if self._refusal is not None and not self._comma_goes_on(index):
            self._refusal = None
        if self._only is not None and not (
            self._only.found and self._list_ahead(index, "band", ("and", "or"))
        ):
            self._only = None
        elif self._only is not None:
            self._only.joined = True

    def _comma_goes_on(self, index: int) -> bool:
        refusal = self._refusal
        if refusal is None:
            return False
        following = self._next(index + 1)
        if following is None:
            return False
        item = self.items[following]
        if refusal.lists:
            goes_on = (
                bool(item.kind)
                and (not refusal.kind or item.kind == refusal.kind)
                and not self._is_kept(following)
            )
            goes_on = goes_on or bool(item.signs & {"or", "and"})
        else:
            goes_on = refusal.refused and self._list_ahead(index, refusal.kind, ("or",))
        if goes_on:
            refusal.joined, refusal.reach = True, REACH
        return goes_on

    def _is_kept(self, index: int) -> bool:
        """Return whether a following "only" makes it wanted: "…, electric guitar only"."""
        after = self._next(index + 1)
        return after is not None and bool(self.items[after].signs & {"only", "only_behind"})

    def _list_ahead(self, index: int, kind: str, enders: tuple[str, ...]) -> bool:
        """Return whether a plain list that ends in such a word continues after a comma."""
        at = index + 1
        for _ in range(LOOKAHEAD):
            at = self._skip_degrees(at)
            if at >= len(self.items):
                return False
            item = self.items[at]
            if item.signs & set(enders):
                following = self._skip_degrees(at + 1)
                return following < len(self.items) and self.items[following].kind == kind
            if item.kind == kind or item.is_comma:
                at += 1
            else:
                return False
        return False

    def _skip_degrees(self, at: int) -> int:
        while at < len(self.items) and "degree" in self.items[at].signs and not self.items[at].kind:
            at += 1
        return at

    def _in_subject(self, index: int, item: Item) -> None:
        if item.signs & {"refuse", "refuse_list"} or (
            "close" in item.signs and item.text in ("with", "mit", "avec", "con", "com")
        ):
            self._is_subject = False
            self._sign(index, item)
            return
        self.subject.append(index)
        if item.meanings.keys() & {
            "instrument",
            "drums",
            "voice",
            "sound",
            "mix",
            "section",
            "form",
            "pace",
            "metre",
        }:
            self.marks[index].polarity = None

    def _content(self, index: int, item: Item) -> None:
        mark = self.marks[index]
        if item.is_refused:
            mark.polarity = "refuse"
            return
        if self._refused_here(index, item):
            return
        self._only_here(index, item)

    def _refused_here(self, index: int, item: Item) -> bool:
        refusal, mark = self._refusal, self.marks[index]
        if refusal is None:
            return False
        if refusal.refused and (not refusal.joined or (refusal.kind and item.kind != refusal.kind)):
            self._refusal = None
            return False
        if self._is_modifier(index, item, refusal):
            mark.polarity = None
            return True
        mark.polarity, mark.opener, mark.is_swap = "refuse", refusal.opener, refusal.is_swap
        self.used.add(refusal.opener)
        refusal.refused, refusal.joined = True, False
        refusal.kind, refusal.group = item.kind, item.group
        return True

    def _is_modifier(self, index: int, item: Item, refusal: _Refusal) -> bool:
        """Return whether it is a quality of the thing after it, which is what is refused: "no sad piano"."""
        if refusal.of_qualities or item.kind != "style" or refusal.refused:
            return False
        at = index + 1
        while at < len(self.items) and self.items[at].kind == "style":
            at += 1
        if at >= len(self.items):
            return False
        return self.items[at].kind == "band" or (self.items[at].kind == "form" and item.kind == "style")

    def _only_here(self, index: int, item: Item) -> None:
        only = self._only
        if only is None or item.kind != "band":
            return
        if only.found and not only.joined:
            self._only = None
            return
        self.marks[index].polarity, self.marks[index].opener = "only", only.opener
        self.used.add(only.opener)
        only.found, only.joined = True, False

    def _unknown(self, index: int, item: Item) -> None:
        refusal = self._refusal
        if refusal is not None:
            refusal.reach -= 1
            if refusal.refused or refusal.reach < 0:
                self._refusal = None
        if self._only is not None:
            self._only.reach -= 1
            if self._only.found or self._only.reach < 0:
                self._only = None

    # Signs

    def _sign(self, index: int, item: Item) -> None:
        signs = item.signs
        self.used.add(index)
        if "keep" in signs:
            return
        if "nothing_else" in signs:
            self._refusal = self._only = None
            self._nothing_else(index)
        elif "unaccompanied" in signs:
            self._refusal = self._only = None
            self._without_band(index)
        elif (signs & {"behind", "only_behind", "only"} or item.text in NONE) and self._behind(index, signs):
            return
        elif signs & {"only", "only_before", "only_next"}:
            self._open_only(index, signs)
        elif signs & {"refuse", "refuse_list", "swap"}:
            self._open_refusal(index, item, signs)
        elif "partly" in signs:
            self._partly(index)
            self._refusal = self._only = None
        elif "about" in signs:
            self._is_subject = not self._is_number_next(index)
            self._refusal = None
        elif "or" in signs and "refuse" not in signs and self._is_and_no(index, item):
            self._open_refusal(index, item, signs)
        else:
            self._join(index, item, signs)

    def _is_and_no(self, index: int, item: Item) -> bool:
        """Return whether a new refusal starts because none continues: "a catchy chorus and no drums"."""
        return self._refusal is None and self.scanned.words(item.start, item.end).casefold() in AND_NO

    def _is_number_next(self, index: int) -> bool:
        following = index + 1
        return following < len(self.items) and self.items[following].quantity is not None

    def _open_refusal(self, index: int, item: Item, signs: frozenset[str]) -> None:
        if "refuse_list" in signs and self.unaccompanied[-1:] == [index - 1]:
            self.unaccompanied.pop()  # "no instruments except …"
            self._only = _Only(index)
            return
        if "refuse_list" in signs and self._refusal and self._refusal.refused:
            self._refusal = None  # "no drums except …": what follows is wanted
            return
        words = self.scanned.words(item.start, item.end).casefold()
        self._refusal = _Refusal(
            index,
            lists="refuse_list" in signs,
            is_swap="swap" in signs,
            of_qualities=words in OF_QUALITIES or item.text in OF_QUALITIES and item.end - item.start == 1,
        )
        self._only = None

    def _open_only(self, index: int, signs: frozenset[str]) -> None:
        if self._refusal is not None and not self._refusal.refused:
            return  # "not a single drum"
        if "only_next" in signs and not self._is_band_at(index + 1):
            return
        self._only = _Only(index)
        self._refusal = None

    def _is_band_at(self, index: int) -> bool:
        """Return whether part of the band is there that is not part of a style's name: "piano ballad"."""
        items = self.items[index : index + 2]
        return bool(items) and items[0].kind == "band" and "genre" not in items[-1].meanings

    def _join(self, index: int, item: Item, signs: frozenset[str]) -> None:
        if signs & {"and", "or"}:
            self._conjoin(index, signs)
        elif "close" in signs:
            strong = item.text in STRONG
            if self._refusal and (self._refusal.refused or strong):
                self._refusal = None
            if self._only and self._only.found:
                self._only = None

    def _conjoin(self, index: int, signs: frozenset[str]) -> None:
        following = self._skip_degrees(index + 1)
        item = self.items[following] if following < len(self.items) else None
        refusal = self._refusal
        if refusal is not None:
            goes_on = item is not None and (
                "or" in signs
                or not refusal.refused
                or (item.group == refusal.group and not self._is_kept(following))
            )
            if goes_on:
                refusal.joined, refusal.reach = True, REACH
                refusal.kind = "" if "or" in signs else refusal.kind
            else:
                self._refusal = None
        if self._only is not None and self._only.found:
            self._only.joined = True
