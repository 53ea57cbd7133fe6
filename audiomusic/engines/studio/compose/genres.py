"""Genre definitions, read from `genres/<slug>.toml`: to add a genre, add a file.

Patterns are written in sixteenth steps, sixteen to a 4/4 bar; spaces are only for readability.
`compose.patterns` explains the signs and how other metres use them.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

from audiomusic.engines.studio.compose.harmony import read_chord
from audiomusic.engines.studio.score import INSTRUMENTS, KITS, PIECES, SectionKind
from audiomusic.engines.taxonomy import genre_named
from audiomusic.engines.theory import COMPOSED_METRES, METRE_GROUPS, TONALITIES, Key

GENRES_DIR = Path(__file__).parent / "genres"
PLAYERS = ("bass", "chords", "riff", "pad", "lead", "answer", "counter", "counterpoint", "riser")
VOICINGS = ("close", "power", "wide")
PITCHED_SIGNS = "Xxo.-bR835a7wp" + "0123456789"
SECTION_KINDS: tuple[str, ...] = get_args(SectionKind)
RAPPED_VERSE = "rap"  # in a song form: the next verse is rapped
DRUM_SIGNS = "Xxo."
OWN_WEIGHT = 1.5  # weight of a genre's own progressions relative to those of its books
CELL_STEPS = 32  # two bars


class GenreError(ValueError):
    """A genre file contains something that cannot be played."""


@dataclass(frozen=True)
class Groove:
    """Steps by drum piece in one metre, played from section energy `energy` up."""

    energy: float
    metre: str
    steps: dict[str, str]
    sections: tuple[str, ...] = ()  # only in these; empty: wherever no groove is specified


@dataclass(frozen=True)
class GenrePart:
    """One chair of the band: which instruments may fill it, when it plays, and what."""

    role: str
    player: str  # one of PLAYERS
    instruments: tuple[str, ...]
    patterns: tuple[str, ...] = ()  # from calm to busy
    metre_patterns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    energy: tuple[float, float] = (0.0, 1.0)  # plays in sections within this range
    sections: tuple[str, ...] = ()  # empty: all kinds
    chance: float = 1.0  # probability that a seed has this chair at all
    register: int = 60  # MIDI number around which it plays
    voices: int = 3
    voicing: str = "close"
    strum: float = 0.0  # quarters from the first to the last string
    gain_db: float = 0.0
    pan: float = 0.0
    reverb: float = 0.2
    delay: float = 0.0
    velocity: float = 0.7
    variety: float = 0.75  # probability that a later bar of four differs; 1: each bar may use any pattern
    comps: bool = False  # leaves room for the singer and answers in the pauses
    doubles: str = ""  # role whose pattern changes this part shares


@dataclass(frozen=True)
class MelodyHabits:
    """The genre's melodic style. Shares are 0..1."""

    cells: tuple[str, ...]  # preferred onsets over two 4/4 bars
    anticipation: float = 0.25  # share of stressed syllables that anticipate their beat
    sixteenths: float = 0.3  # probability that a line moves in sixteenths
    pace: float = 1.0  # above 1: slower words
    leaps: float = 0.4
    pentatonic: float = 0.3  # how strongly the two semitone degrees are avoided
    span: float = 0.6  # range of a line's contour
    harmony: bool = True  # a harmony voice in choruses
    chromatic: float = 0.08  # share of short notes before a chord tone that are a semitone beside it
    appoggiaturas: float = 0.15  # share of repeated notes on the beat whose first leans from above
    blue: float = 0.0  # share of short descending thirds, fifths and sevenths that are lowered a semitone


@dataclass(frozen=True)
class HarmonyHabits:
    """How a band varies the written chords: probabilities per four bars, 0..1."""

    books: tuple[str, ...] = ()  # of `progressions.toml`, in addition to the genre's own
    colour: float = 0.3  # a secondary dominant of the next chord
    borrow: float = 0.2  # a chord borrowed from the parallel mode
    slash: float = 0.25  # an inversion that makes the bass walk
    split: float = 0.5  # two chords in a bar
    period: float = 0.5  # probability that eight bars are not the same four twice
    endings: dict[str, tuple[str, ...]] = field(default_factory=dict)  # mode -> options for the last chord


@dataclass(frozen=True)
class DrumHabits:
    """How the drummer varies four bars."""

    manner: str = "rock"  # a table in `drum_phrases.toml`
    variety: float = 0.85  # probability that a later bar of four differs from the groove
    crash_energy: float = 0.55  # sections from this energy on open with a crash; above 1: never


@dataclass(frozen=True)
class FormHabits:
    instrumental: tuple[tuple[str, int], ...]  # section kind, phrases
    songs: dict[str, float] = field(default_factory=dict)  # "verse chorus …" -> weight
    instrumentals: dict[str, float] = field(default_factory=dict)  # "verse:2 chorus:2 …" -> weight
    intro: int = 1  # phrases
    outro: int = 1
    lift: float = 0.0  # probability that the last chorus is in a higher key
    stanza: int = 0  # bars of a verse, whatever its lines; 0: as many as the lines need
    pace: float = 1.0  # of the words; above 1 is slower


