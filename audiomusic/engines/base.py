"""The protocol of an engine: it gets a SongRequest and returns takes one by one.

This module imports neither Django nor torch, because the web process uses
these types to check a request before a worker sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Protocol, TypedDict

import numpy as np
import numpy.typing as npt

from audiomusic.engines.foreign.findings import SongAnalysis

SAMPLE_RATE_HZ = 48_000
MIN_DURATION_S = 1.0
MAX_DURATION_S = 600.0

Kind = Literal["song", "instrumental", "rap", "vocals", "samples"]
SampleType = Literal["loop", "one-shot"]
AudioTaskName = Literal["text2music", "cover", "repaint", "extract", "lego", "complete"]
Stage = Literal["planning", "composing", "singing", "rendering", "mastering", "encoding"]


class Conformance(TypedDict):
    """One wish of the caption, checked against a finished take."""

    wish: str  # in the caption's words
    asked: str
    found: str
    ok: bool


class EngineError(Exception):
    """The engine cannot make this song; the message is for the user."""

    def __init__(self, message: str, code: str = "engine_failed") -> None:
        super().__init__(message)
        self.code = code


class Cancelled(Exception):
    """Raised inside an engine when the caller asked it to stop."""


@dataclass(frozen=True)
class AdapterWeights:
    """A registered adapter and its weight. None: the weight in its folder."""

    name: str
    folder: str
    alpha: float | None = None
    rank: int | None = None
    weight: float = 1.0


class WrittenSong(TypedDict):
    """The text that a language model wrote for a request; stored, so that the model is called only once."""

    by: str  # the model's name
    lyrics: str
    title: NotRequired[str]
    caption: NotRequired[str]
    bpm: NotRequired[float]
    keyscale: NotRequired[str]
    timesignature: NotRequired[str]
    vocal_language: NotRequired[str]
    duration_s: NotRequired[float]


#: No model is called, for example when a song is made again: the engine's own writer writes.
BUILT_IN_WRITER: WrittenSong = {"by": "built-in", "lyrics": ""}


@dataclass(frozen=True)
class SongRequest:
    """One job's request, after presets and limits. None means: the engine plans it."""

    kind: Kind
    caption: str
    seeds: tuple[int, ...]  # one per take, each 0..2**32-1
    max_duration_s: float  # the reserved length: a planned length never exceeds it
    lyrics: str = ""
    query: str = ""  # simple mode: the planner writes caption and lyrics from it
    write_lyrics: bool = False  # neither lyrics nor instrumental: the planner writes them
    duration_s: float | None = None
    bpm: float | None = None
    keyscale: str | None = None  # "C Major", "F# minor"
    timesignature: str | None = None  # "2/4" "3/4" "4/4" "6/8"
    vocal_language: str | None = None  # ISO 639-1
    sample_type: SampleType = "loop"
    genre: str | None = None  # a genre preset's name
    title: str = ""  # empty: the engine names it
    written: WrittenSong | None = None  # by a language model; None: by the engine's own writer
    generate_lrc: bool = False
    calculate_quality: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)  # guidance_scale, inference_steps…
    #: The adapters behind options["lora_name_or_path"], for the engine only.
    adapters: tuple[AdapterWeights, ...] = ()


@dataclass(frozen=True)
class Retake:
    """A retake: the request's own song with other seeds, changed as much as the variance says."""

    take: int  # of the request's takes, from 1
    variance: float  # 0: the same song; 1: another
    seeds: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class AudioTask:
    """A task on existing audio. Audio is float32 [1 or 2, n] at SAMPLE_RATE_HZ."""

    task: AudioTaskName
    source: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    reference: npt.NDArray[np.float32] | None = field(default=None, repr=False)  # for its timbre
    #: Ranges to repaint, in order; an end of 0 or less means the end of the audio.
    windows_s: tuple[tuple[float, float], ...] = ()
    fade_s: float = 0.04  # at both sides of a repainted range, inside it
    tracks: tuple[str, ...] = ()
    cover_strength: float = 1.0  # share of the steps that follow the source
    retake: Retake | None = None


@dataclass
class TakeResult:
    """One finished take. samples: float32 [2, n] at SAMPLE_RATE_HZ, mastered."""

    index: int
    seed: int
    samples: npt.NDArray[np.float32]
    lrc: str | None = None  # a stamp for each line
    enhanced_lrc: str | None = None  # a stamp for each word too
    quality_score: float | None = None
    score: dict[str, Any] | None = None  # the score of docs/score.md, if there is one
    conformance: tuple[Conformance, ...] = ()  # the result for each wish that the score can prove
    curves: bytes | None = field(default=None, repr=False)  # mastering data in the engine's own format
    source: bytes | None = field(default=None, repr=False)  # the source song, with its own source
    sound: bytes | None = field(default=None, repr=False)  # or only its audio, as a 24-bit FLAC file
    made_with: dict[str, str] = field(
        default_factory=dict
    )  # what the samples can depend on: "torch": "2.13.0"

    @property
    def duration_s(self) -> float:
        return float(self.samples.shape[1] / SAMPLE_RATE_HZ)


@dataclass
class SongResult:
    """The values that were used. `effective` is enough to make the same audio again."""

    effective: dict[str, Any]
    caption: str
    lyrics: str
    bpm: float | None
    keyscale: str | None
    timesignature: str | None
    vocal_language: str | None
    not_applied: dict[str, str] = field(default_factory=dict)  # parameter, or words of the caption -> why
    not_understood: tuple[str, ...] = ()  # words of the caption that were not understood
    title: str | None = None


