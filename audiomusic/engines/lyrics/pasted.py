"""Parses pasted lyrics into sections, lines, repeats, singers and settings.

Never fails. Words are kept as typed; anything that is not sung is removed and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from audiomusic.engines.lyrics.clean import clean_lines
from audiomusic.engines.lyrics.drafts import Draft, PastedLine
from audiomusic.engines.lyrics.headings import Heading
from audiomusic.engines.lyrics.lines import clean_line, is_singable
from audiomusic.engines.lyrics.reader import Reader
from audiomusic.engines.lyrics.settings import Settings
from audiomusic.engines.studio.score import SectionKind

__all__ = ["PastedLine", "clean_line", "is_singable"]

MAX_LYRICS_CHARS = 20_000
MAX_LINES = 600
MAX_SECTIONS = 2000

_MARK = re.compile(r"[\[【][^\]】]*[\]】]")


@dataclass(frozen=True)
class PastedSection:
    """The lines of one section of the form; without lines, it is instrumental."""

    kind: SectionKind
    label: str
    lines: tuple[PastedLine, ...] = ()
    rap: bool = False
    singers: str = ""
    named: bool = True  # by the text, rather than only separated by it


@dataclass(frozen=True)
class Pasted:
    """Parsed lyrics. `dropped`: kind of removed lines -> their number."""

    sections: tuple[PastedSection, ...]
    settings: Settings
    dropped: Mapping[str, int]
    text: str  # the words with section marks; as sent if nothing had to be removed

    @property
    def has_words(self) -> bool:
        return any(section.lines for section in self.sections)

    @property
    def is_form(self) -> bool:
        """Whether it only has section marks, which request an instrumental of that form."""
        return not self.has_words and any(section.named for section in self.sections)


@lru_cache(maxsize=16)
def read_pasted(text: str) -> Pasted:
    """Return the sections in order, with repeats expanded."""
    cleaned = clean_lines(text[:MAX_LYRICS_CHARS])
    reader = Reader(cleaned.lines, Counter(cleaned.dropped))
    drafts = reader.read()
    sections = _capped(_numbered(_written_out(_named(drafts))))
    return Pasted(sections, reader.settings, dict(+reader.dropped), _text_of(text, sections))


def _named(drafts: list[Draft]) -> list[Draft]:
    """Name untagged paragraphs: a repeated one is the chorus, the others are verses."""
    texts = [tuple(line.text.casefold() for line in draft.lines) for draft in drafts]
    counts = Counter(texts)
    for draft, text in zip(drafts, texts, strict=True):
        if draft.heading is None:
            draft.heading = Heading("chorus" if counts[text] > 1 else "verse", named=False)
    return drafts


def _written_out(drafts: list[Draft]) -> list[PastedSection]:
    """Expand every section as often as it is sung. A chorus without lines repeats the previous one."""
    sections: list[PastedSection] = []
    known: dict[tuple[SectionKind, str], tuple[PastedLine, ...]] = {}
    is_sung = any(draft.lines for draft in drafts)
    for draft in drafts:
        heading = draft.heading
        assert heading is not None
        lines = tuple(draft.lines)
        if is_sung and not lines and not heading.named:
            continue  # a bracket with some other meaning
        key = (heading.kind, heading.number)
        if lines:
            known[key] = known[heading.kind, ""] = lines
        elif heading.recalls or (heading.named and heading.kind in ("chorus", "prechorus", "hook")):
            lines = known.get(key) or known.get((heading.kind, "")) or ()
        elif heading.named and heading.number:
            lines = known.get(key, ())
        section = PastedSection(
            heading.kind, heading.label, lines, heading.rap, heading.singers, heading.named
        )
        sections += [section] * max(draft.repeats, 1)
    return sections[:MAX_SECTIONS]


def _numbered(sections: list[PastedSection]) -> list[PastedSection]:
    """Number the verses: Verse 1, Verse 2…; other kinds have no number."""
    verses = 0
    numbered = []
    for section in sections:
        verses += section.kind == "verse"
        number = f" {verses}" if section.kind == "verse" else ""
        numbered.append(replace(section, label=section.label + number))
    return numbered


def _capped(sections: list[PastedSection]) -> tuple[PastedSection, ...]:
    """Limit the number of lines and characters."""
    kept: list[PastedSection] = []
    room, chars = MAX_LINES, MAX_LYRICS_CHARS
    for section in sections:
        if section.lines and (room <= 0 or chars <= 0):
            break
        lines = section.lines[:room]
        kept.append(replace(section, lines=lines))
        room -= len(lines)
        chars -= sum(len(line.text) + 1 for line in lines)
    return tuple(kept)


def _text_of(sent: str, sections: tuple[PastedSection, ...]) -> str:
    """Return the words with their section marks; exactly as sent if there was nothing else."""
    rows = (row.strip() for row in sent[:MAX_LYRICS_CHARS].splitlines())
    typed = [clean_line(row) for row in rows if not _MARK.fullmatch(row)]
    sung = [clean_line(line.text) for section in sections for line in section.lines]
    if [row for row in typed if row] == sung:
        return sent
    blocks = []
    for section in sections:
        singer = section.singers
        block = [f"[{section.label}{' - rap' if section.rap else ''}{': ' + singer if singer else ''}]"]
        now = ""
        for line in section.lines:
            if line.singer != now:
                block.append(f"[Singer: {line.singer or '-'}]")
                now = line.singer
            block.append(line.text)
        blocks.append("\n".join(block))
    return "\n\n".join(blocks)