@dataclass(frozen=True)
class GenreDefinition:
    slug: str
    name: str
    bpm: tuple[float, float]
    metres: dict[str, float]
    modes: dict[str, float]
    swing: float
    swing_grid: float
    energy: float
    kits: tuple[str, ...]
    sidechain_db: float
    humanise_ms: float
    female: float  # probability that the singer is a woman
    chromatic_bass: bool
    form: FormHabits
    melody: MelodyHabits
    harmony: HarmonyHabits
    progressions: dict[str, dict[str, tuple[str, ...]]]  # mode -> section kind -> bars
    weights: dict[str, float]  # progression -> weight
    drums: DrumHabits
    grooves: tuple[Groove, ...]
    fills: tuple[dict[str, str], ...]
    parts: tuple[GenrePart, ...]


def slugify(name: str) -> str:
    """Return the file name of a genre: "R&B" -> "rnb", "Hip Hop" -> "hip-hop"."""
    text = name.casefold().replace("&", "n")
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


@cache
def load_genres() -> dict[str, GenreDefinition]:
    """Return every genre by slug, in alphabetical order."""
    return {path.stem: read_genre(path) for path in sorted(GENRES_DIR.glob("*.toml"))}


def find_genre(name: str) -> GenreDefinition | None:
    """Return the genre used to compose music of this name, as the shared vocabulary maps it, or None."""
    known = genre_named(name)
    return load_genres().get(slugify(known.style if known else name))


