"""What a wish says of the song before it says what the song is about: "a slow birthday song for …"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from audiomusic.engines.captions.lexicon import music_phrases
from audiomusic.engines.studio.lyricist.grammar import Grammar
from audiomusic.engines.studio.lyricist.tokens import PUNCTUATION
from audiomusic.engines.taxonomy import vocabulary

FARTHEST = 12  # tokens: behind these no "song" belongs to the manner
MOST_UNKNOWN = 1  # words before "song" that no table knows: "a grungy song"


@dataclass(frozen=True)
class Split:
    """`link`: how the subject is tied to the song: "about", "for", or not at all."""

    manner: tuple[str, ...]
    link: str
    subject: tuple[str, ...]


def split_manner(tokens: list[str], grammar: Grammar) -> Split:
    """The tokens that speak of the song, and those that speak of its subject."""
    names = [place for place, token in enumerate(tokens[:FARTHEST]) if _names_song(tokens, place, grammar)]
    for place in names:
        if _is_manner(tokens[:place], grammar):
            link, start = _link(tokens, place + 1, grammar)
            if link or start >= len(tokens) or tokens[place].casefold() in grammar.words_at("songs"):
                return Split(tuple(tokens[:start]), link, tuple(tokens[start:]))
    return _called_for(tokens, grammar) or _greeting(tokens, grammar) or Split((), "", tuple(tokens))


def _called_for(tokens: list[str], grammar: Grammar) -> Split | None:
    """ "Sing about …": a subject without a word for the song."""
    for place, token in enumerate(tokens[:FARTHEST]):
        if place and token.casefold() in grammar.words_at("subjects") and _is_manner(tokens[:place], grammar):
            return Split(tuple(tokens[: place + 1]), "about", tuple(tokens[place + 1 :]))
    return None


def _greeting(tokens: list[str], grammar: Grammar) -> Split | None:
    """ "Happy birthday grandma": greeted by an occasion."""
    for place, token in enumerate(tokens[:FARTHEST]):
        if token.casefold() not in grammar.words_at("greetings"):
            is_occasion = bool(place) and token.casefold() in grammar.occasions
            return (
                Split(tuple(tokens[: place + 1]), "for", tuple(tokens[place + 1 :])) if is_occasion else None
            )
    return None


def _names_song(tokens: list[str], place: int, grammar: Grammar) -> bool:
    """A word for a song; a genre or an occasion stands for one where "for" or "about" follows."""
    word = tokens[place].casefold()
    following = tokens[place + 1].casefold() if place + 1 < len(tokens) else ""
    dedicating = grammar.data["links"]["for"].split()
    linked = following in dedicating or following in grammar.words_at("subjects")
    strictly = following == dedicating[0] or following in grammar.words_at("subjects")
    if word in grammar.words_at("songs") or _ends_as_song(word, grammar):
        return True
    return (linked and word in grammar.occasions) or (strictly and word in style_words() and place < 4)


def _ends_as_song(word: str, grammar: Grammar) -> bool:
    return any(
        word.endswith(ending) and len(word) > len(ending) for ending in grammar.words_at("song_endings")
    )


def _is_manner(tokens: list[str], grammar: Grammar) -> bool:
    if any(token in PUNCTUATION for token in tokens):
        return False
    return sum(not speaks_of_music(token, grammar) for token in tokens) <= MOST_UNKNOWN and not any(
        token.casefold() in grammar.relations for token in tokens
    )


def speaks_of_music(token: str, grammar: Grammar) -> bool:
    """Whether the word can say how a song is: its style, mood, occasion or size."""
    word = token.casefold()
    if word in grammar.relations or word in grammar.first_names:
        return False
    known = (
        grammar.words_at("manner"),
        grammar.words_at("songs"),
        grammar.occasions,
        style_words(),
        mood_words(grammar),
    )
    return any(word in words for words in known) or word[0].isdigit() or _ends_as_song(word, grammar)


@cache
def mood_words(grammar: Grammar) -> frozenset[str]:
    return frozenset().union(*(grammar.words("moods", mood) for mood in ("bright", "calm", "sad")))


def _link(tokens: list[str], start: int, grammar: Grammar) -> tuple[str, int]:
    """How the subject follows, and where: past "de cumpleaños", "in disco style", up to "for" or "about"."""
    links = {name: words.split() for name, words in grammar.data["links"].items()}
    place = start
    while place < len(tokens):
        word = tokens[place].casefold()
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        is_kind = word in grammar.words("prepositions", "of") and place + 2 < len(tokens)
        if is_kind and _is_kind_of_song(following, grammar):
            place += 2
        elif name := next((name for name in ("for", "about") if word in links[name]), ""):
            return name, place + 1
        elif (
            word in grammar.words("joints", "when")
            or word in grammar.words("joints", "relative")
            or word in PUNCTUATION
        ):
            return "about", place + 1
        elif speaks_of_music(word, grammar):
            place += 1
        else:
            return "", place
    return "", place


def _is_kind_of_song(token: str, grammar: Grammar) -> bool:
    word = token.casefold()
    if word in grammar.function_words:
        return False
    return word in grammar.occasions or word in style_words() or word in mood_words(grammar)


def is_musical(segment: list[str], grammar: Grammar) -> bool:
    """Whether a clause speaks of the music alone: "slow and calm", "in the style of …"."""
    text = " ".join(segment).casefold()
    if any(text.startswith(start) for start in grammar.data["musical"]) and any(
        word.casefold() in style_words() for word in segment
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
    return all(speaks_of_music(word, grammar) or word.casefold() in joints for word in segment)


@cache
def style_words() -> frozenset[str]:
    """Single words by which genres, moods, instruments and singers are named."""
    known = vocabulary()
    phrases = [word for value in known.genres.values() for word in (value.name, *value.words)]
    phrases += [word for mood in known.emotions.values() for word in (mood.name, *mood.words)]
    phrases += music_phrases()
    return frozenset(word for phrase in phrases for word in phrase.casefold().split()) | {"bpm", "tempo"}
