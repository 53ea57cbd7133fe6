"""What a client wants, after every limit was checked: the one shape between API, page, command and job.

Each key is called as the field of `SongRequest` that it becomes.
"""

from __future__ import annotations

from typing import Any, TypedDict


class GenerationParams(TypedDict, total=False):
    """A checked request. A missing key means: not asked for, the engine or the default decides."""

    caption: str
    query: str  # simple mode only
    lyrics: str
    instrumental: bool
    duration_s: float  # missing: from the lyrics or the plan
    format: str
    model_version: str
    batch_size: int
    seed: int  # missing: drawn when the job is made
    display_name: str
    thumbnail_url: str
    genre: str  # a preset's name; from `apply_preset` on, the style that it names
    sample_type: str
    bpm: float
    keyscale: str
    timesignature: str
    vocal_language: str
    generate_lrc: bool
    calculate_quality: bool
    options: dict[str, Any]  # the model's own parameters: inference_steps, guidance_scale…


class StemParams(TypedDict, total=False):
    """A checked request for parts of a song. A missing key means: not asked for."""

    track_name: str
    mode: str
    all_stems: bool
    duration_s: float
    format: str
    model_version: str
    display_name: str
    thumbnail_url: str
    caption: str
    seed: int


class ReworkParams(TypedDict, total=False):
    """A checked request for a new song out of one that exists. A missing key means: not asked for."""

    caption: str
    lyrics: str  # an empty one: nobody sings
    left_lyrics: str
    variance: float
    retake_seeds: list[int]
    start_s: float
    end_s: float
    start_bar: int
    end_bar: int
    section: str
    snap: str
    fade_ms: float
    left_s: float
    right_s: float
    left_bars: int
    right_bars: int
    edit_type: str
    edit_n_min: float
    edit_n_max: float
    strength: float
    instrumental: bool
    options: dict[str, Any]  # as of GenerationParams
    duration_s: float
    format: str
    model_version: str
    batch_size: int
    seed: int
    bpm: float
    keyscale: str
    timesignature: str
    vocal_language: str
    genre: str
    generate_lrc: bool
    calculate_quality: bool
    display_name: str
    thumbnail_url: str
