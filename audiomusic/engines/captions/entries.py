"""Where in a song players play: entries, rests and solos, mapped to the song's sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: silent  rests there
#: only    plays there and rests elsewhere: a player that enters at the chorus plays only from there on
#: alone   plays there, and no one else does
#: plays   plays there
EntryRule = Literal["silent", "only", "alone", "plays"]
#: Within the sections; everywhere before the first of them; from it on; after it.
Reach = Literal["in", "before", "from", "after"]
Window = tuple[float, float]  # in quarters from the start
EDGE_BARS = 2  # the start and the end of a song without intro or outro


@dataclass(frozen=True)
class PlayerEntry:
    """Where in a song a player is heard."""

    rule: EntryRule
    sections: tuple[str, ...]  # "chorus", "verse:2", "chorus:last"; "start" and "end" of the song
    reach: Reach = "in"
    players: tuple[str, ...] = ()  # alternative instruments
    silenced: tuple[str, ...] = ()  # the instruments that rest: the whole family
    drums: bool = False
    piece: str = ""  # the drum piece, if only one is meant

    @property
    def asks_to_play(self) -> bool:
        return self.rule != "silent"


@dataclass(frozen=True)
class SectionSpan:
    """A section's kind, and its position in quarters."""

    kind: str
    onset: float
    end: float


def windows_of(entry: PlayerEntry, spans: Sequence[SectionSpan], bar_quarters: float) -> list[Window]:
    """Return the windows in which the entry applies; empty if the song has no such section."""
    found = [window for name in entry.sections for window in _named(name, spans, bar_quarters)]
    if not found or not spans:
        return []
    first_onset, first_end = min(found)
    if entry.reach == "before":
        return [(spans[0].onset, first_onset)] if first_onset > spans[0].onset else []
    if entry.reach == "from":
        return [(first_onset, spans[-1].end)]
    if entry.reach == "after":
        return [(first_end, spans[-1].end)] if first_end < spans[-1].end else []
    return sorted(found)


def outside(windows: Sequence[Window], spans: Sequence[SectionSpan]) -> list[Window]:
    """Return the rest of the song."""
    gaps: list[Window] = []
    at = spans[0].onset
    for onset, end in sorted(windows):
        if onset > at:
            gaps.append((at, onset))
        at = max(at, end)
    return [*gaps, (at, spans[-1].end)] if at < spans[-1].end else gaps


def _named(name: str, spans: Sequence[SectionSpan], bar_quarters: float) -> list[Window]:
    kind, _, number = name.partition(":")
    if kind == "start":
        first = spans[0]
        end = first.end if first.kind == "intro" else min(first.end, first.onset + EDGE_BARS * bar_quarters)
        return [(first.onset, end)]
    if kind == "end":
        last = spans[-1]
        onset = last.onset if last.kind == "outro" else max(last.onset, last.end - EDGE_BARS * bar_quarters)
        return [(onset, last.end)]
    windows = [(span.onset, span.end) for span in spans if span.kind == kind]
    if number == "last":
        return windows[-1:]
    return windows[int(number) - 1 : int(number)] if number else windows
