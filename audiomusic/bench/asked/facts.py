"""Facts in words, such as "no drums" and "bpm 96", each checked against score, title or sung words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from audiomusic.engines.analysis.conformance import judge_wishes
from audiomusic.engines.analysis.score_facts import ScoreFacts
from audiomusic.engines.captions.entries import EntryRule, PlayerEntry, Reach
from audiomusic.engines.captions.wishes import Aspect, Polarity, Wish, WishValue
from audiomusic.engines.phrase_matcher import fold
from audiomusic.engines.studio.score import INSTRUMENTS, KITS, PIECES

#: Names that people use for several instruments; all other instruments have only their own name.
FAMILIES: dict[str, tuple[str, ...]] = {
    "guitar": ("nylon_guitar", "steel_guitar", "clean_guitar", "driven_guitar", "muted_guitar"),
    "acoustic_guitar": ("nylon_guitar", "steel_guitar"),
    "electric_guitar": ("clean_guitar", "driven_guitar", "muted_guitar"),
    "bass": ("upright_bass", "electric_bass", "synth_bass", "sub_bass"),
    "synth": ("saw_lead", "square_lead", "supersaw", "warm_pad", "bright_pad", "pluck"),
    "pad": ("warm_pad", "bright_pad"),
    "bowed": ("strings", "violin", "cello", "pizzicato"),
    "strings": ("strings", "violin", "cello", "pizzicato"),
    "brass": ("trumpet", "brass_section"),
    "plucked": ("nylon_guitar", "steel_guitar", "clean_guitar", "banjo", "pluck", "pizzicato"),
    "sax": ("saxophone",),
    "keys": ("piano", "electric_piano"),
    "mallets": ("marimba", "vibraphone", "glockenspiel", "steel_drum"),
}
HATS = ("closed_hat", "open_hat", "pedal_hat")
FactKind = Literal[
    "refusal", "exclusive", "instrument", "tempo", "key", "metre", "duration", "form", "voice", "genre",
    "sample", "near", "words", "repeats", "title", "entry",
]  # fmt: skip
STRICT: tuple[FactKind, ...] = ("refusal", "exclusive")


@dataclass(frozen=True)
class ComposedSong:
    """The result of an entry: the score's outline, the title, the lyrics and the notes."""

    outline: Mapping[str, Any]
    title: str
    lyrics: str
    notes: tuple[str, ...]  # wishes that were not applied, and words that were not understood

    @cached_property
    def lines(self) -> list[str]:
        """The lead's lines, normalized, in order of time."""
        sung = [line for line in self.outline["vocals"] if line["part"] == "lead" and line["syllables"]]
        sung.sort(key=lambda line: line["syllables"][0][0])
        return [plain(line["text"]) for line in sung]

    @cached_property
    def sung(self) -> str:
        """All lines as one text, because long lines of the lyrics are sung as several."""
        return f" {' '.join(self.lines)} "


Proof = Callable[[ComposedSong], bool]


@dataclass(frozen=True)
class AskedFact:
    """A fact to check. `text` is as in the data file, `phrase` the words of the entry that request it."""

    text: str
    kind: FactKind
    proof: Proof
    phrase: str = ""
    needs_voice: bool = False
    needs_room: bool = False  # the planner or the caption decides the song's length


def read_fact(text: str, phrase: str) -> AskedFact:
    """Parse "verb what". Raises ValueError for a fact that no score can prove."""
    verb, _, what = text.partition(" ")
    if verb not in VERBS:
        raise ValueError(f"Expected a fact that begins with one of {', '.join(VERBS)}, got {text!r}.")
    kind, make = VERBS[verb]
    return AskedFact(
        text,
        kind,
        make(what),
        phrase,
        needs_voice=verb in ("sings", "spares", "voices") and what != "nobody" or text.endswith(VOICED_FORMS),
        needs_room=verb in ("form", "length", *ENTRIES),
    )


VOICED_FORMS = ("form no_intro", "form no_outro", "form starts_with:chorus")


def plain(text: str) -> str:
    """Return only the letters and digits, normalized, with one space between words."""
    return " ".join(re.findall(r"\w+", fold(text)))


def _wishes(wishes: Sequence[Wish]) -> Proof:
    def prove(made: ComposedSong) -> bool:
        verdicts = judge_wishes(made.outline, wishes)
        return bool(verdicts) and all(verdict.ok for verdict in verdicts)

    return prove


def _wish(aspect: Aspect, value: WishValue, polarity: Polarity = "want") -> Wish:
    return Wish("", aspect, value, polarity)


def _player(name: str, polarity: Polarity) -> Wish:
    """Return the wish for an instrument, a family of instruments, or drums, a kit or a drum."""
    if name == "drums":
        return _wish("drums", None, polarity)
    if name in (*PIECES, *KITS):
        return _wish("drums", name, polarity)
    names = FAMILIES.get(name, (name,))
    unknown = [each for each in names if each not in INSTRUMENTS]
    if unknown:
        raise ValueError(f"Expected an instrument or a drum, got {unknown[0]!r}.")
    return _wish("instrument", names, polarity)


