"""The written music: created by composing, read by performing.

A beat is a quarter note in every metre; `Metre.quarter_s` converts beats to seconds. Pitches are MIDI
numbers, velocities 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from audiomusic.engines.theory import METRE_GROUPS, Key

SectionKind = Literal[
    "intro", "verse", "prechorus", "chorus", "bridge", "solo", "breakdown", "drop", "outro", "hook"
]
VocalStyle = Literal["sing", "rap"]
#: Which program analyses English lines and therefore sings them: espeak-ng or hibari's network.
Reader = Literal["espeak", "hibari"]
VocalRole = Literal["lead", "double", "harmony", "partner"]  # partner: another singer beside the lead

#: Every instrument that composing may use and the synth must be able to play.
INSTRUMENTS = (
    "piano", "electric_piano", "organ", "clavinet",
    "nylon_guitar", "steel_guitar", "clean_guitar", "driven_guitar", "muted_guitar", "banjo",
    "upright_bass", "electric_bass", "synth_bass", "sub_bass",
    "strings", "pizzicato", "violin", "cello", "choir_pad",
    "trumpet", "brass_section", "saxophone", "flute", "clarinet", "harmonica", "accordion",
    "marimba", "vibraphone", "glockenspiel", "music_box", "steel_drum",
    "warm_pad", "bright_pad", "saw_lead", "square_lead", "supersaw", "pluck", "bell", "riser",
)  # fmt: skip

#: Drum kits, and the pieces that every kit has (a kit may map one to another).
KITS = ("acoustic", "rock", "brushes", "electronic", "808", "latin", "orchestral")
PIECES = (
    "kick", "snare", "ghost_snare", "rim", "clap", "closed_hat", "open_hat", "pedal_hat", "ride",
    "ride_bell", "crash", "splash", "tom_low", "tom_mid", "tom_high", "shaker", "tambourine",
    "conga_low", "conga_high", "bongo", "cowbell", "clave", "guiro", "timpani", "snap",
)  # fmt: skip


@dataclass(frozen=True)
class Metre:
    """A time signature and its tempo. `bpm` counts the felt pulse: a quarter, or a dotted quarter where
    eighths are grouped in threes (6/8, 9/8, 12/8)."""

    beats: int  # the numerator
    unit: int  # the denominator
    bpm: float

    @property
    def name(self) -> str:
        return f"{self.beats}/{self.unit}"

    @property
    def bar_quarters(self) -> float:
        """Length of a bar in quarter notes."""
        return self.beats * 4 / self.unit

    @property
    def is_compound(self) -> bool:
        """Whether eighths are grouped in threes throughout the bar."""
        return self.unit == 8 and self.beats % 3 == 0

    @property
    def pulses(self) -> int:
        """Equal parts of the bar on which a phrase may end: felt pulses, or eighths if pulses are uneven."""
        return self.beats // 3 if self.is_compound else self.beats

    @property
    def accents(self) -> tuple[float, ...]:
        """Start of each group in the bar, in quarters: 0 and 3 in 5/4; 0, 1 and 2 in 7/8."""
        groups = METRE_GROUPS.get(self.name, (self.beats,))
        return tuple(sum(groups[:index]) * 4 / self.unit for index in range(len(groups)))

    @property
    def quarter_s(self) -> float:
        """Length of a quarter note in seconds."""
        return 60 / self.bpm / (1.5 if self.is_compound else 1.0)

    @property
    def bar_s(self) -> float:
        return self.bar_quarters * self.quarter_s


class Note(NamedTuple):
    onset: float  # quarters from the start of the song
    length: float  # quarters
    pitch: float  # MIDI number
    velocity: float  # 0..1


class Hit(NamedTuple):
    onset: float  # quarters
    piece: str  # one of PIECES
    velocity: float


class Syllable(NamedTuple):
    """One syllable as the voice pronounces it. Composing gives each exactly one note."""

    text: str  # its letters, as closely as they can be determined
    stress: int  # 0 none, 1 secondary, 2 primary
    word_start: bool


class SungWord(NamedTuple):
    """When a word was sung, for synchronised lyrics."""

    start_s: float
    end_s: float
    text: str


class ChordSpan(NamedTuple):
    onset: float  # quarters
    length: float
    name: str  # "Am7", "C/E"
    pitches: tuple[int, ...]  # MIDI numbers, root position around C3..C5
    bass: int  # MIDI number of the bass note


@dataclass
class Section:
    kind: SectionKind
    label: str  # as shown: "Verse 2"
    onset: float  # quarters
    length: float
    energy: float  # 0..1


@dataclass
class Track:
    """One instrument's part. `role` is its function, `instrument` what plays it."""

    role: str  # bass, chords, arpeggio, pad, lead, counter, hook, riff, fill…
    instrument: str  # one of INSTRUMENTS
    notes: list[Note] = field(default_factory=list)
    gain_db: float = 0.0
    pan: float = 0.0  # -1 left .. 1 right
    reverb_send: float = 0.2  # 0..1
    delay_send: float = 0.0


