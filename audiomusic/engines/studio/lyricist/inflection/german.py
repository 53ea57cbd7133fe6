"""Inflect German noun phrases, and move the verb from the end of a clause to second position."""

from __future__ import annotations

from audiomusic.engines.studio.lyricist.grammar import Grammar, grammar
from audiomusic.engines.studio.lyricist.sentence import Case, Fact
from audiomusic.engines.studio.lyricist.tokens import text_of

#: Gender (or plural) -> endings of "ein" and "der" words in each case; "-": like the stem.
_EIN: dict[str, dict[Case, str]] = {
    "m": {"nom": "", "acc": "en", "dat": "em"},
    "f": {"nom": "e", "acc": "e", "dat": "er"},
    "n": {"nom": "", "acc": "", "dat": "em"},
    "pl": {"nom": "e", "acc": "e", "dat": "en"},
}
_DER: dict[str, dict[Case, str]] = {
    "m": {"nom": "der", "acc": "den", "dat": "dem"},
    "f": {"nom": "die", "acc": "die", "dat": "der"},
    "n": {"nom": "das", "acc": "das", "dat": "dem"},
    "pl": {"nom": "die", "acc": "die", "dat": "den"},
}
_ADJECTIVE_EIN: dict[str, dict[Case, str]] = {
    "m": {"nom": "er", "acc": "en", "dat": "en"},
    "f": {"nom": "e", "acc": "e", "dat": "en"},
    "n": {"nom": "es", "acc": "es", "dat": "en"},
    "pl": {"nom": "en", "acc": "en", "dat": "en"},
}
_ADJECTIVE_DER: dict[str, dict[Case, str]] = {
    "m": {"nom": "e", "acc": "en", "dat": "en"},
    "f": {"nom": "e", "acc": "e", "dat": "en"},
    "n": {"nom": "e", "acc": "e", "dat": "en"},
    "pl": {"nom": "en", "acc": "en", "dat": "en"},
}
#: Separable verb prefixes ("aufhört": "hört … auf"), and verb stems that only look like one.
_PREFIXES = (
    "zurück",
    "weiter",
    "auf",
    "aus",
    "ein",
    "mit",
    "vor",
    "nach",
    "los",
    "weg",
    "fern",
    "heim",
    "ab",
    "an",
    "um",
    "her",
    "hin",
)
_WHOLE = (
    "antwort",
    "umarm",
    "angel",
    "eint",
    "abonn",
    "herrsch",
    "nacht",
    "vorder",
    "hinter",
    "hink",
    "heimat",
    "ausw",
)
_EIN_STEMS = ("ein", "kein", "mein", "dein", "sein", "ihr", "unser")
_DER_STEMS = ("dies", "jed")
_WEAK = (
    "drache",
    "rabe",
    "bote",
    "ist",
    "ant",
    "ent",
    "at",
    "oge",
    "junge",
    "löwe",
    "hase",
    "affe",
    "bär",
    "held",
    "mensch",
    "prinz",
    "kollege",
    "neffe",
)


def nominative(fact: Fact) -> str:
    return in_case(fact, "nom")


def in_case(fact: Fact, case: Case, *, again: bool = False) -> str:
    """Return the phrase in a case, or "" if that requires a gender that the sentence does not reveal.

    With `again`, "ein Fischer" becomes "der Fischer".
    """
    words = fact.text.split()
    articles = len(fact.article.split())
    if not articles:
        return fact.text if _is_bare(fact, case) else _bare_in_case(fact, case)
    article, rest = words[0], words[articles:]
    if (
        articles > 1
        or article.casefold() in grammar("de").numbers
        or article.casefold() in ("viele", "alle", "einige")
    ):
        return fact.text if case != "dat" or fact.case == "dat" else ""
    stem = _stem(article.casefold())
    gender = _gender(fact, article.casefold(), stem, words[articles] if rest else "")
    if not stem or not gender:
        return fact.text if fact.case == case else ""
    if stem == "ein" and again:
        stem = "d"
    if stem == "d":
        new_article = _DER[gender][case]
    elif stem in _DER_STEMS:
        new_article = stem + {"das": "es", "die": "e"}.get(
            _DER[gender][case], _DER[gender][case].replace("d", "", 1)
        )
    else:
        new_article = stem + _EIN[gender][case]
    table = _ADJECTIVE_EIN if stem in _EIN_STEMS else _ADJECTIVE_DER
    return text_of([new_article, *_declined(rest, table[gender][case], gender, case, fact)])


