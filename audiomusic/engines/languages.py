"""In which language lyrics are: by their script, their frequent words, or a caption that says so.

`words/languages.toml` knows the scripts and the languages.
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
MARKED = re.compile(r"\[[^\[\]\n]*\]")  # "[verse]": said of the lyrics, not in them
SURE = 1.5  # evidence, in words of one language alone, below which no language is named
SHARE = 0.12  # evidence that each word must bring on average
LEAD = 1.25  # how far ahead of the next language the best must be
ABSORBING = 0.1  # kana beside Chinese signs: from this share on, the text is Japanese
SIGN_WEIGHT = 0.5  # of a letter that one language alone has, against a word's 1

Evidence = Mapping[str, Mapping[str, float]]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True)
class Script:
    name: str
    signs: re.Pattern[str]
    letters: float  # Latin letters that one sign is worth
    absorbs: str  # the script that is read with this one where both stand

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
    """ISO 639-1 code of the language that is sung; None where nothing tells it.

    A caption that names one ("in Spanish", "German lyrics") decides where the lyrics tell none,
    or tell that one almost as well as another.
    """
    text = MARKED.sub(" ", _compose(lyrics[:MAX_CHARS]).lower())
    scores = _scores(text)
    found = _surest(scores)
    wished = wished_language(caption)
    if wished and (found is None or scores.get(wished, 0.0) >= scores[found] / 2):
        return wished
    return found


def wished_language(caption: str) -> str | None:
    """The first language that a caption asks to be sung in; a "Spanish guitar" asks for none."""
    names, tokens = languages().names, tokens_of(caption)
    before: set[str] = set()  # the kinds of what ended just here
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
    """What `words/languages.toml` says; read on first use."""
    return read_languages(tomllib.loads(LANGUAGES_FILE.read_text(encoding="utf-8")))


def read_languages(data: Mapping[str, Any]) -> Languages:
    """The languages of a parsed TOML file. Raises ValueError for a language of unknown script."""
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
    """What many languages of a script share tells little: its weight is divided among them."""
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
    """Evidence for each language of the script that most of the text is in."""
    weights = {script.name: script.weigh(text) for script in languages().scripts}
    for script in languages().scripts:
        if script.absorbs and weights[script.name] > ABSORBING * weights[script.absorbs]:
            weights[script.name] += weights[script.absorbs]
            weights[script.absorbs] = 0.0
    main = max(weights, key=lambda name: weights[name])
    codes = languages().speakers[main]
    return {codes[0]: weights[main]} if len(codes) == 1 else _word_scores(text, codes)


def _word_scores(text: str, codes: Sequence[str]) -> dict[str, float]:
    """Empty where the words are too few that any of these languages knows."""
    scores = dict.fromkeys(codes, 0.0)
    words = [word.replace("’", "'") for word in _WORD.findall(text)]
    for tokens, evidence in ((words, languages().words), (text, languages().letters)):
        for token, times in Counter(tokens).items():
            for code, weight in evidence.get(token, {}).items():
                if code in scores:
                    scores[code] += times * weight
    return scores if max(scores.values()) >= SHARE * len(words) else {}


def _surest(scores: Mapping[str, float]) -> str | None:
    """The language that is well ahead of the next, on enough evidence."""
    ranked = sorted(scores, key=lambda code: -scores[code])
    if not ranked or scores[ranked[0]] < SURE:
        return None
    is_ahead = len(ranked) == 1 or scores[ranked[0]] >= LEAD * scores[ranked[1]]
    return ranked[0] if is_ahead else None


def _compose(text: str) -> str:
    """Letters and their accents as one sign. Piece by piece: long runs of accents take quadratic time."""
    return "".join(
        unicodedata.normalize("NFC", text[start : start + 256]) for start in range(0, len(text), 256)
    )
