"""The occasion and mood of a sentence: from its words, else from the vocabulary's emotions."""

from __future__ import annotations

from audiomusic.engines.studio.lyricist.grammar import Grammar
from audiomusic.engines.studio.lyricist.manner import Split, mood_words
from audiomusic.engines.studio.lyricist.sentence import Mood
from audiomusic.engines.taxonomy import tags_of, vocabulary

OCCASION_MOODS: dict[str, Mood] = {
    **dict.fromkeys(("birthday", "wedding", "party", "graduation", "anniversary", "christmas"), "bright"),
    "lullaby": "calm",
    "memorial": "sad",
    "farewell": "plain",
}
CALM_ENERGY = -0.12


def occasion_of(tokens: tuple[str, ...], tables: Grammar) -> str:
    """Return the occasion that the tokens name, or ""."""
    said = {token.casefold() for token in tokens}
    for token in tokens:
        word = token.casefold()
        if tables.occasions.get(word) == "wedding" and said & tables.words("occasions", "anniversary"):
            continue  # a wedding anniversary
        if word in tables.occasions:
            return tables.occasions[word]
        if tables.language == "de":
            found = next(
                (known for known in tables.occasions if word.startswith(known) and len(known) > 5), ""
            )
            if found:
                return tables.occasions[found]
    return ""


def mood_of(query: str, split: Split, occasion: str, tables: Grammar) -> Mood:
    """Return the mood from mood words, else from the occasion, else from the other words."""
    manner = {token.casefold() for token in split.manner}
    moods: tuple[Mood, ...] = ("sad", "calm", "bright")
    for mood in moods:
        named = manner & tables.words("moods", mood) - tables.occasions.keys()
        if named:
            return mood
    if occasion:
        return OCCASION_MOODS[occasion]
    said = {token.casefold() for token in split.subject}
    if any(_is_past(word, tables) for word in said):
        return "past"
    if said & tables.words("verbs", "past") or said & tables.words("pronouns", "remember"):
        return "past"
    for mood in moods:
        if said & tables.words("moods", mood) & mood_words(tables):
            return mood
    return tagged_mood(query)


def _is_past(word: str, tables: Grammar) -> bool:
    endings = tuple(tables.words("verbs", "past_endings"))
    is_present = {f"{word}r", f"{word}re"} & tables.words("verbs", "base")  # "cria" of "criar"
    return bool(endings) and word.endswith(endings) and word in tables.finite_verbs and not is_present


def tagged_mood(query: str) -> Mood:
    """Return the mood of the emotions that the vocabulary finds in a text of any language."""
    emotions = [vocabulary().emotions[name] for name in tags_of(query).emotions]
    if any(emotion.mode == "minor" for emotion in emotions):
        return "sad"
    if any(emotion.energy <= CALM_ENERGY for emotion in emotions):
        return "calm"
    return "bright" if any(emotion.mode == "major" for emotion in emotions) else "plain"
