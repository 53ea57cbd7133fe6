"""Gender, number and case of a noun phrase."""

from __future__ import annotations

from audiomusic.engines.studio.lyricist.grammar import Grammar
from audiomusic.engines.studio.lyricist.sentence import Case


def agreement(
    grammar: Grammar, articles: list[str], core: list[str], relation: str, name: str
) -> tuple[str, str]:
    """Return a phrase's gender and number: from its relation or name, else its articles and noun ending."""
    if relation:
        gender, number = grammar.relations[relation]
        gender = gender or grammar.first_names.get(name.casefold().split()[0] if name else "", "")
    else:
        gender, number = grammar.first_names.get(name.casefold().split()[0] if name else "", ""), "sg"
    for article in articles:
        if article in grammar.words("articles", "pl") or article in grammar.numbers:
            number = "pl"
        for key in ("m", "f"):
            if article in grammar.words("articles", key) and not (relation and gender):
                gender = key
    if not relation and not name:
        number = _number(grammar, articles, core, number)
        gender = gender or _ending_gender(grammar, core)
    return gender, number


def _number(grammar: Grammar, articles: list[str], core: list[str], number: str) -> str:
    if articles and articles[-1] in grammar.words("articles", "sg") - grammar.possessives:
        return "sg" if not (grammar.language == "de" and articles[-1] in ("die", "der", "den")) else number
    head = core[-1] if grammar.language in ("en", "de") and core else (core[0] if core else "")
    if grammar.language == "de":
        return "pl" if not articles and head.endswith(("en", "s")) else number
    if grammar.language == "en" and head in (
        "people",
        "children",
        "men",
        "women",
        "mice",
        "geese",
        "feet",
    ):
        return "pl"
    if grammar.language == "it":
        return "pl" if not articles and head.endswith("i") and len(head) > 3 else number
    is_plural = head.endswith("s") and not head.endswith(("ss", "us", "is")) and not (
        grammar.language == "fr" and articles and articles[-1] in grammar.words("articles", "sg")
    )  # fmt: skip
    return "pl" if is_plural else number


def _ending_gender(grammar: Grammar, core: list[str]) -> str:
    if not core:
        return ""
    head = core[-1] if grammar.language == "de" else core[0]
    if "genders" in grammar.data:
        endings = [
            (len(end), key)
            for key in "fnm"
            for end in grammar.words("genders", key)
            if head.endswith(end) or (grammar.language == "pt" and head.endswith(f"{end}s"))
        ]
        return max(endings, default=(0, ""))[1]
    if grammar.language == "es":
        return "f" if head.rstrip("s").endswith(("a", "ión", "dad")) else "m"
    return ""


def case_behind(grammar: Grammar, preposition: str) -> Case:
    if grammar.language != "de" or not preposition:
        return "nom"
    return "acc" if preposition in grammar.words("prepositions", "acc") else "dat"
