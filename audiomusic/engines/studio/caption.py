"""The wishes in a caption, as planning uses them: a view of `engines.captions` that adds no guesses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, cast

from audiomusic.engines.captions.entries import PlayerEntry
from audiomusic.engines.captions.lexicon import table
from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.captions.wishes import Aspect, Polarity, Reading, Wish
from audiomusic.engines.studio.compose.genres import find_genre
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.taxonomy import vocabulary
from audiomusic.engines.theory import SCALES, Key, Mode, parse_key

SingerWish = Literal["male", "female", "low", "high", "choir", "none"]
SampleKind = Literal["drum", "bass", "chords", "texture", "melodic"]

MOST_ENERGY = 0.45
SLOW_PLACE, FAST_PLACE = 0.35, 0.65  # positions in a genre's tempo range for "not fast" and "not slow"
ANY_VOICE = "any"
UNSUNG_VOICES = (ANY_VOICE, "rap")  # these name no singer


@dataclass(frozen=True)
class CaptionHints:
    """The wishes in a caption. A field is None or empty if the caption does not mention it."""

    genres: tuple[str, ...] = ()  # slugs, most clearly named first
    home: str | None = None  # slug of the genre implied by the instruments alone
    unwanted_genres: tuple[str, ...] = ()  # slugs
    bpm_range: tuple[float, float] | None = None  # of the named genre, if it has its own
    tempo: tuple[float, float] | None = None  # slowest and fastest requested
    tempo_place: float | None = None  # 0 the genre's slow end, 1 its fast end
    tempo_factor: float = 1.0
    key: Key | None = None
    mode: Mode | None = None
    metre: str | None = None
    duration_s: float | None = None
    energy: float = 0.0  # added to the genre's
    moods: tuple[str, ...] = ()  # emotions of the vocabulary
    era: str | None = None  # a name of `words/eras.toml`
    wanted: tuple[tuple[str, ...], ...] = ()  # each: alternatives, of which one is enough
    unwanted: tuple[str, ...] = ()
    is_exact: bool = False  # the band is exactly `wanted`, plus drums if they are named
    drums: bool | None = None  # True wanted, False refused, None not mentioned
    unwanted_pieces: tuple[str, ...] = ()  # drums of the kit
    voices: tuple[str, ...] = ()  # one per voice
    unwanted_voices: tuple[str, ...] = ()
    is_sung: bool | None = None
    forms: tuple[str, ...] = ()
    refused_forms: tuple[str, ...] = ()
    mix: tuple[str, ...] = ()
    entries: tuple[PlayerEntry, ...] = ()  # who plays or rests in which sections
    sample: SampleKind | None = None
    piece: str | None = None  # a drum piece
    reading: Reading = field(default_factory=Reading)

    @property
    def bpm(self) -> float | None:
        return self.tempo[0] if self.tempo and self.tempo[0] == self.tempo[1] else None

    @property
    def no_drums(self) -> bool:
        return self.drums is False

    @property
    def singer(self) -> SingerWish | None:
        """The first named voice, or "none" if no one should sing."""
        if self.is_sung is False:
            return "none"
        return next((cast(SingerWish, voice) for voice in self.voices if voice not in UNSUNG_VOICES), None)


def read_caption(caption: str) -> CaptionHints:
    """Return the wishes of a caption, grouped by aspect."""
    reading = read_wishes(caption)
    known = vocabulary()
    moods = tuple(str(wish.value) for wish in _of(reading, "mood"))
    emotions = [known.emotions[name] for name in moods]
    occasions = [known.occasions[str(wish.value)] for wish in _of(reading, "occasion")]
    energies = [row.energy for row in emotions] + [row.energy for row in occasions]
    calmer, livelier = _strongest(energies, -MOST_ENERGY, MOST_ENERGY, 0.0)
    slower, faster = _strongest([emotion.tempo for emotion in emotions], 0.8, 1.2, 1.0)
    key, mode = _key(reading)
    leanings = [emotion.mode for emotion in emotions if emotion.mode]
    band = [_names(wish) for wish in _of(reading, "instrument", ("want", "only"))]
    entries = tuple(wish.value for wish in _of(reading, "entry") if isinstance(wish.value, PlayerEntry))
    placed = [entry.players for entry in entries if entry.asks_to_play and entry.players]
    sampled = _without_refused(caption, reading)
    return CaptionHints(
        genres=_genres(reading),
        home=_home(reading),
        unwanted_genres=_unwanted_genres(reading),
        bpm_range=_bpm_range(reading),
        tempo=next((cast(tuple[float, float], wish.value) for wish in _of(reading, "tempo")), None),
        tempo_place=_tempo_place(reading),
        tempo_factor=slower * faster,
        key=key,
        mode=mode or cast(Mode | None, leanings[0] if leanings else _genre_mode(reading)),
        metre=next((str(wish.value) for wish in _of(reading, "metre")), None),
        duration_s=next((cast(float, wish.value) for wish in _of(reading, "duration")), None),
        energy=calmer + livelier,
        moods=moods,
        era=next((str(wish.value) for wish in _of(reading, "era")), None),
        wanted=tuple(dict.fromkeys([*band, *placed])),
        unwanted=_unwanted(reading),
        is_exact=_is_exact(reading),
        drums=_drums(reading, entries),
        unwanted_pieces=tuple(str(wish.value) for wish in _of(reading, "drums", ("refuse",)) if wish.value),
        voices=_voices(reading),
        unwanted_voices=tuple(name for wish in _of(reading, "voice", ("refuse",)) for name in _names(wish)),
        is_sung=_is_sung(reading),
        forms=_forms(reading),
        refused_forms=tuple(str(wish.value) for wish in _of(reading, "form", ("refuse",))),
        mix=tuple(str(wish.value) for wish in _of(reading, "mix")),
        entries=entries,
        sample=_sample(sampled),
        piece=_first(words_table("samples")["pieces"], sampled),
        reading=reading,
    )


def _of(reading: Reading, aspect: Aspect, polarities: Iterable[Polarity] = ("want",)) -> list[Wish]:
    return [wish for wish in reading.wishes if wish.aspect == aspect and wish.polarity in polarities]


def _names(wish: Wish) -> tuple[str, ...]:
    return cast(tuple[str, ...], wish.value) if isinstance(wish.value, tuple) else ()


def _genres(reading: Reading) -> tuple[str, ...]:
    """Return the genres composed here, the decisive one first; if none is named, an occasion's."""
    known = vocabulary()
    styles = [known.genres[name].style for name in reading.heads]
    occasions = [known.occasions[str(wish.value)].style for wish in _of(reading, "occasion")]
    found = [find_genre(style) for style in styles or occasions if style]
    return tuple(dict.fromkeys(genre.slug for genre in found if genre))


