"""Validated requests: the one format between API, page, command and job. Each key is named like the field of
`SongRequest` that it becomes."""

from __future__ import annotations

from typing import Any, TypedDict


class GenerationParams(TypedDict, total=False):
    """A validated request. A missing key was not requested: the engine or the default decides."""

    caption: str
    query: str  # simple mode only
    lyrics: str
    instrumental: bool
    duration_s: float  # missing: from the lyrics or the plan
    format: str
    model_version: str
    batch_size: int
    seed: int  # missing: drawn when the job is created
    display_name: str
    thumbnail_url: str
    genre: str  # a preset's name; after `apply_preset`, the preset's style
    sample_type: str
    bpm: float
    keyscale: str
    timesignature: str
    vocal_language: str
    generate_lrc: bool
    calculate_quality: bool
    options: dict[str, Any]  # the model's own parameters: inference_steps, guidance_scale…


class StemParams(TypedDict, total=False):
    """A validated request for parts of a song. A missing key was not requested."""

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
    """A validated request for a new song from an existing one. A missing key was not requested."""

    caption: str
    lyrics: str  # empty: no one sings
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
    options: dict[str, Any]  # as in GenerationParams
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
