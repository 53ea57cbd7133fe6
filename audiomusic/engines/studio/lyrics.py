"""Lyrics as people type them -> sections of singable lines.

Understands [Verse 1], [Chorus x2], [Verse - rap], 【サビ】, "Chorus:" and plain paragraphs.
Never fails: what cannot be sung is left out, and counted. Words in (brackets) beside a line
are its ad-lib, which a second voice answers with; they stay in brackets until composing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from unicodedata import category, normalize

from audiomusic.engines.studio.score import SectionKind

MAX_LYRICS_CHARS = 20_000
MAX_LINES = 600
MAX_SYLLABLES = 14  # a longer line is sung as several
MAX_AD_LIB_SYLLABLES = 7  # more than these are no ad-lib
MAX_WORD_CHARS = 40  # a longer word is cut: no voice has the breath
MAX_REPEATS = 8
MAX_TAG_CHARS = 80  # brackets around more are no tag

#: Unicode categories that nobody can say: control, surrogate, private, unassigned, emoji.
ORNAMENTS = frozenset({"Cc", "Cs", "Co", "Cn", "So"})

#: Words of a section tag, in order of search -> what the section is.
TAG_KINDS: dict[str, SectionKind] = {
    "pre-chorus": "prechorus", "prechorus": "prechorus", "pre chorus": "prechorus",
    "pre-refrain": "prechorus", "pré-refrain": "prechorus", "pre-coro": "prechorus", "build": "prechorus",
    "post-chorus": "hook", "chorus": "chorus", "refrain": "chorus", "refrän": "chorus", "coro": "chorus",
    "estribillo": "chorus", "ritornello": "chorus", "refrão": "chorus", "サビ": "chorus", "副歌": "chorus",
    "припев": "chorus", "hook": "hook", "verse": "verse", "strophe": "verse", "couplet": "verse",
    "estrofa": "verse", "verso": "verse", "strofa": "verse", "主歌": "verse", "куплет": "verse",
    "bridge": "bridge", "brücke": "bridge", "pont": "bridge", "puente": "bridge", "ponte": "bridge",
    "middle 8": "bridge", "interlude": "solo", "instrumental": "solo", "solo": "solo", "break": "breakdown",
    "breakdown": "breakdown", "drop": "drop", "intro": "intro", "outro": "outro", "ending": "outro",
    "coda": "outro", "end": "outro",
}  # fmt: skip
RAP_WORDS = ("rap", "spoken", "sprechgesang")
LABELS: dict[SectionKind, str] = {"prechorus": "Pre-Chorus"}

# Of a line without blanks around it. No two parts of a pattern may take the same blank: a line of ten
# thousand of them would be tried in every division.
_BRACKET_TAG = re.compile(r"[\[【{<]([^\]】}>]+)[\]】}>]")
_COLON_TAG = re.compile(r"([^:：\n]{2,30})[:：]")
_INLINE_TAG = re.compile(r"[\[【]([^\]】]{1,80})[\]】]\s*(\S.*)")
_REPEAT = re.compile(r"(?:[x×]\s*(\d{1,2})|(\d{1,2})\s*[x×])\b", re.IGNORECASE)
_STRAY = re.compile(r"[\[\]【】{}<>()（）*_~#|\"“”«»♪♫]")
_AD_LIB = re.compile(r"[(（]([^()（）]*)[)）]")
_VOWEL_GROUP = re.compile(r"[aeiouyäöüáàâãéèêëíìîïóòôõúùûůýÿøåæœаеёиоуыэюяіїєαεηιουωάέήίόύώ]+")
_EACH_LETTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ABUGIDA = re.compile(r"[\u0590-\u06ff\u0900-\u0e7f]")
_BREAKS = re.compile(r"[,;:.!?…—–、。，！？]")


@dataclass(frozen=True)
class LyricSection:
    """Lines sung to one part of the form; none of them in an instrumental section."""

    kind: SectionKind
    label: str
    lines: tuple[str, ...] = ()
    rap: bool = False


@dataclass
class _Draft:
    """A section while its lines are being collected."""

    kind: SectionKind | None
    label: str = ""
    rap: bool = False
    repeats: int = 1
    lines: list[str] = field(default_factory=list)


def parse_lyrics(text: str) -> list[LyricSection]:
    """Sections in the order of the text, each line at most about 14 syllables."""
    sections: list[LyricSection] = []
    for draft in _name_paragraphs(_drafts(text[:MAX_LYRICS_CHARS])):
        section = LyricSection(draft.kind or "verse", draft.label, tuple(draft.lines), draft.rap)
        sections += [section] * draft.repeats
    return _number_labels(_cap_lines(sections))


def dropped_lines(text: str) -> int:
    """How many lines of the text hold signs but nothing that a voice can say."""
    lines = (clean_line(line) for line in text[:MAX_LYRICS_CHARS].splitlines() if line.strip())
    return sum(not is_singable(line) for line in lines)


def clean_line(line: str) -> str:
    """The line without control, direction and ornament signs, blanks collapsed."""
    kept = ("" if category(char) == "Cf" else " " if category(char) in ORNAMENTS else char for char in line)
    return " ".join(_STRAY.sub(" ", normalize("NFC", "".join(kept))).split())


def split_ad_lib(line: str) -> tuple[str, str]:
    """A line and the ad-lib in its brackets: "Hold me (ooh, hold me)" -> "Hold me", "ooh, hold me".

    Without an ad-lib where the brackets hold all of the line, or more than a few syllables.
    """
    lead = clean_line(_AD_LIB.sub(" ", line))
    ad_lib = clean_line(", ".join(found.strip() for found in _AD_LIB.findall(line) if is_singable(found)))
    if is_singable(lead) and is_singable(ad_lib) and count_syllables(ad_lib) <= MAX_AD_LIB_SYLLABLES:
        return lead, ad_lib
    return clean_line(line), ""


def is_singable(line: str) -> bool:
    return any(char.isalnum() for char in line)


def count_syllables(text: str) -> int:
    """About how many syllables a voice will make of the text: vowel groups, or signs."""
    return sum(_word_syllables(word) for word in text.casefold().split())


def _word_syllables(word: str) -> int:
    signs = len(_EACH_LETTER.findall(word)) + len(_ABUGIDA.findall(word)) // 2
    digits = sum(char.isdigit() for char in word)
    groups = len(_VOWEL_GROUP.findall(word))
    if groups > 1 and word.isascii() and re.search(r"[^aeiouyl]e[s,.!?']*$", word):
        groups -= 1  # a silent e
    count = signs + 2 * digits + groups
    return count or int(any(char.isalnum() for char in word))


def split_line(line: str) -> list[str]:
    """The line in pieces of at most about 14 syllables, cut at punctuation or in the middle."""
    words = _words(line)
    pieces: list[str] = []
    waiting = [words]
    while waiting:
        part = waiting.pop()
        counts = [_word_syllables(word.casefold()) for word in part]
        if sum(counts) <= MAX_SYLLABLES or len(part) < 2:
            pieces.append(_join(part))
            continue
        cut = _best_cut(part, counts)
        waiting += [part[cut:], part[:cut]]
    return pieces


def _words(line: str) -> list[str]:
    """Words; in scripts without blanks single signs; no word longer than a breath."""
    words: list[str] = []
    for word in line.split():
        if len(_EACH_LETTER.findall(word)) > 2:
            words += re.findall(r"[a-zA-Z0-9']+|.[、。，！？…]*", word)
        else:
            words += [word[start : start + MAX_WORD_CHARS] for start in range(0, len(word), MAX_WORD_CHARS)]
    return words


def _join(words: list[str]) -> str:
    joined = " ".join(words)
    return re.sub(r"(?<=[\u3040-\u30ff\u3400-\u9fff]) (?=[\u3040-\u30ff\u3400-\u9fff])", "", joined)


def _best_cut(words: list[str], counts: list[int]) -> int:
    """The index nearest to the middle, where a comma weighs as much as four syllables."""
    total, before = sum(counts), 0
    best, best_cost = 1, float("inf")
    for index in range(1, len(words)):
        before += counts[index - 1]
        cost = abs(before - total / 2) - (4 if _BREAKS.search(words[index - 1][-1]) else 0)
        if cost < best_cost:
            best, best_cost = index, cost
    return best


def _drafts(text: str) -> list[_Draft]:
    """Sections by tags; paragraphs become new untagged sections."""
    drafts = [_Draft(None)]
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        raw = raw.strip()
        inline = _INLINE_TAG.fullmatch(raw)
        tag = _read_tag(raw) or (_tag(inline[1]) if inline else None)
        if tag is not None:
            drafts.append(tag)
            raw = inline[2] if inline else ""
        if not raw:
            if tag is None and drafts[-1].lines and drafts[-1].kind is None:
                drafts.append(_Draft(None))
            continue
        _add_line(drafts[-1], *split_ad_lib(raw))
    return [draft for draft in drafts if draft.lines or draft.kind is not None]


def _add_line(draft: _Draft, line: str, ad_lib: str) -> None:
    pieces = [piece for piece in split_line(line) if is_singable(piece)]
    if pieces and ad_lib:
        pieces[-1] += f" ({ad_lib})"
    draft.lines += pieces


def _read_tag(line: str) -> _Draft | None:
    bracket = _BRACKET_TAG.fullmatch(line)
    if bracket and 0 < len(bracket[1].strip()) <= MAX_TAG_CHARS:
        return _tag(bracket[1]) or _Draft("verse", "Verse")
    colon = _COLON_TAG.fullmatch(line)
    return _tag(colon[1]) if colon else None


def _tag(text: str) -> _Draft | None:
    """A section for a tag's words, None where they name no section."""
    words = clean_line(text).casefold()
    kind = next(
        (kind for word, kind in TAG_KINDS.items() if re.search(rf"(?<!\w){re.escape(word)}", words)), None
    )
    rap = any(re.search(rf"\b{word}", words) for word in RAP_WORDS)
    if kind is None and not rap:
        return None
    kind = kind or "verse"
    repeat = _REPEAT.search(words)
    count = int(repeat[1] or repeat[2]) if repeat else 1
    return _Draft(kind, LABELS.get(kind, kind.capitalize()), rap, max(1, min(count, MAX_REPEATS)))


def _name_paragraphs(drafts: list[_Draft]) -> list[_Draft]:
    """Untagged paragraphs: one that comes back is the chorus, the others are verses."""
    texts = [tuple(line.casefold() for line in draft.lines) for draft in drafts]
    for draft, text in zip(drafts, texts, strict=True):
        if draft.kind is None:
            draft.kind = "chorus" if texts.count(text) > 1 else "verse"
            draft.label = draft.kind.capitalize()
    return drafts


def _cap_lines(sections: list[LyricSection]) -> list[LyricSection]:
    kept: list[LyricSection] = []
    room = MAX_LINES
    for section in sections:
        if section.lines and room <= 0:
            break
        kept.append(replace(section, lines=section.lines[:room]))
        room -= len(section.lines)
    return kept


def _number_labels(sections: list[LyricSection]) -> list[LyricSection]:
    """Verse 1, Verse 2…; kinds that come once stay without a number, choruses too."""
    totals: dict[str, int] = {}
    numbered: list[LyricSection] = []
    for section in sections:
        totals[section.label] = totals.get(section.label, 0) + 1
        number = f" {totals[section.label]}" if section.kind == "verse" else ""
        numbered.append(replace(section, label=section.label + number))
    return numbered
