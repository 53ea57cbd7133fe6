"""Detects the language of lyrics from their script, frequent words, or a caption that names it.

`words/languages.toml` lists the scripts and languages.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from audiomusic.engines.phrase_matcher import MAX_CHARS, Meaning, Phrasebook, tokens_of

LANGUAGES_FILE = Path(__file__).parent / "words" / "languages.toml"
MARKED = re.compile(r"\[[^\[\]\n]*\]")  # "[verse]": annotations, not sung
SURE = 1.5  # minimum evidence, in words unique to one language, to name it
SHARE = 0.12  # minimum average evidence per word
LEAD = 1.25  # minimum ratio of the best language to the next
ABSORBING = 0.1  # kana among Chinese characters: from this share on, the text is Japanese
SIGN_WEIGHT = 0.5  # of a letter unique to one language; a word has 1

Evidence = Mapping[str, Mapping[str, float]]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True)
class Script:
    name: str
    signs: re.Pattern[str]
    letters: float  # Latin letters per character
    absorbs: str  # the script that this one absorbs in mixed text

    def weigh(self, text: str) -> float:
        return len(self.signs.findall(text)) * self.letters


@dataclass(frozen=True)
class Languages:
    """`speakers`: script -> its languages. `words`, `letters`: each -> language -> weight."""

    scripts: tuple[Script, ...]
    speakers: dict[str, list[str]]
    words: Evidence
    letters: Evidence
    names: Phrasebook
    refusing: frozenset[str]


def guess_language(lyrics: str, caption: str = "") -> str | None:
    """Return the ISO 639-1 code of the sung language, or None if it cannot be determined.

    A caption that names one ("in Spanish", "German lyrics") decides if the lyrics give no answer, or fit its
    language almost as well as the best one.
    """
    text = MARKED.sub(" ", _compose(lyrics[:MAX_CHARS]).lower())
    scores = _scores(text)
    found = _surest(scores)
    wished = wished_language(caption)
    if wished and (found is None or scores.get(wished, 0.0) >= scores[found] / 2):
        return wished
    return found


def wished_language(caption: str) -> str | None:
    """Return the first language that a caption requests for the vocals; a "Spanish guitar" requests none."""
    names, tokens = languages().names, tokens_of(caption)
    before: set[str] = set()  # the kinds of the phrase that just ended
    index = 0
    while index < len(tokens):
        end, meanings = names.longest(tokens, index)
        kinds = {meaning.kind: meaning.name for meaning in meanings}
        if code := kinds.get("alone") or kinds.get("language"):
            behind = {meaning.kind for meaning in names.longest(tokens, end)[1]}
            named = "alone" in kinds or "before" in before or "behind" in behind
            if named and not languages().refusing.intersection(tokens[max(0, index - 2) : index]):
                return code
        before = set(kinds)
        index = max(end, index + 1)
    return None


@cache
def languages() -> Languages:
    """Load `words/languages.toml`, on first use."""
    return read_languages(tomllib.loads(LANGUAGES_FILE.read_text(encoding="utf-8")))


def read_languages(data: Mapping[str, Any]) -> Languages:
    """Return the languages of a parsed TOML file. Raises ValueError for a language of unknown script."""
    scripts = tuple(_script(row) for row in data["scripts"])
    speakers: dict[str, list[str]] = {script.name: [] for script in scripts}
    rows = data["languages"]
    for code, row in rows.items():
        if row["script"] not in speakers:
            raise ValueError(f"language {code}: script {row['script']!r} wanted one of {', '.join(speakers)}")
        speakers[row["script"]].append(code)
    return Languages(
        scripts,
        speakers,
        _evidence({code: row.get("words", "").split() for code, row in rows.items()}, speakers, 1.0),
        _evidence({code: row.get("signs", "") for code, row in rows.items()}, speakers, SIGN_WEIGHT),
        _names(rows, data["captions"]),
        frozenset(data["captions"]["refusing"]),
    )


def _script(row: Mapping[str, Any]) -> Script:
    ranges = "".join(f"{chr(first)}-{chr(last)}" for first, last in row["ranges"])
    return Script(row["name"], re.compile(f"[{ranges}]"), row.get("letters", 1.0), row.get("absorbs", ""))


def _evidence(
    known: Mapping[str, Iterable[str]], speakers: Mapping[str, Sequence[str]], weight: float
) -> Evidence:
    """Weigh each token. One that several languages of a script share says little, so its weight is divided
    among them."""
    evidence: dict[str, dict[str, float]] = {}
    for codes in speakers.values():
        knowing = Counter(token for code in codes for token in set(known[code]))
        for code in codes:
            for token in known[code]:
                evidence.setdefault(token, {})[code] = weight / knowing[token]
    return evidence


def _names(rows: Mapping[str, Any], captions: Mapping[str, Sequence[str]]) -> Phrasebook:
    names = Phrasebook()
    for code, row in rows.items():
        for kind, phrases in (("language", row["names"]), ("alone", row.get("alone", ()))):
            for phrase in phrases:
                names.add(phrase, Meaning(kind, code))
    for kind in ("before", "behind"):
        for phrase in captions[kind]:
            names.add(phrase, Meaning(kind, phrase))
    return names


def _scores(text: str) -> dict[str, float]:
    """Return the evidence for each language of the text's predominant script."""
    weights = {script.name: script.weigh(text) for script in languages().scripts}
    for script in languages().scripts:
        if script.absorbs and weights[script.name] > ABSORBING * weights[script.absorbs]:
            weights[script.name] += weights[script.absorbs]
            weights[script.absorbs] = 0.0
    main = max(weights, key=lambda name: weights[name])
    codes = languages().speakers[main]
    return {codes[0]: weights[main]} if len(codes) == 1 else _word_scores(text, codes)


def _word_scores(text: str, codes: Sequence[str]) -> dict[str, float]:
    """Return the evidence for each language; empty if these languages know too few of the words."""
    scores = dict.fromkeys(codes, 0.0)
    words = [word.replace("’", "'") for word in _WORD.findall(text)]
    for tokens, evidence in ((words, languages().words), (text, languages().letters)):
        for token, times in Counter(tokens).items():
            for code, weight in evidence.get(token, {}).items():
                if code in scores:
                    scores[code] += times * weight
    return scores if max(scores.values()) >= SHARE * len(words) else {}


def _surest(scores: Mapping[str, float]) -> str | None:
    """Return the language with enough evidence and a sufficient lead over the next."""
    ranked = sorted(scores, key=lambda code: -scores[code])
    if not ranked or scores[ranked[0]] < SURE:
        return None
    is_ahead = len(ranked) == 1 or scores[ranked[0]] >= LEAD * scores[ranked[1]]
    return ranked[0] if is_ahead else None


def _compose(text: str) -> str:
    """Combine letters with their accents, in chunks: a long run of accents takes quadratic time."""
    return "".join(
        unicodedata.normalize("NFC", text[start : start + 256]) for start in range(0, len(text), 256)
    )
