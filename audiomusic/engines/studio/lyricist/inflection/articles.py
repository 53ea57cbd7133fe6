"""Add an article to a noun that a wish names without one: "steel mill" becomes "the steel mill"."""

from __future__ import annotations

from dataclasses import replace

from audiomusic.engines.studio.lyricist.grammar import Grammar
from audiomusic.engines.studio.lyricist.sentence import Fact
from audiomusic.engines.studio.lyricist.themes import with_article

UNCOUNTED_ENDINGS = ("ness", "ity", "hood", "dom", "ship", "ism", "ics", "ance", "ence", "ing")
#: Beginnings of Italian words that take "lo" and "gli": s before a consonant, z, gn, ps, x, y.
HEAVY = (*(f"s{letter}" for letter in "bcdfglmnpqrtvz"), "z", "gn", "ps", "x", "y")
GERMAN_ARTICLES = {"m": "der", "f": "die", "n": "das"}


def with_needed_article(fact: Fact, tables: Grammar) -> Fact:
    """Return the fact with a definite article if it is one countable thing without any."""
    if fact.kind not in ("who", "thing") or fact.article or fact.name or not fact.bare:
        return fact
    words = fact.bare.split()
    if words[-1][0].isupper() and tables.language != "de":
        return fact
    if fact.number == "pl" and not tables.is_romance:
        return fact
    if any(word.casefold() in tables.words("relations", "uncalled") for word in words):
        return fact
    article = _article(words, fact, tables)
    if not article:
        return fact
    text = f"{article}{fact.bare}" if article.endswith("'") else f"{article} {fact.bare}"
    case = "nom" if tables.language == "de" else fact.case
    return replace(fact, text=text, article=article, case=case)


def _article(words: list[str], fact: Fact, tables: Grammar) -> str:
    if tables.language == "en":
        head = words[-1].casefold()
        uncounted = head in tables.words("verbs", "uncounted") or (
            head.endswith(UNCOUNTED_ENDINGS) and head not in tables.words("verbs", "nouns")
        )
        return "" if uncounted or words[0][0].isdigit() or words[0][0].isupper() else "the"
    if tables.language == "es":
        articles = ("las", "los") if fact.number == "pl" else ("la", "el")
        return articles[fact.gender != "f"]
    if tables.language == "fr":
        return "les" if fact.number == "pl" else with_article(words[0], "fr").removesuffix(words[0]).strip()
    if tables.language == "pt":
        return {"f": ("a", "as"), "m": ("o", "os")}.get(fact.gender, ("", ""))[fact.number == "pl"]
    if tables.language == "it":
        return _italian(words[0].casefold(), fact)
    small = words[0][0].islower()
    return "" if small else GERMAN_ARTICLES.get(fact.gender, "")


def _italian(word: str, fact: Fact) -> str:
    """Return the article by gender, number and first sound, or "" if the gender is unknown."""
    vowel, heavy = word.startswith(tuple("aeiouàèéìòùh")), word.startswith(HEAVY)
    if not fact.gender:
        return ""
    if fact.number == "pl":
        return "le" if fact.gender == "f" else "gli" if vowel or heavy else "i"
    if vowel:
        return "l'"
    return "la" if fact.gender == "f" else "lo" if heavy else "il"