def _no(what: str) -> Proof:
    if what == "hats":
        return _wishes([_wish("drums", hat, "refuse") for hat in HATS])
    return _wishes([_player(what, "refuse")])


def _plays(what: str) -> Proof:
    return _wishes([_player(what, "want")])


def _only(what: str) -> Proof:
    """Only these players; "voice" adds a singer, and may be the only one."""
    names = what.split()
    players = [_player(name, "only") for name in names if name != "voice"] or [
        _wish("instrument", (), "only")
    ]
    proof = _wishes(players)
    is_sung = "voice" in names
    return lambda made: proof(made) and (bool(made.lines) or not is_sung)


def _bpm(what: str) -> Proof:
    slowest, _, fastest = what.partition("-")
    return _wishes([_wish("tempo", (float(slowest), float(fastest or slowest)))])


def _length(what: str) -> Proof:
    return _wishes([_wish("duration", float(what))])


def _sings(what: str) -> Proof:
    return _wishes([_wish("voice", () if what == "nobody" else tuple(what.split()))])


def _spares(what: str) -> Proof:
    """There is singing, but not by such a voice."""
    proof = _wishes([_wish("voice", tuple(what.split()), "refuse")])
    return lambda made: bool(made.lines) and proof(made)


def _voices(what: str) -> Proof:
    """There are at least this many singers."""
    return lambda made: len(ScoreFacts(made.outline).singers) >= int(what)


def _metre(what: str) -> Proof:
    options = [_wishes([_wish("metre", name)]) for name in what.split("|")]
    return lambda made: any(proof(made) for proof in options)


def _genre(what: str) -> Proof:
    return lambda made: made.outline["genre"] in what.split("|")


def _near(what: str) -> Proof:
    """An instrument that the band does not have is mentioned in a note."""
    return lambda made: any(plain(what) in plain(words) for words in made.notes)


def _sung(what: str) -> Proof:
    words = plain(what)
    return lambda made: words in made.sung


def _unsung(what: str) -> Proof:
    words = re.compile(rf"(?<!\w){re.escape(plain(what))}(?!\w)")
    return lambda made: bool(made.lines) and not words.search(made.sung)


def _times(what: str) -> Proof:
    """The words are sung at least this many times."""
    count, _, words = what.partition(" ")
    return lambda made: made.sung.count(plain(words)) >= int(count)


def _once(what: str) -> Proof:
    return lambda made: made.sung.count(plain(what)) == 1


def _sections(what: str) -> Proof:
    """The sections are of these kinds in this order; others may be between them."""

    def prove(made: ComposedSong) -> bool:
        kinds = iter(section["kind"] for section in made.outline["sections"])
        return all(kind in kinds for kind in what.split())

    return prove


def _title(what: str) -> Proof:
    return lambda made: plain(made.title) == plain(what)


def _untitled(what: str) -> Proof:
    return lambda made: plain(made.title) != plain(what)


def _entry(rule: EntryRule, reach: Reach) -> Callable[[str], Proof]:
    """A player, and the part of the song in which they play or rest: "drums verse:2"."""

    def read(what: str) -> Proof:
        name, section = what.split()
        players = () if name == "drums" else FAMILIES.get(name, (name,))
        entry = PlayerEntry(rule, (section,), reach, players, players, name == "drums")
        return _wishes([_wish("entry", entry)])

    return read


def _of(aspect: Aspect, polarity: Polarity = "want") -> Callable[[str], Proof]:
    return lambda what: _wishes([_wish(aspect, what, polarity)])


#: Verb -> when a player plays in a part of the song.
ENTRIES: dict[str, tuple[EntryRule, Reach]] = {
    "enters": ("only", "from"),
    "rests": ("silent", "in"),
    "alone": ("alone", "in"),
}
#: Verb -> the kind of fact, and a function that returns its check.
VERBS: dict[str, tuple[FactKind, Callable[[str], Proof]]] = {
    "no": ("refusal", _no),
    "only": ("exclusive", _only),
    "plays": ("instrument", _plays),
    "near": ("near", _near),
    "bpm": ("tempo", _bpm),
    "key": ("key", _of("key")),
    "metre": ("metre", _metre),
    "length": ("duration", _length),
    "form": ("form", _of("form")),
    "sings": ("voice", _sings),
    "voices": ("voice", _voices),
    "spares": ("refusal", _spares),
    "genre": ("genre", _genre),
    "sample": ("sample", _of("sample")),
    **{verb: ("entry", _entry(*entry)) for verb, entry in ENTRIES.items()},
    "sung": ("words", _sung),
    "unsung": ("words", _unsung),
    "times": ("repeats", _times),
    "once": ("repeats", _once),
    "sections": ("form", _sections),
    "title": ("title", _title),
    "untitled": ("title", _untitled),
}