@dataclass(frozen=True, eq=False)
class StemRequest:
    """Stems of a finished take, as they sound in it. Each of `stems` names the contents of one take."""

    score: Mapping[str, Any]  # as stored
    curves: bytes = field(repr=False)
    stems: tuple[tuple[str, ...], ...]
    seed: int
    source: bytes | None = field(
        default=None, repr=False
    )  # the source of the take, if it was made from another


ReworkName = Literal["retake", "repaint", "extend", "edit", "cover", "reference", "revise", "record"]


@dataclass(frozen=True, eq=False)
class ReworkRequest:
    """A new song made from an existing one. `operation` names the operation and its parameters, as in
    `Job.effective`."""

    operation: Mapping[str, Any]
    source: bytes = field(repr=False)  # everything the song was made from, in the engine's own format
    seeds: tuple[int, ...]
    #: The song's stored samples; None: its engine makes them again.
    master: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    #: The samples of the outside audio that the song started from, if any.
    origin: Callable[[], npt.NDArray[np.float32]] | None = field(default=None, repr=False)
    parents: tuple[Mapping[str, Any], ...] = ()  # score metadata of the new song
    title: str = ""
    generate_lrc: bool = False
    calculate_quality: bool = True


ProgressReport = Callable[[Stage, float], None]  # stage, share of the whole job 0..1
CancelCheck = Callable[[], bool]
TakeSink = Callable[[TakeResult], None]


class Engine(Protocol):
    """The interface that `jobs.tasks` needs from an engine."""

    name: str
    version: str

    def generate(
        self,
        request: SongRequest,
        *,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> SongResult:
        """Make every take, and pass each to `on_take` as soon as it is finished.

        Raises Cancelled soon (under 3 s) after `is_cancelled()` turns true, and
        EngineError with a sentence for the user when the song cannot be made.
        """
        ...


class StemEngine(Engine, Protocol):
    """An engine that can make stems of its own songs."""

    def extract_stems(
        self,
        request: StemRequest,
        *,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> None:
        """Make a take of each of the request's stems, as long as the source. Raises Cancelled, and
        EngineError if the stored data cannot be read."""
        ...


class ReworkEngine(Engine, Protocol):
    """An engine that can edit its own songs."""

    def sketch_source(self, analysis: SongAnalysis) -> bytes:
        """Return the analysis of outside audio in the form of `ReworkRequest.source`. Raises EngineError if
        it cannot be used."""
        ...

    def pack_source(
        self,
        score: Mapping[str, Any],
        curves: bytes | None,
        source: bytes | None,
        written: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the stored data of a take in the form of `ReworkRequest.source`. `written`: another score to
        perform with its sound."""
        ...

    def rework(
        self,
        request: ReworkRequest,
        *,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> SongResult:
        """Make a take for each seed. The same request gives the same samples. Raises Cancelled, and
        EngineError with a message if it is not possible."""
        ...


class SoundEngine(Engine, Protocol):
    """An engine that edits audio, its own or any other."""

    def work_on_sound(
        self,
        request: SongRequest,
        audio: AudioTask,
        *,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> SongResult:
        """Like `generate`, from existing audio."""
        ...


@dataclass(frozen=True)
class Order:
    """One request of a batch; the result of each is reported separately.

    `on_take` gets a function that finishes the take (mastering, rating). It can be called in any
    thread, so that the engine can continue. Either `on_result` or `on_error` is called, once.
    """

    request: SongRequest
    on_progress: ProgressReport
    is_cancelled: CancelCheck
    on_take: Callable[[Callable[[], TakeResult]], None]
    on_result: Callable[[SongResult], None]
    on_error: Callable[[Exception], None]  # Cancelled, EngineError, or a bug
    audio: AudioTask | None = None


@dataclass(frozen=True)
class Fit:
    """Which requests can share a batch: those with the same key, up to the engine's `batch_s`."""

    key: Hashable
    seconds: float  # of audio, at most


class PlannedOrder(Protocol):
    """An order, with its plan."""

    def is_wanted(self) -> bool:
        """Return whether to continue; an order that its user cancelled ends here, with Cancelled."""
        ...


class BatchEngine(Engine, Protocol):
    """An engine that makes several requests in a batch, each with the same result as alone."""

    batch_s: float  # seconds of audio to claim at once

    @property
    def plans_ahead(self) -> bool:
        """Whether the next orders may be planned, in another thread, while songs are made."""
        ...

    def fit(self, request: SongRequest) -> Fit: ...

    def plan_batch(self, orders: Sequence[Order]) -> Sequence[PlannedOrder]:
        """Plan the orders. An order that cannot be planned ends here and is not returned."""
        ...

    def make_batch(self, planned: Sequence[Any]) -> None:
        """Make what `plan_batch` planned. Never raises for an error of a single order."""
        ...


@dataclass(frozen=True)
class Monitor:
    """Progress of one stage; long loops call `tick`, which can stop them."""

    report: ProgressReport
    is_cancelled: CancelCheck
    stage: Stage = "planning"
    start: float = 0.0
    stop: float = 1.0

    def span(self, stage: Stage, start: float, stop: float) -> Monitor:
        """Return a monitor for a part of this one, from share `start` to share `stop` of it."""
        width = self.stop - self.start
        return Monitor(
            self.report, self.is_cancelled, stage, self.start + start * width, self.start + stop * width
        )

    def tick(self, share: float) -> None:
        """Report `share` (0..1) of this part as done. Raises Cancelled when asked to stop."""
        if self.is_cancelled():
            raise Cancelled
        self.report(self.stage, self.start + share * (self.stop - self.start))


def silent_monitor() -> Monitor:
    """Return a monitor that reports nothing and never stops, for tests and tools."""
    return Monitor(lambda stage, share: None, lambda: False)
