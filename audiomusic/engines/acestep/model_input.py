"""The model's input: songs, and the sampling settings of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Literal

from torch import Tensor

from audiomusic.engines.acestep.variants import Trial, Variant
from audiomusic.engines.base import AdapterWeights, AudioTaskName

Method = Literal["ode", "sde"]
PATCH = 2  # latent frames per transformer patch


@dataclass(frozen=True)
class Sampling:
    """The settings that all songs of a batch must share."""

    steps: int
    shift: float
    guidance_scale: float = 1.0
    method: Method = "ode"
    guided_from: float = 0.0  # guidance is on while the noise level, 1 to 0, is in this range
    guided_to: float = 1.0
    by_angle: bool = False  # angle-based guidance instead of adding: use_adg
    adapters: tuple[AdapterWeights, ...] = ()
    trials: tuple[Trial, ...] = ()
    keeps_source: bool = True  # reset unpainted frames to the source at every step; False: as diffusers does


@dataclass(frozen=True, eq=False)
class ModelInput:
    """One take. Latents are [frames, channels]; a source has at most as many frames as the song."""

    caption: str
    lyrics: str
    language: str
    seed: int
    samples: int  # at the model's rate; the last frame is cut to this
    frames: int  # even
    duration_s: float
    bpm: int | None = None
    keyscale: str | None = None
    timesignature: str | None = None  # "2" "3" "4" "6"
    task: AudioTaskName = "text2music"
    codes: str = ""  # from a planner: <|audio_code_1|><|audio_code_2|>…
    source: Tensor | None = field(default=None, repr=False)
    reference: Tensor | None = field(default=None, repr=False)
    windows: tuple[tuple[int, int], ...] = ()  # frames to repaint
    tracks: tuple[str, ...] = ()
    cover_strength: float = 1.0  # share of the steps that are conditioned on the source or the codes
    is_timed: bool = False  # whether word times are requested
    old_seed: int | None = None  # seed of the song that this is a retake of
    variance: float = 1.0  # distance from that song

    @property
    def follows(self) -> bool:
        """Whether it follows the outline of a source or a planner."""
        return self.task == "cover" or bool(self.codes)


def frames_of(samples: int, hop: int) -> int:
    """Return the number of latent frames that hold `samples`, rounded up to whole patches."""
    return PATCH * ceil(samples / (PATCH * hop))


def song_problems(
    song: ModelInput, variant: Variant, most_frames: int, *, has_audio_tokens: bool
) -> list[str]:
    """Return the problems that the pipeline would silently accept and get wrong, one sentence each."""
    problems = []
    if song.task not in variant.tasks:
        problems.append(
            f"The {variant.name} weights do not make {song.task}; they make {', '.join(variant.tasks)}."
        )
    if song.task != "text2music" and song.source is None:
        problems.append(f"{song.task} needs a source to work on.")
    if song.follows and not has_audio_tokens:
        problems.append(
            "These weights lack the audio tokenizer that covers and audio codes need; "
            "a newer conversion of them has it."
        )
    problems += [
        f"Expected a window within {song.frames} frames, got {start} to {stop}."
        for start, stop in song.windows
        if not 0 <= start < stop <= song.frames
    ]
    if song.frames > most_frames:
        problems.append(f"At most {most_frames} frames can be made at once, not {song.frames}.")
    return problems