@dataclass
class DrumTrack:
    kit: str  # one of KITS
    hits: list[Hit] = field(default_factory=list)
    gain_db: float = 0.0
    reverb_send: float = 0.1


@dataclass
class VocalLine:
    """One sung line. The three lists have one entry per syllable, as the voice counts them."""

    text: str
    language: str
    style: VocalStyle
    role: VocalRole
    onsets: list[float]  # quarters: where each vowel starts
    lengths: list[float]  # quarters
    pitches: list[float]  # MIDI numbers (rap: a speech contour)
    velocity: float = 0.8
    section: str = ""
    singer: int = 0  # index into `Score.singers`


@dataclass(frozen=True)
class ScoreSinger:
    """One of several singers."""

    name: str  # displayed: from the lyrics' tags, or the voice's own
    voice: str  # a name from voice.singers
    pan: float = 0.0  # -1 left .. 1 right
    is_choir: bool = False
    is_named: bool = False  # not just as a man or a woman


@dataclass
class Score:
    """A complete piece, ready to be performed."""

    seed: int
    genre: str
    metre: Metre
    key: Key
    duration_s: float  # the piece is faded and cut at exactly this length
    sections: list[Section]
    chords: list[ChordSpan]
    tracks: list[Track]
    drums: DrumTrack | None
    vocals: list[VocalLine]
    voice: str = ""  # the singer's name, from voice.singers
    singers: tuple[ScoreSinger, ...] = ()  # if there are several; `voice` is ignored then
    swing: float = 0.0  # 0 straight .. 1 triplet, on eighths (16ths if the genre says so)
    swing_grid: float = 0.5  # quarters: 0.5 swings eighths, 0.25 sixteenths
    humanise_ms: float = 4.0
    reader: Reader = "espeak"  # counts the syllables of English lines and sings them
    seamless_loop: bool = False  # the tail wraps around to the start
    sidechain_db: float = 0.0  # how far the kick ducks pads and bass
    mix: str = ""  # name of a mix preset, usually the genre's
    notes: dict[str, Any] = field(default_factory=dict)  # additional data from planning
    lead_in_s: float = 0.0  # silence before beat 0: less than a bar

    def seconds(self, quarters: float) -> float:
        """Convert quarters from the start to seconds, without swing."""
        return self.lead_in_s + quarters * self.metre.quarter_s

    def performed_seconds(self, quarters: float) -> float:
        """Convert quarters to seconds with swing: the second half of each swung pair is late.

        This is the only place where swing becomes time, so instruments and voice agree.
        """
        pair = 2 * self.swing_grid
        whole, within = divmod(quarters, pair)
        late = self.swing / 6 * pair  # full swing moves 1/2 to 2/3 of the pair
        mid = pair / 2 + late
        if within < pair / 2:
            within = within * mid / (pair / 2)
        else:
            within = mid + (within - pair / 2) * (pair - mid) / (pair / 2)
        return self.lead_in_s + (whole * pair + within) * self.metre.quarter_s