def read_genre(path: Path) -> GenreDefinition:
    """Read and check one file. Raises GenreError with the file name and the problem."""
    try:
        genre = _genre(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
        _check(genre)
    except (KeyError, TypeError, ValueError) as error:
        raise GenreError(f"{path.name}: {error!r}") from error
    return genre


def _genre(slug: str, data: dict[str, Any]) -> GenreDefinition:
    form = data["form"]
    progressions, weights = _progressions(data)
    return GenreDefinition(
        slug=slug,
        name=data["name"],
        bpm=(data["bpm"][0], data["bpm"][1]),
        metres=data["metres"],
        modes=data["modes"],
        swing=data.get("swing", 0.0),
        swing_grid=data.get("swing_grid", 0.5),
        energy=data["energy"],
        kits=tuple(data["kits"]),
        sidechain_db=data.get("sidechain_db", 0.0),
        humanise_ms=data.get("humanise_ms", 4.0),
        female=data.get("female", 0.5),
        chromatic_bass=data.get("chromatic_bass", False),
        form=replace(_form(form), pace=data["melody"].get("pace", 1.0)),
        melody=MelodyHabits(**_tuples(data["melody"])),
        harmony=_harmony(data.get("harmony", {})),
        progressions=progressions,
        weights=weights,
        drums=DrumHabits(**data.get("drums", {})),
        grooves=tuple(_groove(entry) for entry in data.get("grooves", ())),
        fills=tuple(
            {piece: steps.replace(" ", "") for piece, steps in fill.items()} for fill in data.get("fills", ())
        ),
        parts=tuple(_part(entry) for entry in data["parts"]),
    )


def _harmony(data: dict[str, Any]) -> HarmonyHabits:
    values = dict(data)
    values["books"] = tuple(values.get("books", ()))
    values["endings"] = {mode: tuple(chords) for mode, chords in values.get("endings", {}).items()}
    return HarmonyHabits(**values)


def _progressions(data: dict[str, Any]) -> tuple[dict[str, dict[str, tuple[str, ...]]], dict[str, float]]:
    """Return the progressions of the genre and its books, and the weight of each."""
    found: dict[str, dict[str, dict[str, float]]] = {mode: {} for mode in data["progressions"]}
    sources = [(data["progressions"], OWN_WEIGHT)]
    sources += [(progression_books()[name], 1.0) for name in data.get("harmony", {}).get("books", ())]
    for source, factor in sources:
        for mode, kinds in source.items():
            for kind, texts in kinds.items():
                rows = found.setdefault(mode, {}).setdefault(kind, {})
                for bars, weight in _weighted(texts).items():
                    rows[bars] = rows.get(bars, 0.0) + factor * weight
    weights = {
        text: weight for kinds in found.values() for rows in kinds.values() for text, weight in rows.items()
    }
    return {
        mode: {kind: tuple(rows) for kind, rows in kinds.items()} for mode, kinds in found.items()
    }, weights


@cache
def progression_books() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Load book -> mode -> section kind -> progressions from `progressions.toml`."""
    return tomllib.loads((Path(__file__).parent / "progressions.toml").read_text(encoding="utf-8"))


def _form(data: dict[str, Any]) -> FormHabits:
    songs, instrumentals = _weighted(data["songs"]), _weighted(data["instrumentals"])
    first = next(iter(instrumentals))
    return FormHabits(
        instrumental=read_phrases(first),
        songs=songs,
        instrumentals=instrumentals,
        intro=data.get("intro", 1),
        outro=data.get("outro", 1),
        lift=data.get("lift", 0.0),
        stanza=data.get("stanza", 0),
    )


def _weighted(texts: list[str]) -> dict[str, float]:
    """Parse "verse chorus *2" to {"verse chorus": 2.0}."""
    pairs = [text.partition("*") for text in texts]
    return {name.strip(): float(weight or 1) for name, _, weight in pairs}


def read_phrases(text: str) -> tuple[tuple[str, int], ...]:
    """Parse "verse:2 chorus" to (("verse", 2), ("chorus", 2)): section kinds and their phrases."""
    pairs = (entry.partition(":") for entry in text.split())
    return tuple((kind, int(count or 2)) for kind, _, count in pairs)


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    """Convert lists to tuples, and strip spaces from patterns."""
    return {key: _clean(value) if isinstance(value, list) else value for key, value in data.items()}


def _clean(values: list[Any]) -> tuple[Any, ...]:
    return tuple(value.replace(" ", "") if isinstance(value, str) else value for value in values)


def _groove(entry: dict[str, Any]) -> Groove:
    steps = {piece: text.replace(" ", "") for piece, text in entry.items() if isinstance(text, str)}
    metre = steps.pop("metre", "4/4")
    return Groove(entry["energy"], metre, steps, tuple(entry.get("sections", ())))


def _part(entry: dict[str, Any]) -> GenrePart:
    values = _tuples(entry)
    values["metre_patterns"] = {key: _clean(texts) for key, texts in entry.get("metre_patterns", {}).items()}
    return GenrePart(**values)


def _check(genre: GenreDefinition) -> None:
    _known("metre", genre.metres, COMPOSED_METRES)
    _known("mode", genre.modes, TONALITIES)
    _known("mode", genre.progressions, TONALITIES)
    _known("kit", genre.kits, KITS)
    for form in genre.form.songs:
        _known("section", form.split(), (*SECTION_KINDS, RAPPED_VERSE))
    for form in genre.form.instrumentals:
        _known("section", [entry.partition(":")[0] for entry in form.split()], SECTION_KINDS)
    for mode in TONALITIES:
        _known("progressions for", ("verse", "chorus"), tuple(genre.progressions[mode]))
    for groove in genre.grooves:
        _known("groove metre", (groove.metre,), COMPOSED_METRES)
        _check_drums(groove.steps, bar_steps(groove.metre))
    for fill in genre.fills:
        _check_drums(fill, 8)
    for part in genre.parts:
        _check_part(part)
    _check_tunes(genre)


def _check_tunes(genre: GenreDefinition) -> None:
    for cell in genre.melody.cells:
        if len(cell) != CELL_STEPS:
            raise ValueError(f"melody cell {cell!r} has {len(cell)} steps, wanted {CELL_STEPS}")
    for mode in genre.progressions:
        key = Key(0, "minor" if mode == "minor" else "major")
        for text in (text for texts in genre.progressions[mode].values() for text in texts):
            for numeral in text.replace("|", " ").split():
                read_chord(numeral, key)


def bar_steps(metre: str) -> int:
    """Return the sixteenths in a bar; a pattern for 2/4 fills two bars."""
    return sum(METRE_GROUPS[metre]) * 16 // int(metre.split("/")[1]) * (2 if metre == "2/4" else 1)


def _known(what: str, given: Any, allowed: tuple[str, ...]) -> None:
    unknown = [entry for entry in given if entry not in allowed]
    if unknown:
        raise ValueError(f"{what} {unknown[0]!r}: wanted one of {', '.join(allowed)}")


def _check_drums(steps: dict[str, str], bar: int) -> None:
    _known("drum piece", steps, PIECES)
    for piece, text in steps.items():
        _known(f"sign of {piece}", text, tuple(DRUM_SIGNS))
        if not text or len(text) % bar:
            raise ValueError(f"{piece} has {len(text)} steps, wanted a multiple of {bar}")


def _check_part(part: GenrePart) -> None:
    _known("player", (part.player,), PLAYERS)
    _known("voicing", (part.voicing,), VOICINGS)
    _known("instrument", part.instruments, INSTRUMENTS)
    if part.player in ("bass", "chords", "riff") and not part.patterns:
        raise ValueError(f"part {part.role!r} has no patterns")
    for text in part.patterns:
        _known(f"sign of {part.role}", text, tuple(PITCHED_SIGNS))
        if len(text) % 16:
            raise ValueError(f"a pattern of {part.role!r} has {len(text)} steps, wanted a multiple of 16")
