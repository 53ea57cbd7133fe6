"""Fill the slots of a line from a fact, and correct the line: articles, contractions, capitals."""

from __future__ import annotations

import re
from functools import cache, partial

from audiomusic.engines.studio.lyricist.inflection.german import in_case
from audiomusic.engines.studio.lyricist.sentence import Case, Fact
from audiomusic.engines.studio.titles import SMALL_WORDS

Slots = dict[str, str]

_SLOT = re.compile(r"\{(\w+)\}")
_VOWEL = "aeiouyhàâéèêëîïôœùû"
#: French words whose initial h forbids elision.
_ASPIRATED = (
    "haine", "hasard", "haut", "héros", "honte", "hibou", "hamster", "homard", "hockey", "huit", "hache",
    "haie", "hanche", "harpe", "hongr", "holl", "halte", "hangar", "yaourt", "yoga", "yacht", "yeti", "onze",
)  # fmt: skip
_AN_SOUND = ("hour", "honest", "honor", "honour", "heir")
_A_SOUND = ("uni", "use", "usu", "eur", "one", "once", "ukulele", "ufo", "utop", "ewe")
_INDEFINITE_EN = ("a", "an")
#: Article at the first mention -> article at the next.
_DEFINITE = {
    "es": {"un": "el", "una": "la", "unos": "los", "unas": "las"},
    "fr": {"un": "le", "une": "la"},
    "pt": {"um": "o", "uma": "a", "uns": "os", "umas": "as"},
    "it": {"un": "il", "uno": "lo", "una": "la", "un'": "l'"},
}
_ITALIAN_VOWEL = re.compile("h?[aeiouàèéìòù]", re.IGNORECASE)
#: A preposition and the following article -> their contraction.
_PORTUGUESE = {
    f"{small} {article}": joined + article
    for small, joined in (("de", "d"), ("em", "n"), ("por", "pel"))
    for article in ("o", "a", "os", "as")
} | {"a o": "ao", "a os": "aos", "a a": "à", "a as": "às"}
_ITALIAN = {
    f"{small} {article}": joined + end
    for small, joined in (("di", "de"), ("a", "a"), ("da", "da"), ("in", "ne"), ("su", "su"))
    for article, end in (
        ("il", "l"), ("lo", "llo"), ("la", "lla"), ("l'", "ll'"), ("i", "i"), ("gli", "gli"), ("le", "lle")
    )
}  # fmt: skip
CASES: tuple[Case, ...] = ("nom", "acc", "dat")


def slots_of(fact: Fact, language: str, *, again: bool = False) -> Slots:
    """Return the slots for a line about the fact, without forms that cannot be determined.

    With `again`, it was mentioned before: "a robot" becomes "the robot".
    """
    if fact.kind in ("who", "thing"):
        return {slot: text for slot, text in _noun_slots(fact, language, again).items() if text}
    return {fact.kind: fact.text}


def _noun_slots(fact: Fact, language: str, again: bool) -> Slots:
    if language == "de":
        forms: Slots = {case: in_case(fact, case, again=again) for case in CASES}
        name = {"name": fact.name} if fact.name else {}
        return {**forms, **name, fact.kind: forms["nom"] or fact.text}
    slots: Slots = {fact.kind: definite(fact, language) if again else fact.text}
    if fact.kind == "who":
        slots["name"] = fact.name or definite(fact, language)
    return slots


def definite(fact: Fact, language: str) -> str:
    """Return "the robot" for "a robot": the form for a further mention."""
    if fact.name and not fact.article:
        return fact.name
    if language == "en" and fact.article in _INDEFINITE_EN:
        return f"the {fact.bare}"
    article = _DEFINITE.get(language, {}).get(fact.article, "")
    if not article:
        return fact.text
    if language == "it" and article == "il" and _ITALIAN_VOWEL.match(fact.bare):
        article = "l'"
    return f"{article}{fact.bare}" if article.endswith("'") else f"{article} {fact.bare}"


