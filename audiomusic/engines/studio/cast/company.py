"""Who sings which line: from the lyrics' singer tags, the caption's voices, and convention.

A cast holds the singers of a song and assigns each line to its singers, the lead first. A song with one
singer has no cast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from audiomusic.engines.studio.cast.tags import Tag, VoiceKind, kind_of, read_tag
from audiomusic.engines.studio.lyrics import LyricSection

Places = tuple[int, ...]  # indexes of a cast's members

VOICES_OF_KIND = {"male": 3, "female": 4}  # how many voices/singers.toml has
MOST_SOLOISTS = 6  # further names share their voices
TOGETHER_KINDS = ("chorus", "hook", "drop", "outro")  # everyone sings these, unless a tag says otherwise
BETWEEN_KINDS = ("intro", "prechorus")  # sung by the next in turn
#: The choir's voices from the highest to the lowest: (name, wish as the voice module understands it).
CHOIR = (
    ("Choir soprano", "high female"), ("Choir alto", "low female"),
    ("Choir tenor", "high male"), ("Choir bass", "low male"),
)  # fmt: skip


@dataclass(frozen=True)
class CastMember:
    """One voice of a song."""

    name: str  # as named in the lyrics; empty if not named
    wish: str  # as the voice module understands it: "female", "deep male"
    role: Literal["solo", "rap", "choir"] = "solo"
    is_named: bool = False  # not just as a man or a woman


@dataclass(frozen=True)
class Cast:
    members: tuple[CastMember, ...]
    sections: tuple[LyricSection, ...]  # with the singers of each line
    sharing: tuple[str, ...] = ()  # names of singers who share a voice: there are too few


TagRows = Sequence[Sequence[Sequence[Tag]]]  # of every line of every section


def tagged_kind(sections: Sequence[LyricSection]) -> VoiceKind | None:
    """Return male or female if all tagged lines belong to one singer whose tag or name reveals it."""
    tags = {tag.key: tag for section in sections for text in section.singers for tag in read_tag(text)}
    soloists = [tag for tag in tags.values() if tag.kind in ("female", "male", "name")]
    return kind_of(soloists[0]) if len(tags) == len(soloists) == 1 else None


def cast_song(
    sections: Sequence[LyricSection], voices: Sequence[str], own: str, wishes: Mapping[str, str]
) -> Cast | None:
    """Return the cast that the tags and the caption's `voices` ask for, or None if one singer is enough.

    `own` is the singer if the song had only one; `wishes` maps a kind of singer to words for the voice.
    """
    sections = with_rap_tags(_with_guest(sections, voices))
    tags = [[read_tag(text) for text in _tags(section)] for section in sections]
    company = _Company(own, wishes, tuple(voices))
    company.invite(sections, tags)
    if len(company.members) < 2:
        return None
    turns = company.turns(sections, tags)
    placed = [replace(section, cast=tuple(row)) for section, row in zip(sections, turns, strict=True)]
    return Cast(tuple(company.members), tuple(placed), tuple(company.sharing))


def _tags(section: LyricSection) -> tuple[str, ...]:
    return section.singers or ("",) * len(section.lines)


def with_rap_tags(sections: Sequence[LyricSection]) -> list[LyricSection]:
    """Tag the rapper as one of the singers if only some verses are rapped."""
    sung = [section for section in sections if section.lines]
    if not any(section.rap for section in sung) or all(section.rap for section in sung):
        return list(sections)
    return [
        replace(section, singers=tuple(text or "rap" for text in _tags(section))) if section.rap else section
        for section in sections
    ]


def _with_guest(sections: Sequence[LyricSection], voices: Sequence[str]) -> list[LyricSection]:
    """Rap the last verse or the bridge if the caption wants a rapper beside the singer."""
    found = list(sections)
    if "rap" not in voices or len(voices) < 2 or any(section.rap for section in found):
        return found
    verses = [index for index, section in enumerate(found) if section.kind == "verse" and section.lines]
    bridges = [index for index, section in enumerate(found) if section.kind == "bridge" and section.lines]
    chosen = verses[-1:] if len(verses) > 1 else bridges[-1:]
    for index in chosen:
        found[index] = replace(found[index], rap=True)
    return found


@dataclass
class _Company:
    """The singers found so far."""

    own: str
    wishes: Mapping[str, str]
    voices: tuple[str, ...]
    members: list[CastMember] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)  # key of a tag -> index of a member
    soloists: list[int] = field(default_factory=list)
    choir: Places = ()
    sharing: list[str] = field(default_factory=list)
    is_alternating: bool = False  # no one is named: verses alternate

    def invite(self, sections: Sequence[LyricSection], tags: TagRows) -> None:
        """Add everyone named by tags, in order, and those that tags and caption want in addition."""
        named = {tag.key: tag for row in tags for line in row for tag in line}
        singers = [tag for tag in named.values() if tag.kind in ("female", "male", "name", "rap")]
        wanted = [voice for voice in self.voices if voice not in ("choir", "rap")]
        has_choir = "choir" in named or "choir" in self.voices
        sung = [tag for tag in singers if tag.kind != "rap"]
        self.is_alternating = not sung
        has_lead = "lead" in named or (len(singers) == 1 and _opens_untagged(sections, tags))
        if not singers:
            has_lead = has_lead or self.voices != ("choir",)
        least = max(len(wanted), 2 if "everyone" in named and not has_choir else 0)
        unnamed: list[Tag | None] = [None] * max(int(has_lead), least - len(sung))
        slots = [*unnamed[: int(has_lead)], *singers, *unnamed[int(has_lead) :]]
        if self.is_alternating:
            slots = [*unnamed, *singers]
        for tag, kind in zip(slots, self._kinds(slots, wanted), strict=True):
            self._add(tag, kind)
        if has_choir:
            self.choir = tuple(range(len(self.members), len(self.members) + len(CHOIR)))
            self.members += [CastMember(name, wish, "choir") for name, wish in CHOIR]

    def _kinds(self, slots: Sequence[Tag | None], wanted: Sequence[str]) -> list[str]:
        """Choose male or female for each: by tag or name, else by the caption, else in contrast."""
        known = [None if tag is None else "male" if tag.kind == "rap" else kind_of(tag) for tag in slots]
        left = list(wanted)
        for kind in known:
            if kind in left and len(left) > known.count(None):
                left.remove(kind)
        found: list[str] = []
        for place, kind in enumerate(known):
            asked = left.pop(0) if kind is None and left else ""
            after = next((later for later in known[place + 1 :] if later), None)
            usual = _other(found[-1]) if found else _other(after) if after else self.own
            found.append(kind or asked or usual)
        return found

    def _add(self, tag: Tag | None, kind: str) -> None:
        place = len(self.members)
        alike = sum(member.wish == self.wishes.get(kind, kind) for member in self.members)
        if tag and (len(self.soloists) >= MOST_SOLOISTS or alike >= VOICES_OF_KIND.get(kind, 1)):
            self.sharing.append(tag.name)
        if tag and len(self.soloists) >= MOST_SOLOISTS:
            place = self.soloists[len(self.places) % MOST_SOLOISTS]
        else:
            is_rap = tag is not None and tag.kind == "rap"
            name = "Rap" if is_rap else tag.name if tag else ""
            is_named = tag is not None and tag.kind in ("name", "rap")
            role: Literal["solo", "rap"] = "rap" if is_rap else "solo"
            self.members.append(CastMember(name, self.wishes.get(kind, kind), role, is_named))
            self.soloists.append(place)
        if tag:
            self.places[tag.key] = place

    def turns(self, sections: Sequence[LyricSection], tags: TagRows) -> list[list[Places]]:
        """Return the singers of every line of every section."""
        counter = _turns_of(sections) if self.is_alternating else iter(())
        rows = [self._section(section, row, counter) for section, row in zip(sections, tags, strict=True)]
        heard = {place for row in rows for places in row for place in places}
        if self.choir and not heard.issuperset(self.choir):  # no chorus: it joins at the end
            last = max((index for index, row in enumerate(rows) if row), default=0)
            rows[last] = [tuple(dict.fromkeys((*places, *self.choir))) for places in rows[last]]
        if self.is_alternating and not heard.issuperset(self.soloists):
            rows = [[tuple(range(len(self.members)))] * len(row) for row in rows]  # too few lines for turns
        return rows

    def _section(
        self, section: LyricSection, row: Sequence[Sequence[Tag]], counter: Iterator[Sequence[int]]
    ) -> list[Places]:
        is_together = section.kind in TOGETHER_KINDS
        turn = [] if is_together or not section.lines else next(counter, [])
        singing = [place for place in self.soloists if self.members[place].role == "solo"]
        nameless = [place for place in singing if not self.members[place].name]
        found: list[Places] = []
        for index, line in enumerate(row):
            if line:
                found.append(self._tagged(line, singing))
            elif is_together or not singing:
                found.append((*singing, *self.choir) or (0,))
            elif turn:
                found.append((singing[turn[index] % len(singing)],))
            else:
                found.append(((nameless or singing)[0],))  # an unnamed singer sings the untagged lines
        return found

    def _tagged(self, line: Sequence[Tag], singing: Sequence[int]) -> Places:
        places: list[int] = []
        for tag in line:
            if tag.kind == "everyone":
                places += [*singing, *self.choir]
            elif tag.kind == "choir":
                places += self.choir
            elif tag.kind == "lead":
                places += singing[:1]
            else:
                places.append(self.places[tag.key])
        return tuple(dict.fromkeys(places)) or (0,)


def _opens_untagged(sections: Sequence[LyricSection], tags: TagRows) -> bool:
    """Whether an untagged verse precedes the first tag: an unnamed singer sings it."""
    for section, row in zip(sections, tags, strict=True):
        for line in row:
            if line:
                return False
            if section.kind not in TOGETHER_KINDS and section.kind != "intro":
                return True
    return False


def _other(kind: str) -> str:
    return "male" if kind in ("female", "high") else "female"


def _turns_of(sections: Sequence[LyricSection]) -> Iterator[list[int]]:
    """Yield each line's turn, section by section: verses alternate, and a single verse is split in half."""
    apart = [section for section in sections if section.lines and section.kind not in TOGETHER_KINDS]
    is_lone = sum(section.kind not in BETWEEN_KINDS for section in apart) == 1
    turn = -1
    for section in apart:
        count = len(section.lines)
        turn += section.kind not in BETWEEN_KINDS
        if section.kind in BETWEEN_KINDS:
            yield [turn + 1] * count
        elif is_lone:
            yield [int(index >= (count + 1) // 2) for index in range(count)]
        else:
            yield [turn] * count
