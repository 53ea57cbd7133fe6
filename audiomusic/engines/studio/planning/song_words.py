"""The words to sing: given lyrics, or lyrics written here and put into one of the genre's forms."""

from __future__ import annotations

from dataclasses import dataclass, replace

from audiomusic.engines.base import SongRequest
from audiomusic.engines.lyrics.pasted import read_pasted
from audiomusic.engines.studio.caption import CaptionHints, read_caption
from audiomusic.engines.studio.cast import with_rap_tags
from audiomusic.engines.studio.compose.genres import GenreDefinition
from audiomusic.engines.studio.compose.song_forms import MATERIAL_S, SHORTEST_S, in_form, lyrics_text
from audiomusic.engines.studio.lyric_settings import dropped_note
from audiomusic.engines.studio.lyricist import WrittenLyrics, language_of_wish, write_lyrics
from audiomusic.engines.studio.lyrics import LyricSection, parse_lyrics
from audiomusic.engines.studio.planning.wished_form import unrefused_sections, wished_sections
from audiomusic.engines.studio.score import Metre
from audiomusic.engines.studio.titles import song_title

DEFAULT_LANGUAGE = "en"


@dataclass
class SongWords:
    """The words to sing and their origin."""

    caption: str
    title: str
    lyrics: str
    sections: list[LyricSection]
    not_applied: dict[str, str]
    language: str | None = None  # of words written here; else detected from the text
    written_s: float = 0.0  # the length they were written for; 0: not written here


def described(request: SongRequest, caption: str) -> str:
    """Return the caption plus, in simple mode, the query, without repeating it."""
    return caption if request.query in caption else f"{caption}, {request.query}"


def song_words(request: SongRequest, seed: int) -> SongWords:
    """Return given or written lyrics, with a caption and a title."""
    caption = request.caption.strip() or request.query.strip()
    pasted = read_pasted(request.lyrics)
    title = pasted.settings.title or song_title(caption, [])
    wishes = read_caption(described(request, caption))
    sections = _sections(request, request.lyrics, wishes)
    if request.kind == "samples" or (request.kind == "instrumental" and not pasted.is_form):
        notes = {"lyrics": "no one sings in this kind of piece"} if request.lyrics.strip() else {}
        return SongWords(caption, title, "", [], notes)
    dropped = dropped_note(pasted)
    notes = {"lyrics": dropped} if dropped else {}
    if pasted.has_words and request.kind == "song" and wishes.singer == "none":
        notes["lyrics"] = "The caption asks for no vocals."
        return SongWords(caption, song_title(caption, []), "", [], notes)
    if pasted.has_words:
        title = pasted.settings.title or song_title(caption, sections)
        return SongWords(caption, title, pasted.text, sections, notes)
    if pasted.is_form and request.kind != "vocals" and not request.write_lyrics and not request.query:
        return SongWords(caption, title, pasted.text, sections, notes)
    return _written(request, caption, bool(dropped), wishes, seed)


def _sections(request: SongRequest, lyrics: str, wishes: CaptionHints) -> list[LyricSection]:
    """Return the lyrics' sections: all rapped in a rap, the verses if the caption asks for rap."""
    sections = wished_sections(parse_lyrics(lyrics, rap=request.kind == "rap"), wishes.forms)
    if request.kind == "rap":
        return [replace(section, rap=True) for section in with_rap_tags(sections)]
    if wishes.voices == ("rap",):
        return [replace(section, rap=section.rap or section.kind == "verse") for section in sections]
    return sections


def _written(
    request: SongRequest, caption: str, is_empty: bool, wishes: CaptionHints, seed: int
) -> SongWords:
    """Let the lyricist write words, unless the request is for a song without any, or for instruments only."""
    notes = {"lyrics": "they contain no words to sing"} if is_empty else {}
    band_alone = wishes.is_exact and wishes.is_sung is None and not request.query
    wordless = not (request.write_lyrics or request.query) or wishes.singer == "none" or band_alone
    if request.kind == "song" and wordless:
        return SongWords(caption, song_title(caption, []), request.lyrics, [], notes)
    duration_s = request.duration_s or min(request.max_duration_s, 180.0)
    is_formed = request.kind == "song" and duration_s > SHORTEST_S
    written: WrittenLyrics = write_lyrics(
        request.query or caption,
        kind=request.kind,
        language=asked_language(request) or language_of_wish(request.query) or DEFAULT_LANGUAGE,
        duration_s=max(duration_s, MATERIAL_S) if is_formed else duration_s,
        seed=seed,
    )
    chosen = request.caption.strip() or written.caption
    sections = _sections(request, written.lyrics, wishes)
    notes |= written.not_applied
    return SongWords(
        chosen,
        written.title,
        written.lyrics,
        sections,
        notes,
        language=written.language,
        written_s=duration_s if is_formed else 0.0,
    )


def words_in_form(
    words: SongWords,
    request: SongRequest,
    wishes: CaptionHints,
    genre: GenreDefinition,
    metre: Metre,
    seed: int,
) -> SongWords:
    """Put words written here into one of the genre's forms; the caption's form wishes take precedence."""
    if not words.written_s:
        return words
    drawn = in_form(words.sections, genre.form, words.written_s, metre, seed)
    if "rap" in wishes.unwanted_voices or "hip-hop" in wishes.unwanted_genres:  # "no rap" can mean either
        drawn = [replace(section, rap=False) for section in drawn]
    sections = wished_sections(unrefused_sections(drawn, wishes.forms), wishes.forms)
    return replace(words, sections=sections, lyrics=lyrics_text(sections))


def asked_language(request: SongRequest) -> str | None:
    asked = (request.vocal_language or "").strip().casefold()
    return asked if asked != "unknown" else None
