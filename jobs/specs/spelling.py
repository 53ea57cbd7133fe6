"""Spellings of languages, and what lyrics say about a song."""

from __future__ import annotations

from audiomusic.engines.lyrics.pasted import read_pasted

#: ISO 639-1, all 183 codes.
LANGUAGES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht
    hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky
    la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny
    oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss
    st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo
    za zh zu
    """.split()  # noqa: SIM905 (a list literal would be 183 quoted words)
)

_INSTRUMENTAL_TAGS = {"[instrumental]", "[inst]"}


def parse_language(text: str) -> str:
    """Normalize a language code: 'EN' -> 'en'; 'unknown' stays. Raises ValueError if it is not in ISO
    639-1."""
    code = text.strip().lower()
    if code != "unknown" and code not in LANGUAGES:
        raise ValueError('expected an ISO 639-1 code such as en, or "unknown"')
    return code


def is_instrumental_tag(lyrics: str) -> bool:
    """Whether the lyrics are only a tag that means instrumental, as many people write it."""
    return lyrics.strip().lower() in _INSTRUMENTAL_TAGS


def has_words(lyrics: str) -> bool:
    """Whether anything can be sung after removing marks, timestamps, chords and the like."""
    return read_pasted(lyrics).has_words


def is_form(lyrics: str) -> bool:
    """Whether the lyrics are only section tags, which request an instrumental of that form."""
    return read_pasted(lyrics).is_form and not is_instrumental_tag(lyrics)
