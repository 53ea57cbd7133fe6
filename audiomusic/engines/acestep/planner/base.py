"""The planner's interface: requests and answers. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from audiomusic.engines.base import EngineError, Monitor

CODES_A_SECOND = 5
INSTRUMENTAL = "[Instrumental]"
NO_INPUT = "NO USER INPUT"  # the model's training text for no input


class PlannerError(EngineError):
    """The planner cannot answer the request; the message is for the user."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="planner_failed")


class RoomError(PlannerError):
    """The text or codes exceed the model's context."""


@dataclass(frozen=True)
class TokenSampling:
    """How tokens are sampled. `guidance` and `negative_prompt` only affect the audio codes."""

    temperature: float = 0.85  # 0: greedy
    top_k: int = 0  # 0: off
    top_p: float = 0.9  # sample from the likeliest tokens that hold this probability mass
    guidance: float = 2.0  # 1: off
    negative_prompt: str = NO_INPUT

    def __post_init__(self) -> None:
        limits = {"temperature": (0, 2), "top_k": (0, 1000), "top_p": (0, 1), "guidance": (0, 10)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name}: wanted {low} to {high}, got {value}")


@dataclass(frozen=True)
class PlanRequest:
    """The request for one song. The planner decides what is None."""

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
    min_duration_s: float = 10.0  # limits a length that the planner chooses
    max_duration_s: float = 600.0
    plan_metas: bool = True  # bpm, duration, key and metre, unless given
    plan_caption: bool = True  # a richer caption instead of the given one
    plan_language: bool = True
    plan_codes: bool = False  # sketch the song as audio codes
    constrained: bool = True  # constrained decoding
    sampling: TokenSampling = TokenSampling()


@dataclass(frozen=True)
class PlanAnswer:
    """A planned song. None for a field that was not given and could not be read."""

    caption: str = ""
    lyrics: str = ""
    bpm: int | None = None
    duration_s: float | None = None
    keyscale: str | None = None  # "F# minor"
    language: str | None = None  # "unknown" if the model says so
    timesignature: str | None = None  # "2/4" "3/4" "4/4" "6/8"
    genres: str | None = None
    codes: tuple[int, ...] = ()  # CODES_A_SECOND of them per second
    given: tuple[str, ...] = ()  # fields taken from the request
    found: tuple[str, ...] = ()  # fields the planner decided
    unread: Mapping[str, str] = field(default_factory=dict)  # field -> why it is not as requested

    @property
    def code_text(self) -> str:
        """The codes in the form of the pipeline's `audio_codes`."""
        return "".join(f"<|audio_code_{code}|>" for code in self.codes)


class Planner(Protocol):
    """Plans songs. The same request gives the same answer, whatever runs at the same time.

    Every method raises Cancelled soon after the monitor is asked to stop, and PlannerError with a message for
    the user if it cannot answer.
    """

    name: str
    writes_codes: bool  # and can therefore understand them

    def plan(self, request: PlanRequest, monitor: Monitor | None = None) -> PlanAnswer:
        """Fill in what a song with a caption (and lyrics) leaves open."""
        ...

    def write_codes(
        self, request: PlanRequest, answer: PlanAnswer, monitor: Monitor | None = None
    ) -> tuple[int, ...]:
        """Write the codes of one more take of a planned song, by `request.seed`."""
        ...

    def write_takes(
        self, request: PlanRequest, answer: PlanAnswer, seeds: Sequence[int], monitor: Monitor | None = None
    ) -> Sequence[tuple[int, ...]]:
        """Write the codes of several takes of a planned song, one per seed."""
        ...

    def create(self, request: PlanRequest, monitor: Monitor | None = None) -> PlanAnswer:
        """Simple mode: create everything, including lyrics, from `request.query`."""
        ...

    def format(self, request: PlanRequest, monitor: Monitor | None = None) -> PlanAnswer:
        """Rewrite caption and lyrics, richer and in the form that the model prefers."""
        ...

    def understand(self, codes: Sequence[int], seed: int, monitor: Monitor | None = None) -> PlanAnswer:
        """Describe audio that is given as codes."""
        ...
