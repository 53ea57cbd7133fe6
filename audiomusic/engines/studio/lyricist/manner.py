"""How a wish describes the song before its subject: "a slow birthday song for …"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.studio.lyricist.grammar import Grammar
from audiomusic.engines.studio.lyricist.tokens import PUNCTUATION

FARTHEST = 12  # tokens: a later "song" does not describe the manner
MOST_UNKNOWN = 1  # words before "song" that may be unknown: "a grungy song"


#: Words that say how the song should sound, as the caption grammar reads them.
Music = frozenset[str]
_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def music_words(query: str) -> Music:
    """Return the words that the caption grammar reads as genres, moods, players, voices and the like."""
    return frozenset(
        word for wish in read_wishes(query).wishes for word in _WORD.findall(wish.words.casefold())
    )


@dataclass(frozen=True)
class Split:
    """A wish split into manner and subject. `link` connects the subject to the song: "about", "for" or ""."""

    manner: tuple[str, ...]
    link: str
    subject: tuple[str, ...]


def split_manner(tokens: list[str], grammar: Grammar, music: Music) -> Split:
    """Split the tokens into those about the song and those about its subject."""
    names = [
        place for place, token in enumerate(tokens[:FARTHEST]) if _names_song(tokens, place, grammar, music)
    ]
    for place in names:
        if _is_manner(tokens[:place], grammar, music):
            link, start = _link(tokens, place + 1, grammar, music)
            if link or start >= len(tokens) or tokens[place].casefold() in grammar.words_at("songs"):
                return Split(tuple(tokens[:start]), link, _subject(tokens, start, grammar))
    return _called_for(tokens, grammar, music) or _greeting(tokens, grammar) or Split((), "", tuple(tokens))


def _called_for(tokens: list[str], grammar: Grammar, music: Music) -> Split | None:
    """Match "Sing about …": a subject without a word for the song."""
    for place, token in enumerate(tokens[:FARTHEST]):
        if (
            place
            and token.casefold() in grammar.words_at("subjects")
            and _is_manner(tokens[:place], grammar, music)
        ):
            return Split(tuple(tokens[: place + 1]), "about", _subject(tokens, place + 1, grammar))
    return None


def _subject(tokens: list[str], start: int, grammar: Grammar) -> tuple[str, ...]:
    """Return the subject, with the article of a contracted preposition: "do mar" is about "o mar"."""
    article = grammar.contracted.get(tokens[start - 1].casefold(), "")
    return (article, *tokens[start:]) if article else tuple(tokens[start:])


def _greeting(tokens: list[str], grammar: Grammar) -> Split | None:
    """Match "Happy birthday grandma": a greeting with an occasion."""
    for place, token in enumerate(tokens[:FARTHEST]):
        if token.casefold() not in grammar.words_at("greetings"):
            is_occasion = bool(place) and token.casefold() in grammar.occasions
            return (
                Split(tuple(tokens[: place + 1]), "for", tuple(tokens[place + 1 :])) if is_occasion else None
            )
    return None


def _names_song(tokens: list[str], place: int, grammar: Grammar, music: Music) -> bool:
    """Whether the token is a word for a song; a genre or an occasion is one before "for" or "about"."""
    word = tokens[place].casefold()
    following = tokens[place + 1].casefold() if place + 1 < len(tokens) else ""
    dedicating = grammar.data["links"]["for"].split()
    linked = following in dedicating or following in grammar.words_at("subjects")
    strictly = following == dedicating[0] or following in grammar.words_at("subjects")
    if word in grammar.words_at("songs") or _ends_as_song(word, grammar):
        return True
    return (linked and word in grammar.occasions) or (strictly and word in music and place < 4)


def _ends_as_song(word: str, grammar: Grammar) -> bool:
    return any(
        word.endswith(ending) and len(word) > len(ending) for ending in grammar.words_at("song_endings")
    )


def _is_manner(tokens: list[str], grammar: Grammar, music: Music) -> bool:
    if any(token in PUNCTUATION for token in tokens):
        return False
    return sum(not speaks_of_music(token, grammar, music) for token in tokens) <= MOST_UNKNOWN and not any(
        token.casefold() in grammar.relations for token in tokens
    )


def speaks_of_music(token: str, grammar: Grammar, music: Music) -> bool:
    """Whether the word can describe a song: its style, mood, occasion or size."""
    word = token.casefold()
    if word in grammar.relations or word in grammar.first_names:
        return False
    known = (
        grammar.words_at("manner"),
        grammar.words_at("songs"),
        grammar.occasions,
        music,
        mood_words(grammar),
    )
    return any(word in words for words in known) or word[0].isdigit() or _ends_as_song(word, grammar)


@cache
def mood_words(grammar: Grammar) -> frozenset[str]:
    return frozenset().union(*(grammar.words("moods", mood) for mood in ("bright", "calm", "sad")))


def _link(tokens: list[str], start: int, grammar: Grammar, music: Music) -> tuple[str, int]:
    """Return the link to the subject and where it ends, skipping "de cumpleaños" and "in disco style" up to
    "for" or "about"."""
    links = {name: words.split() for name, words in grammar.data["links"].items()}
    place = start
    while place < len(tokens):
        word = tokens[place].casefold()
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        is_kind = word in grammar.words("prepositions", "of") and place + 2 < len(tokens)
        if is_kind and _is_kind_of_song(following, grammar, music):
            place += 2
        elif name := next((name for name in ("for", "about") if word in links[name]), ""):
            return name, place + 1
        elif (
            word in grammar.words("joints", "when")
            or word in grammar.words("joints", "relative")
            or word in PUNCTUATION
        ):
            return "about", place + 1
        elif speaks_of_music(word, grammar, music):
            place += 1
        else:
            return "", place
    return "", place


def _is_kind_of_song(token: str, grammar: Grammar, music: Music) -> bool:
    word = token.casefold()
    if word in grammar.function_words:
        return False
    return word in grammar.occasions or word in music or word in mood_words(grammar)


def is_musical(segment: list[str], grammar: Grammar, music: Music) -> bool:
    """Whether a clause is only about the music: "slow and calm", "in the style of …"."""
    text = " ".join(segment).casefold()
    if any(text.startswith(start) for start in grammar.data["musical"]) and any(
        word.casefold() in music for word in segment
    ):
        return True
    if len(segment) == 1 and segment[0][0].isdigit():
        return False
    if (
        any(word.casefold() in grammar.occasions for word in segment)
        and segment[0].casefold() in grammar.articles
    ):
        return False
    joints = grammar.joints | grammar.words("articles", "sg") | grammar.prepositions
    return all(speaks_of_music(word, grammar, music) or word.casefold() in joints for word in segment)