def _genre_mode(reading: Reading) -> str | None:
    mode: str | None = table("genres")["modes"].get(reading.heads[0]) if reading.heads else None
    return mode


def _home(reading: Reading) -> str | None:
    only = [name for wish in _of(reading, "instrument", ("only",)) for name in _names(wish)]
    homes: dict[str, str] = table("genres")["home"]
    return homes.get(only[0], homes["default"]) if only else None


def _unwanted_genres(reading: Reading) -> tuple[str, ...]:
    """Return refused genres that are composed here by that name: "no trap" does not rule out hip hop."""
    known = vocabulary().genres
    refused = [known[str(wish.value)] for wish in _of(reading, "genre", ("refuse",))]
    found = [
        find_genre(genre.style)
        for genre in refused
        if genre.name in (genre.style, genre.family) or genre.name == "Pop"
    ]
    return tuple(genre.slug for genre in found if genre)


def _bpm_range(reading: Reading) -> tuple[float, float] | None:
    """Return the tempo range of the decisive genre if it differs from that of the genre it is composed as."""
    own = table("genres")["bpm"].get(reading.heads[0]) if reading.heads else None
    return (float(own[0]), float(own[1])) if own else None


def _strongest(values: Sequence[float], least: float, most: float, nothing: float) -> tuple[float, float]:
    """Return the strongest value in each direction, within bounds: synonyms do not add up, opposites do."""
    return max(least, min([nothing, *values])), min(most, max([nothing, *values]))