def _is_bare(fact: Fact, case: Case) -> bool:
    """Whether the phrase stays unchanged: names, and nouns without an article except dative plurals."""
    if fact.number == "pl" and case == "dat" and not fact.name:
        return fact.case == case
    return bool(fact.name) or fact.case == case or len(fact.text.split()) == 1


def _bare_in_case(fact: Fact, case: Case) -> str:
    if case == "dat" and len(fact.text.split()) == 1:
        return fact.text if fact.text.endswith(("n", "s")) else f"{fact.text}n"
    return fact.text if {fact.case, case} <= {"nom", "acc"} and fact.number == "pl" else ""


def _stem(article: str) -> str:
    if article in ("der", "die", "das", "den", "dem"):
        return "d"
    for stem in (*_EIN_STEMS, *_DER_STEMS):
        if article.startswith(stem) and article[len(stem) :] in ("", "e", "en", "em", "er", "es"):
            return stem
    return ""


def _gender(fact: Fact, article: str, stem: str, adjective: str) -> str:
    """Infer "m", "f", "n" or "pl" from the article and adjective."""
    if fact.number == "pl":
        return "pl"
    ending = article if stem == "d" else article[len(stem) :]
    if fact.case == "acc":
        found = {"den": "m", "en": "m", "das": "n", "": "n", "es": "n"}.get(ending, "")
        return found or (_feminine_or_plural(fact) if ending in ("die", "e") else "")
    if fact.case == "nom":
        if ending == "der" or (stem != "d" and ending == "er"):
            return "m"
        if ending in ("das", "es"):
            return "n"
        if ending in ("die", "e"):
            return _feminine_or_plural(fact)
        if adjective[:1].islower() and adjective.endswith("er"):
            return "m"
        if adjective[:1].islower() and adjective.endswith("es"):
            return "n"
        return fact.gender
    if ending in ("der", "er"):
        return "f"
    return fact.gender if fact.gender in ("m", "n") else ""


def _feminine_or_plural(fact: Fact) -> str:
    head = fact.text.split()[-1].casefold()
    counted = grammar("de").words("genders", "m") | grammar("de").words("genders", "n")
    if head.endswith("e") and head[:-1].endswith(tuple(noun for noun in counted if len(noun) > 2)):
        return "pl"  # "die Sonntage"
    if fact.gender == "f" or fact.article == "eine":
        return "f"
    return "pl" if fact.gender in ("m", "n") or head.endswith(("en", "er", "s", "n")) else "f"


def _declined(rest: list[str], ending: str, gender: str, case: Case, fact: Fact) -> list[str]:
    """Decline adjectives, and strip or add the ending of weak nouns ("den Elefanten")."""
    declined: list[str] = []
    for word in rest:
        if word[0].islower() and word.endswith(("e", "en", "er", "es", "em")):
            base = word[:-1] if word.endswith("e") else word[:-2]
            declined.append(base + ending)
        else:
            declined.append(word)
    last = declined[-1] if declined else ""
    is_noun = last and not (fact.name and last in fact.name)
    if is_noun and gender == "m" and case == "nom" and fact.case != "nom" and last.endswith("en"):
        stems = [
            end for end in _WEAK if last[:-2].casefold().endswith(end) or last[:-1].casefold().endswith(end)
        ]
        if stems:
            declined[-1] = last[:-1] if last[:-1].casefold().endswith(stems[0]) else last[:-2]
    if is_noun and gender == "m" and case != "nom" and fact.case == "nom" and last.casefold().endswith(_WEAK):
        declined[-1] = last + ("n" if last.endswith("e") else "en")
    if is_noun and gender == "pl" and case == "dat" and fact.case != "dat" and not last.endswith(("n", "s")):
        declined[-1] = last + "n"
    return declined


def second_verb(tokens: list[str], tables: Grammar) -> str:
    """Move the verb: "Katzen und Disco liebt" -> "liebt Katzen und Disco". A participle and a separated
    prefix stay at the end."""
    if not tokens:
        return ""
    verb = tokens[-1]
    prefix = next((p for p in _PREFIXES if verb.startswith(p) and len(verb) > len(p) + 2), "")
    if prefix and not verb.startswith(_WHOLE):
        return text_of([verb.removeprefix(prefix), *tokens[:-1], prefix])
    return text_of([verb, *tokens[:-1]])
