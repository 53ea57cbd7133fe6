"""Split a wish into words and punctuation, without anything that could pass for markup."""

from __future__ import annotations

import re
import unicodedata

from audiomusic.engines.studio.lyricist.grammar import Grammar

MAX_CHARS = 400  # the length of a sentence; the rest of a long text is not read
MAX_TOKENS = 70
MAX_WORD_CHARS = 24
PUNCTUATION = frozenset(",.;:!?")

_TOKEN = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*['’]?|[,.;:!?&]")
_ELISION = re.compile(
    r"\b((?:[ldjnscmtv]|(?:jus|lors)?qu|un|[adn]?[ae]ll|dall|sull|coll|que(?:ll|st)|bell|sant|dov|co[ms]|anch|nient)')"
    r" (?=\w)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")


def plain_text(text: str) -> str:
    """Keep letters, digits and sentence punctuation; brackets and symbols become spaces or commas."""
    text = unicodedata.normalize("NFC", text[:MAX_CHARS])
    kept = (char if char.isalnum() or char in " ,.;:!?&'’-" else _instead(char) for char in text)
    return _SPACES.sub(" ", "".join(kept)).strip()


def _instead(char: str) -> str:
    if char in "\n()[]{}–—|/":
        return " , "
    return char if unicodedata.category(char) == "Mn" else " "


def tokens_of(text: str, grammar: Grammar) -> list[str]:
    """Return words and punctuation; a preposition of several words is one token, an elided word its own."""
    tokens = [token.replace("’", "'") for token in _TOKEN.findall(plain_text(text))][:MAX_TOKENS]
    tokens = [token[:MAX_WORD_CHARS] for token in tokens]
    if grammar.words_at("elided"):
        tokens = [part for token in tokens for part in _elided(token, grammar)]
    else:
        tokens = [token if token.endswith("s'") else token.rstrip("'") or token for token in tokens]
    return _with_phrases(_with_titles(_cased(tokens, grammar), grammar), grammar)


def _elided(token: str, grammar: Grammar) -> list[str]:
    head, mark, rest = token.partition("'")
    if mark and rest and head.casefold() in grammar.words_at("elided"):
        return [head + "'", rest]
    return [token]


def _cased(tokens: list[str], grammar: Grammar) -> list[str]:
    """Lowercase a text in capitals, whose case carries no information; known names are capitalised."""
    words = [token for token in tokens if token[0].isalpha()]
    shouts = len(words) > 1 and sum(word.isupper() for word in words) > 0.7 * len(words)
    if shouts:
        tokens = [token.lower() for token in tokens]
    proper = grammar.words_at("proper") | grammar.first_names.keys()
    return [token.capitalize() if token in proper else token for token in tokens]


def _with_titles(tokens: list[str], grammar: Grammar) -> list[str]:
    """Join "Mrs" and the full stop after it."""
    joined: list[str] = []
    for token in tokens:
        if token == "." and joined and joined[-1].casefold() + "." in grammar.words("relations", "titles"):
            joined[-1] += "."
        else:
            joined.append(token)
    return joined


def _with_phrases(tokens: list[str], grammar: Grammar) -> list[str]:
    joined: list[str] = []
    place = 0
    while place < len(tokens):
        length = next((n for n in (4, 3, 2) if _is_phrase(tokens[place : place + n], n, grammar)), 1)
        joined.append(text_of(tokens[place : place + length]))
        place += length
    return joined


def _is_phrase(tokens: list[str], length: int, grammar: Grammar) -> bool:
    return len(tokens) == length and " ".join(tokens).casefold() in grammar.phrases


def text_of(tokens: list[str]) -> str:
    """Join the tokens with the spacing of a sentence."""
    text = re.sub(r" (?=[,.;:!?])", "", " ".join(tokens))
    return _ELISION.sub(r"\1", text)


def decapitalised(tokens: list[str], grammar: Grammar) -> list[str]:
    """Lowercase the first word, unless it is a name or a German noun."""
    first = tokens[0]
    if first.casefold() in grammar.words_at("proper"):
        return tokens
    if not first[0].isupper() or first == "I" or first.casefold().startswith("i'"):
        return tokens
    following = tokens[1].casefold() if len(tokens) > 1 else ""
    is_title = first.casefold() in grammar.relations and len(tokens) > 1 and tokens[1][0].isupper()
    is_function = first.casefold() in grammar.function_words or first.casefold() in grammar.relations
    if is_title and grammar.language == "en":
        return tokens
    if grammar.language == "de":
        return [first.lower(), *tokens[1:]] if first.casefold() in grammar.function_words else tokens
    third_person = following in grammar.finite_verbs and following.endswith("s") and grammar.language == "en"
    if third_person and not is_function and not first.endswith("s") and first[1:].islower():
        return tokens
    third = tokens[2] if len(tokens) > 2 else ""
    goes_on = following in grammar.words("joints", "and") and (
        third.casefold() in grammar.possessives or third[:1].isupper()
    )
    is_subject = (following in grammar.auxiliaries or goes_on) and not is_function and not first.endswith("s")
    named = first.casefold() in grammar.first_names or is_subject
    return tokens if named else [first.lower(), *tokens[1:]]