@cache
def slots_in(template: str) -> frozenset[str]:
    return frozenset(_SLOT.findall(template))


def fill(template: str, slots: Slots, language: str) -> str:
    """Return the line with its slots filled, spelled correctly for the language and capitalised."""
    line = _SLOT.sub(lambda match: slots.get(match[1], ""), template)
    line = _WRITERS.get(language, str)(line)
    line = re.sub(r"\s+", " ", line).strip()
    return capital(line)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _english(line: str) -> str:
    return re.sub(r"\b([Aa])n? (?=(\w+))", _a_or_an, line)


def _a_or_an(match: re.Match[str]) -> str:
    word = match[2].casefold()
    vowel = word.startswith(tuple("aeiou")) and not word.startswith(_A_SOUND)
    return f"{match[1]}{'n' if vowel or word.startswith(_AN_SOUND) else ''} "


def _spanish(line: str) -> str:
    """Contract "de el" to "del", "a el" to "al"; "y" before an i becomes "e"."""
    line = re.sub(r"\b([Dd])e el (?=\w)", r"\1el ", line)
    line = re.sub(r"\b([Aa]) el (?=\w)", r"\1l ", line)
    return re.sub(r"\by (?=(?:i|hi)(?!e))", "e ", line, flags=re.IGNORECASE)


def _portuguese(line: str) -> str:
    """Contract "de o" to "do", "em a" to "na", "a a" to "à"."""
    return re.sub(
        r"\b(de|em|por|a) (os?|as?)(?= \w)", partial(_contracted, _PORTUGUESE), line, flags=re.IGNORECASE
    )


def _italian(line: str) -> str:
    """Contract "di il" to "del", "a l'" to "all'"; "e" before an e becomes "ed"."""
    line = re.sub(
        r"\b(di|a|da|in|su) (il|lo|la|i|gli|le|l')(?= \w|(?<=')\w)",
        partial(_contracted, _ITALIAN),
        line,
        flags=re.IGNORECASE,
    )
    return re.sub(r"\b([eE]) (?=[eE]\w)", r"\1d ", line)


def _contracted(table: dict[str, str], match: re.Match[str]) -> str:
    joined = table[match[0].casefold()]
    return capital(joined) if match[0][0].isupper() else joined


def _french(line: str) -> str:
    """Contract "de le" to "du", "à les" to "aux", "que un" to "qu'un"."""
    pairs = (
        ("de le", "du"),
        ("de les", "des"),
        ("à le", "au"),
        ("à les", "aux"),
        ("de des", "de"),
        ("de du", "de"),
    )
    line = re.sub(
        rf"\b([Dd]e|[LlJjNnSsMmTt][eEaA]|[Qq]ue|[Jj]usque|[Ll]orsque) (?=([{_VOWEL}]\w*))",
        _elided,
        line,
        flags=re.IGNORECASE,
    )
    for apart, joined in pairs:
        line = re.sub(rf"\b{apart} (?=\w)", f"{joined} ", line)
        line = re.sub(rf"\b{apart.capitalize()} (?=\w)", f"{joined.capitalize()} ", line)
    return line


def _elided(match: re.Match[str]) -> str:
    small, following = match[1], match[2].casefold()
    if following.startswith(_ASPIRATED) or following in ("y", "oui"):
        return match[0]
    if small.casefold() in ("sa", "ma", "ta", "na", "ja"):
        return match[0]
    return small[:-1] + "'"


_WRITERS = {
    "en": _english,
    "es": _spanish,
    "fr": _french,
    "pt": _portuguese,
    "it": _italian,
}


def title_case(text: str, language: str) -> str:
    """Return a title: English capitalises all but small words, other languages only the first."""
    if language != "en":
        return capital(text)
    words = text.split()
    return " ".join(
        word if place and word.casefold() in SMALL_WORDS else capital(word)
        for place, word in enumerate(words)
    )
