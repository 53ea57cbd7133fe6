"""What a planner is asked and what it answers. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from audiomusic.engines.base import EngineError, Monitor

CODES_A_SECOND = 5
INSTRUMENTAL = "[Instrumental]"
NO_INPUT = "NO USER INPUT"  # what the model was trained to read where nothing was asked


class PlannerError(EngineError):
    """The planner cannot answer this; the text is meant for the user's eyes."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="planner_failed")


class RoomError(PlannerError):
    """More text or codes than the model holds."""


@dataclass(frozen=True)
class TokenSampling:
    """How tokens are drawn. `guidance` and `negative_prompt` steer the audio codes alone."""

    temperature: float = 0.85  # 0: always the likeliest
    top_k: int = 0  # 0: all
    top_p: float = 0.9  # the likeliest tokens that hold this share of the probability
    guidance: float = 2.0  # 1: none
    negative_prompt: str = NO_INPUT

    def __post_init__(self) -> None:
        limits = {"temperature": (0, 2), "top_k": (0, 1000), "top_p": (0, 1), "guidance": (0, 10)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name}: wanted {low} to {high}, got {value}")


@dataclass(frozen=True)
class PlanRequest:
    """One song's request. What is None is for the planner to decide."""

    seed: int
    caption: str = ""
    lyrics: str = ""
    query: str = ""  # simple mode
    instrumental: bool = False
    bpm: float | None = None
    duration_s: float | None = None
    keyscale: str | None = None  # "C Major", "F# minor"
    language: str | None = None  # ISO 639-1; "unknown" counts as None
    timesignature: str | None = None  # "2/4" "3/4" "4/4" "6/8"
    min_duration_s: float = 10.0  # of a length the planner chooses
    max_duration_s: float = 600.0
    plan_metas: bool = True  # bpm, duration, key and metre, where they are not given
    plan_caption: bool = True  # a richer caption in place of the given one
    plan_language: bool = True
    plan_codes: bool = False  # the song's sketch as audio codes
    constrained: bool = True  # hold the answer to its form while it is written
    sampling: TokenSampling = TokenSampling()


@dataclass(frozen=True)
class PlanAnswer:
    """A song, planned. None where nothing was given and nothing could be read."""

    caption: str = ""
    lyrics: str = ""
    bpm: int | None = None
    duration_s: float | None = None
    keyscale: str | None = None  # "F# minor"
    language: str | None = None  # "unknown" where the model says so
    timesignature: str | None = None  # "2/4" "3/4" "4/4" "6/8"
    genres: str | None = None
    codes: tuple[int, ...] = ()  # CODES_A_SECOND of them a second
    given: tuple[str, ...] = ()  # fields taken from the request
    found: tuple[str, ...] = ()  # fields the planner decided
    unread: Mapping[str, str] = field(default_factory=dict)  # field -> why it is not as wished

    @property
    def code_text(self) -> str:
        """The codes as the pipeline's `audio_codes` takes them."""
        return "".join(f"<|audio_code_{code}|>" for code in self.codes)


class Planner(Protocol):
    """What plans a song. Same request, same answer, whatever runs beside.

    Every method raises Cancelled soon after the monitor is asked to stop, and
    PlannerError with a sentence for the user when it cannot answer.
    """

    name: str
    writes_codes: bool  # and so can understand them

    def plan(self, request: PlanRequest, monitor: Monitor | None = None) -> PlanAnswer:
        """Fill in what a song with a caption (and lyrics) lacks."""
        ...

    def write_codes(
        self, request: PlanRequest, answer: PlanAnswer, monitor: Monitor | None = None
    ) -> tuple[int, ...]:
        """The codes of one more take of a planned song, by `request.seed`."""
        ...

    def write_takes(
        self, request: PlanRequest, answer: PlanAnswer, seeds: Sequence[int], monitor: Monitor | None = None
    ) -> Sequence[tuple[int, ...]]:
        """The codes of several takes of a planned song, one for each seed."""
        ...

    def create(self, request: PlanRequest, monitor: Monitor | None = None) -> PlanAnswer:
        """Simple mode: everything, lyrics too, from `request.query`."""
        ...

    def format(self, request: PlanRequest, monitor: Monitor | None = None) -> PlanAnswer:
        """Caption and lyrics written again, richer and in the form the model likes."""
        ...

    def understand(self, codes: Sequence[int], seed: int, monitor: Monitor | None = None) -> PlanAnswer:
        """What is heard in audio, given as its codes."""
        ...
