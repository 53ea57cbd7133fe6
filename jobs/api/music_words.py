"""Keys, metres and languages as people write them, brought to one spelling each."""

from __future__ import annotations

import re

METRES = {
    "2/4": "2/4", "3/4": "3/4", "4/4": "4/4", "6/8": "6/8",
    "2": "2/4", "3": "3/4", "4": "4/4", "6": "6/8",
}  # fmt: skip

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

#: Letter, accidental, mode; without flags, so that JSON Schema reads it as well.
KEY_PATTERN = r"([A-Ga-g])\s*([#♯bB♭]?)\s*-?\s*((?:[Mm](?:[Aa][Jj](?:[Oo][Rr])?|[Ii][Nn](?:[Oo][Rr])?)?)?)"
_KEY = re.compile(KEY_PATTERN)
_TAG = re.compile(r"\[[^\]\n]*\]?")  # one never closed goes up to the line's end: each letter is read once
_INSTRUMENTAL_TAGS = {"[instrumental]", "[inst]"}


def parse_key(text: str) -> str:
    """'Am', 'a minor', 'A-min' -> 'A Minor'; 'Bb', 'B♭ Major' -> 'Bb Major'. Raises ValueError."""
    match = _KEY.fullmatch(text.strip())
    if match is None:
        raise ValueError("a key such as C Major, Am, F# minor or Bb was wanted")
    letter, accidental, mode = match.groups()
    is_minor = mode == "m" or mode.lower() in ("minor", "min")
    accidental = accidental.lower().replace("♯", "#").replace("♭", "b")
    return f"{letter.upper()}{accidental} {'Minor' if is_minor else 'Major'}"


def parse_metre(text: str) -> str:
    """'3/4' or '3' -> '3/4'. Raises ValueError."""
    try:
        return METRES[text.replace(" ", "")]
    except KeyError:
        raise ValueError("2/4, 3/4, 4/4 or 6/8 was wanted") from None


def parse_language(text: str) -> str:
    """'EN' -> 'en'; 'unknown' stays. Raises ValueError for what is not in ISO 639-1."""
    code = text.strip().lower()
    if code != "unknown" and code not in LANGUAGES:
        raise ValueError('an ISO 639-1 code such as en, or "unknown", was wanted')
    return code


def is_instrumental_tag(lyrics: str) -> bool:
    """Whether the lyrics only say, as many people write it, that nobody sings."""
    return lyrics.strip().lower() in _INSTRUMENTAL_TAGS


def has_words(lyrics: str) -> bool:
    """Whether anything outside the section marks can be sung: one letter of any script."""
    words = _TAG.sub(lambda tag: "" if tag[0].endswith("]") else tag[0], lyrics)
    return any(character.isalpha() for character in words)