def _tempo_place(reading: Reading) -> float | None:
    wanted = [cast(float, wish.value) for wish in _of(reading, "pace")]
    refused = [cast(float, wish.value) for wish in _of(reading, "pace", ("refuse",))]
    if wanted:
        return wanted[-1]
    if not refused:
        return None
    return SLOW_PLACE if refused[-1] > 0.5 else FAST_PLACE


def _key(reading: Reading) -> tuple[Key | None, Mode | None]:
    """Return the key and its mode; only the mode if it is named alone."""
    for wish in reversed(_of(reading, "key")):
        name = str(wish.value)
        if name.casefold() in SCALES:
            return None, cast(Mode, name.casefold())
        key = parse_key(name).key
        return key, key.mode
    return None, None


def _unwanted(reading: Reading) -> tuple[str, ...]:
    refused = {name for wish in _of(reading, "instrument", ("refuse",)) for name in _names(wish)}
    return tuple(sorted(refused))


def _is_exact(reading: Reading) -> bool:
    return any(
        wish.polarity == "only" and wish.aspect in ("instrument", "drums", "voice") for wish in reading.wishes
    )


def _drums(reading: Reading, entries: Iterable[PlayerEntry]) -> bool | None:
    if _of(reading, "drums", ("want", "only")) or any(e.drums and e.asks_to_play for e in entries):
        return True
    if _is_exact(reading) or any(wish.value is None for wish in _of(reading, "drums", ("refuse",))):
        return False
    return None


def _voices(reading: Reading) -> tuple[str, ...]:
    """Return one entry per voice. Named singers replace a duet's; an unspecified voice may be any singer."""
    wishes = [_names(wish) for wish in _of(reading, "voice", ("want", "only")) if wish.value != ()]
    single = [name for names in wishes if len(names) == 1 for name in names if name != ANY_VOICE]
    groups = [name for names in wishes if len(names) > 1 for name in names]
    if groups and len(single) < 2:
        missing = [name for name in groups if name not in single] if len(set(groups)) > 1 else groups
        return tuple([*single, *missing][: max(2, len(groups))])
    if single:
        return tuple(single)
    return (ANY_VOICE,) if wishes else ()


def _forms(reading: Reading) -> tuple[str, ...]:
    """Return the form wishes. Refusing a solo by one instrument refuses all solos."""
    refused = [str(wish.value) for wish in _of(reading, "form", ("refuse",))]
    wanted = [str(wish.value) for wish in _of(reading, "form")]
    return (*wanted, *(["no_solo"] if any(form.startswith("solo:") for form in refused) else []))


def _is_sung(reading: Reading) -> bool | None:
    wishes = _of(reading, "voice", ("want", "only"))
    return None if not wishes else any(wish.value != () for wish in wishes)


def _without_refused(caption: str, reading: Reading) -> str:
    """Return the caption without what it refuses, for the sample lookup."""
    text = caption
    for wish in reading.wishes:
        if wish.polarity == "refuse":
            own = wish.words if text[wish.start :].startswith(wish.words) else wish.words.split()[-1]
            text = text[: wish.start] + " " * len(own) + text[wish.start + len(own) :]
    return " ".join(text.casefold().split())


@cache
def _pattern(word: str) -> re.Pattern[str]:
    """Match the whole word. Cached here because the tables hold more words than the cache of `re`."""
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")


def _has(text: str, *words: str) -> bool:
    return any(_pattern(word).search(text) for word in words)


def _first(found_by: dict[str, str], text: str) -> str | None:
    """Return the value of the longest table word that occurs in the text."""
    found = [word for word in found_by if _has(text, word)]
    return found_by[max(found, key=len)] if found else None


def _sample(text: str) -> SampleKind | None:
    rows: dict[str, Any] = {name: row for name, row in words_table("samples").items() if name != "pieces"}
    return next((cast(SampleKind, name) for name, row in rows.items() if _has(text, *row["words"])), None)
