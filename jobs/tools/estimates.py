"""The analysis of audio without a score, estimated from its sound; like `jobs.tools.analysis`, with
confidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, cast

from jobs.tools.analysis import UNKNOWN_LANGUAGE, AnalysisBody

NOT_USED = {
    "temperature": "Nothing is random: only the sound is analyzed.",
    "audio_codes": "There is no language model for codes.",
}
SLOW_BPM, FAST_BPM = 80, 140


class PendingBody(TypedDict):
    """A worker is still analyzing; repeat the request to get the answer."""

    success: bool
    error: str
    code: str


PENDING = PendingBody(
    success=False, error="The analysis is still running. Try again.", code="analysis_pending"
)


def estimate_body(found: Mapping[str, Any], sent: Mapping[str, Any]) -> AnalysisBody:
    """Return the analysis body. `sent`: the request, some parameters of which have no effect."""
    names = (
        "bpm", "keyscale", "timesignature", "duration", "confidence", "chords", "beats", "downbeats",
        "pulse_bpm", "melody", "loudness_lufs",
    )  # fmt: skip
    heard: Any = {name: found[name] for name in names}
    sections = [{"kind": "part", **section} for section in found["sections"]]
    return cast(
        AnalysisBody,
        {
            **_empty(sent), **heard, "success": True, "sections": sections, "caption": _caption(found),
            **_as_understood(found.get("understood")),
        },
    )  # fmt: skip


def _as_understood(understood: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the language model said, if one is set up and it answered."""
    if not understood:
        return {}
    names = {"lyrics": "lyrics", "language": "language", "audio_codes": "audio_codes", "lrc": "lrc_content"}
    said = {name: understood.get(key) for key, name in names.items()}
    caption = understood.get("caption")
    return said | ({"caption": caption} if caption else {})


def unheard_body(sentence: str, sent: Mapping[str, Any]) -> AnalysisBody:
    return cast(AnalysisBody, {**_empty(sent), "error": sentence})


def _caption(found: Mapping[str, Any]) -> str:
    """Describe what was measured in words, for requesting a similar song."""
    bpm = found["bpm"]
    pace = "slow" if bpm < SLOW_BPM else "fast" if bpm > FAST_BPM else "mid-tempo"
    return f"{pace}, {bpm:.0f} bpm, {found['keyscale']}, {found['timesignature']}"


def _empty(sent: Mapping[str, Any]) -> AnalysisBody:
    return {
        "success": False,
        "caption": None,
        "lyrics": None,
        "bpm": None,
        "keyscale": None,
        "timesignature": None,
        "duration": None,
        "language": UNKNOWN_LANGUAGE,
        "audio_codes": None,
        "confidence": {},
        "sections": [],
        "chords": [],
        "beats": [],
        "downbeats": [],
        "loudness_lufs": None,
        "source": "estimate",
        "not_applied": {name: NOT_USED[name] for name in sorted(sent.keys() & NOT_USED)},
    }
