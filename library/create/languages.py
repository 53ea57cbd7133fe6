"""Languages to sing in, each by its own name: "Español", "中文", "English".

Languages in which the built-in lyricist can write come first; the others need the user's lyrics. Both groups
are sorted by the Latin alphabet, with other scripts last.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

from audiomusic.engines.languages import languages as known_languages
from audiomusic.engines.studio.lyricist.writer import LINES_DIR
from audiomusic.http.pages.language_names import language_name


class SungLanguage(NamedTuple):
    code: str  # ISO 639-1
    name: str


class LanguageGroup(NamedTuple):
    label: str
    languages: tuple[SungLanguage, ...]


@cache
def language_groups() -> tuple[LanguageGroup, ...]:
    """Return the form's language choices in order."""
    codes = {code for speakers in known_languages().speakers.values() for code in speakers}
    written = {path.stem for path in LINES_DIR.glob("*.toml")}
    return (
        LanguageGroup("The server can write lyrics", _sorted(written)),
        LanguageGroup("Sings only the lyrics you write", _sorted(codes - written)),
    )


def _sorted(codes: set[str]) -> tuple[SungLanguage, ...]:
    return tuple(sorted((SungLanguage(code, language_name(code)) for code in codes), key=_order))


def _order(language: SungLanguage) -> tuple[bool, str]:
    """Sort key: Latin script first, accents ignored."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", language.name) if not unicodedata.combining(c))
    return not bare[:1].isascii(), bare.casefold()
