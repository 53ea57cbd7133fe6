"""Collects the sections of pasted lyrics: their lines, singers and repeats."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from unicodedata import normalize

from audiomusic.engines.lyrics.headings import MAX_REPEATS, Heading, times_at_end
from audiomusic.engines.lyrics.lines import clean_line, is_singable, without_directions

_OPEN_REPEAT = re.compile(r"^(?:\|{1,2}:|/{1,2}:|‖:|:\|{2})\s*")
_CLOSE_REPEAT = re.compile(r"\s*(?::\|{1,2}|:/{1,2}|:‖)\s*(?:[x×]?\s?(\d{1,2})\s?[x×]?)?$")
_TIMES_BEFORE = re.compile(r"[(\[]\s?(?:[xX×]\s?(\d{1,2})|(\d{1,2})\s?[xX×])\s?[)\]]\s*(?=\w)")


@dataclass(frozen=True)
class PastedLine:
    text: str
    singer: str = ""  # as written; empty if unnamed


@dataclass
class Draft:
    """A section whose lines are being collected."""

    heading: Heading | None
    lines: list[PastedLine] = field(default_factory=list)
    repeats: int = 1


class DraftCollector:
    """Takes headings and sung lines in order. `dropped`: counts lines that turn out to have no words."""

    def __init__(self, dropped: Counter[str]) -> None:
        self.singer = ""  # of the following lines
        self.is_begun = False  # whether a line or heading was seen: the page's header is over
        self._dropped = dropped
        self._drafts: list[Draft] = [Draft(None)]
        self._open_repeat: int | None = None  # the line of an open `|:`

    def filled(self) -> list[Draft]:
        return [draft for draft in self._drafts if draft.lines or draft.heading is not None]

    @property
    def current(self) -> Draft:
        return self._drafts[-1]

    @property
    def is_just_headed(self) -> bool:
        return self.current.heading is not None and not self.current.lines

    def head(self, heading: Heading) -> None:
        """Start a section."""
        self.singer = ""
        self.is_begun = self.is_begun or not heading.recalls
        self._drafts.append(Draft(heading, repeats=heading.repeats))

    def end_section(self) -> None:
        self._drafts.append(Draft(None))

    def end_paragraph(self) -> None:
        """Handle an empty line, which ends a section without a heading."""
        if self.current.lines and self.current.heading is None:
            self.end_section()

    def repeat(self, count: int) -> None:
        """Handle a (x2) on its own line: it repeats the paragraph above, or the section whose heading is
        above."""
        if self.current.lines or self.current.heading is not None:
            self.current.repeats = count
            self.end_paragraph()
        elif len(self._drafts) > 1:
            self._drafts[-2].repeats = count

    def sing(self, line: str) -> None:
        """Add a line of words, as often as its marks say."""
        opened = _OPEN_REPEAT.match(line)
        closed = _CLOSE_REPEAT.search(line[-16:]) if opened or self._open_repeat is not None else None
        if opened:
            line = line[opened.end() :]
            self._open_repeat = len(self.current.lines)
        if closed:
            line = _CLOSE_REPEAT.sub("", line)
        line, count = times_at_end(f" {line}")
        if before := _TIMES_BEFORE.match(line.lstrip()):
            line, count = line.lstrip()[before.end() :], min(int(before[1] or before[2]), MAX_REPEATS)
        self._add(line, count)
        if closed:
            self._close_repeat(max(1, min(int(closed[1] or 2), MAX_REPEATS)))
        if self._open_repeat is not None and self._open_repeat > len(self.current.lines):
            self._open_repeat = None

    def _add(self, line: str, count: int) -> None:
        line = without_directions(line.replace("<3", "♥"))
        text = normalize("NFC", " ".join(line.split()))
        if is_singable(clean_line(text)):
            self.is_begun = True
            self.current.lines += [PastedLine(text, self.singer)] * count
        elif count > 1:
            self.repeat(count)
        else:
            self._dropped["wordless"] += 1

    def _close_repeat(self, times: int) -> None:
        if self._open_repeat is not None:
            self.current.lines += self.current.lines[self._open_repeat :] * (times - 1)
            self._open_repeat = None
