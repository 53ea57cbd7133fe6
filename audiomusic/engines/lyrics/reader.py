"""Classifies pasted lines in one pass: headings, settings, singers, chords or words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from audiomusic.engines.lyrics import chords
from audiomusic.engines.lyrics.drafts import Draft, DraftCollector
from audiomusic.engines.lyrics.headings import (
    HeaderField,
    Heading,
    Mark,
    Peeled,
    chordpro_sections,
    names_of,
    peel,
    read_field,
    read_square,
    read_strict,
    read_times,
    times_at_end,
)
from audiomusic.engines.lyrics.lines import clean_line
from audiomusic.engines.lyrics.settings import Settings, read_setting
from audiomusic.engines.lyrics.singers import speaker_of, speakers_of
from audiomusic.engines.lyrics.words import fold, words_of

_DIRECTIVE = re.compile(r"\{\s*([a-zA-Z_]{1,24})(?:-[a-z]{1,12})?\s*(?:[:\s]\s*([^{}]*))?\}")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,80})\]\((?:https?:)?/?/?[^()\s]{1,200}\)")
_RULE = re.compile(r"(?:[-*_=~·•+—–]\s?){3,}|[♪♫🎵🎶\s]+")
_BULLET = re.compile(r"(?:[-*+•·–—]|>)\s+")
_NUMBERED = re.compile(r"(\d{1,3})[.)]\s+(?=\S)")
_NUMBER = re.compile(r"\d{1,2}[.)]")
_BPM = re.compile(r"(?:(\d{2,3})\s?bpm|bpm\s?(\d{2,3}))", re.IGNORECASE)
_BY = re.compile(r"[*_]{0,2}(?:by|von|par|por|di) [^\W\d_].{1,60}", re.IGNORECASE)

#: ChordPro directives that do not concern the words.
_PASSED_OVER = {
    "define", "chord", "st", "subtitle", "artist", "a", "transpose", "capo", "columns", "col", "np",
    "new_page", "new_song", "ns", "column_break", "meta", "x_", "textfont", "textsize", "chordfont",
    "no_grid",
}  # fmt: skip


class Reader:
    """Reads the lines in one pass, using what the whole text implies for each."""

    def __init__(self, lines: tuple[str, ...], dropped: Counter[str]) -> None:
        self.dropped = dropped
        self.settings = Settings()
        self._lines = lines
        filled = [line for line in lines if line.strip()]
        self._is_chord_sheet = chords.has_chords(filled)
        self._round_chords = chords.has_round_chords(filled)
        self._is_chordpro = any("{" in line and _DIRECTIVE.fullmatch(line.strip()) for line in filled)
        bullets = sum(bool(_BULLET.match(line.lstrip())) for line in filled)
        self._is_list = bullets >= 2 and bullets * 2 > len(filled)
        numbers = [int(found[1]) for line in filled if (found := _NUMBERED.match(line.lstrip()))]
        self._is_numbered = len(numbers) >= 2 and numbers == list(range(1, len(numbers) + 1))
        self._speakers = speakers_of(filled)
        self._sections = DraftCollector(dropped)
        self._skips_until = ""
        self._before = ""  # the previous line

    def read(self) -> list[Draft]:
        for line in self._lines:
            self._read_line(line)
            self._before = line.strip()
        return self._sections.filled()

    def _read_line(self, raw: str) -> None:
        line = raw.strip()
        if not line:
            self._sections.end_paragraph()
            return
        if _RULE.fullmatch(line):
            self.dropped["wordless"] += 1
            return
        if "{" in line and self._directive(line):
            return
        if self._skips_until:
            self.dropped["tab"] += 1
            return
        if self._is_chordpro and line.startswith("#") or line.startswith("```"):
            return
        if "](" in line:
            line = _LINK.sub(r"\1", line)
        line = self._without_chords(line)
        if not line:
            return
        line = line.removesuffix("\\").rstrip()
        if self._mark(peel(line), line):
            return
        if not self._sections.is_begun and self.settings.title and _BY.fullmatch(line):
            self.dropped["credit"] += 1
            return
        self._words(line)

    def _without_chords(self, line: str) -> str:
        if chords.is_chord_line(line, among_chords=self._is_chord_sheet):
            self.dropped["chord"] += 1
            return ""
        is_alone = line.startswith("[") and line.endswith("]") and line.count("[") == 1
        if self._is_chord_sheet or not is_alone:
            shorter = chords.without_inline(line, round_ones=self._round_chords).strip()
            self.dropped["chord"] += bool(shorter != line and not shorter)
            return shorter
        return line

    def _directive(self, line: str) -> bool:
        """Handle `{start_of_chorus}` and similar; return whether the line is a directive."""
        found = _DIRECTIVE.fullmatch(line)
        if found is None:
            return False
        name, value = found[1].casefold(), (found[2] or "").strip()
        opened = re.fullmatch(r"start_of_(\w+)|so([vcbtg])", name)
        closed = re.fullmatch(r"end_of_(\w+)|eo([vcbtg])", name)
        if opened or closed:
            part = next(group for group in (opened or closed).groups() if group)  # type: ignore[union-attr]
            if part in ("t", "tab", "g", "grid"):
                self._skips_until = part if opened else ""
            elif closed:
                self._sections.end_section()
            elif part in chordpro_sections():
                named = read_strict(value, is_bare=False) if value else None
                self._sections.head(named or Heading(chordpro_sections()[part]))
            else:
                self._sections.head(read_strict(value or part, is_bare=False) or Heading("verse"))
            return True
        if name in ("c", "comment", "ci", "cb", "comment_italic", "highlight"):
            heading = read_strict(value, is_bare=False)
            if heading is not None:
                self._sections.head(heading)
            return True
        if name == "chorus":
            self._sections.head(Heading("chorus", recalls=True))
            return True
        mark = read_field(f"{name}: {value}") if value else None
        if mark is not None:
            self._set(mark)
            return True
        return name in _PASSED_OVER

    def _mark(self, peeled: Peeled, line: str) -> bool:
        """Handle a line that is a mark; return whether nothing of it is left."""
        if peeled.shape == "square":
            return self._square(peeled)
        if peeled.shape == "round":
            return self._round(peeled)
        field_ = read_field(peeled.text)
        if field_ is not None and self._takes_field(field_):
            return True
        if self._small_mark(peeled.text):
            return True
        is_headed = self._sections.is_just_headed
        is_start = not self._before or peeled.shape == "marked" or is_headed
        heading = read_strict(peeled.text, is_bare=True)
        if heading is not None and (is_start or self._is_clear(heading, peeled.text)):
            self._sections.head(heading)
            return True
        if heading is None and self._headed_line(peeled.text):
            return True
        if line.startswith("#") and peeled.shape == "marked" and re.match(r"#{1,6}\s", line):
            self._title_or_section(peeled.text)
            return True
        return self._speaker(peeled.text)

    def _small_mark(self, text: str) -> bool:
        """Handle `1.` before a verse, a bare `90 BPM`, and repeat signs."""
        if _NUMBER.fullmatch(text):
            self._sections.head(Heading("verse", named=False))
            return True
        if not self._sections.is_begun and (found := _BPM.fullmatch(text)):
            self._set(HeaderField("tempo", "BPM", found[1] or found[2]))
            return True
        if not text.isascii() and fold(text.strip("※＊* ")) in words_of("marks", "again"):
            self._sections.head(Heading("chorus", recalls=True))
            return True
        return False

    @staticmethod
    def _is_clear(heading: Heading, text: str) -> bool:
        """Return whether it is a heading even directly below a line of words."""
        is_specific = bool(heading.number or heading.recalls or heading.singers)
        is_titled = not text[:1].islower()
        return is_specific or is_titled or text.rstrip().endswith((":", "："))

    def _square(self, peeled: Peeled) -> bool:
        if peeled.text.startswith("/"):  # [/chorus]
            self._sections.end_section()
            return True
        mark = read_square(peeled.text)
        tail, count = times_at_end(f" {peeled.tail}") if peeled.tail else ("", 1)
        tail = tail.strip(" :-–")
        if mark is None:
            alone, times = times_at_end(f"({peeled.text})")
            if not alone and times > 1 and not tail:
                self._sections.repeat(times)
                return True
            if tail:
                return self._named_line(peeled.text, tail)
            self._unknown(peeled.text)
            return True
        if isinstance(mark, Heading) and count > 1:
            mark = replace(mark, repeats=count)
        self._take(mark)
        is_mark = (
            bool(tail) and not peel(tail).tail and peel(tail).shape == "square" and self._square(peel(tail))
        )
        if tail and not is_mark and not chords.is_chord_line(tail, among_chords=True):
            self._words(tail)
        return True

    def _round(self, peeled: Peeled) -> bool:
        """Handle round brackets: (Verse 1) is a heading, (hold me now) is sung."""
        tail, count = times_at_end(f" {peeled.tail}") if peeled.tail else ("", 1)
        alone, times = times_at_end(f"({peeled.text})")
        if not peeled.tail and not alone and times > 1:
            self._sections.repeat(times)
            return True
        if tail.strip(" :"):
            return False
        heading = read_strict(peeled.text, is_bare=True)
        if heading is not None:
            self._sections.head(replace(heading, repeats=max(heading.repeats, count)))
            return True
        folded = fold(peeled.text)
        is_group = folded in words_of("marks", "groups") and not peeled.text[0].islower()
        if names_of(peeled.text) and (folded in self._speakers or is_group):
            self._sections.singer = peeled.text
            return True
        times, rest = read_times(folded) or (2, folded)
        if rest in words_of("marks", "again"):
            self._sections.repeat(times)
            return True
        is_cue = fold(peeled.text) in words_of("marks", "directions")
        self.dropped["direction"] += is_cue
        return is_cue

    def _named_line(self, name: str, tail: str) -> bool:
        """Handle `[Anna] Hello`, a singer's line. Other brackets are part of the words."""
        if names_of(name) and (fold(name) in self._speakers or fold(name) in words_of("marks", "groups")):
            self._sections.singer = name
            self._words(tail)
            return True
        return False

    def _unknown(self, text: str) -> None:
        """Handle a bracket that names no section: a singer, a direction, or a section with its own name."""
        folded = fold(text)
        if names_of(text) and (folded in self._speakers or folded in words_of("marks", "groups")):
            self._sections.singer = text
        elif self._sections.is_just_headed:
            self.dropped["direction"] += 1
        else:
            self._sections.head(Heading("verse", singers=text if names_of(text) else "", named=False))

    def _take(self, mark: Mark) -> None:
        if isinstance(mark, Heading):
            self._sections.head(mark)
        elif isinstance(mark, HeaderField):
            self._set(mark)
        else:
            self.dropped["direction"] += 1

    def _headed_line(self, text: str) -> bool:
        """Handle `Verse 1: I walked alone`, a heading with its first line."""
        name, colon, rest = text[:40].partition(":")
        if not colon or not rest.strip():
            return False
        heading = read_strict(name, is_bare=True)
        if heading is None:
            return False
        self._sections.head(heading)
        rest = text[len(name) + 1 :].strip()
        if not chords.is_chord_line(rest, among_chords=True):
            self._words(rest)
        return True

    def _title_or_section(self, text: str) -> None:
        if not self._sections.is_begun and not self.settings.title:
            self.settings = replace(self.settings, title=clean_line(text)[:200])
        else:
            self._sections.head(Heading("verse", named=False))

    def _takes_field(self, mark: HeaderField) -> bool:
        """Handle a header field, a credit, or a readable setting."""
        is_head = not self._sections.is_begun and bool(mark.value)
        if mark.name in ("tempo", "key", "metre"):
            if read_setting(self.settings, mark) is None and not (mark.name == "tempo" and is_head):
                return False
        elif mark.name == "singer" or not is_head and not (mark.is_credit and mark.value):
            return False
        self._set(mark)
        return True

    def _set(self, mark: HeaderField) -> None:
        if mark.name == "singer":
            self._sections.singer = "" if fold(mark.value) == "-" else mark.value
            return
        self.settings = read_setting(self.settings, mark) or self.settings
        self.dropped["credit"] += mark.name == "left_out" or (
            mark.name == "tempo" and self.settings.bpm is None
        )

    def _speaker(self, text: str) -> bool:
        """Handle `Both:`, alone or before the words."""
        found = speaker_of(text, self._speakers)
        if found is None:
            return False
        self._sections.singer, rest = found
        if rest:
            self._words(rest)
        return True

    def _words(self, line: str) -> None:
        if self._is_list or line.startswith(("> ", "• ")):
            line = _BULLET.sub("", line, count=1)
        if self._is_numbered:
            line = _NUMBERED.sub("", line, count=1)
        self._sections.sing(line)
