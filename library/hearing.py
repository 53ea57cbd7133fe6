"""The results of an audio analysis, in readable form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audiomusic.engines.units import clock

SURE, LIKELY = 0.6, 0.3  # of 1; the analysis's own confidence


@dataclass(frozen=True)
class HeardFact:
    """A detected fact. `note` says how reliable it is."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class HeardPart:
    """A section with the chords that begin in it, in order."""

    label: str
    start: str
    end: str
    chords: list[str]


@dataclass(frozen=True)
class Hearing:
    facts: list[HeardFact]
    parts: list[HeardPart]


def hearing_of(found: Mapping[str, Any]) -> Hearing:
    """Return the readable form. `found`: a stored SongAnalysis."""
    sure = found["confidence"]
    slow, fast = (f"{bpm:.0f}" for bpm in found["pulse_bpm"])
    octave = "" if sure["octave"] >= SURE else f"could also be counted as {slow} or {fast}"
    facts = [
        HeardFact("Tempo", f"{found['bpm']:.0f} bpm", octave),
        HeardFact("Key", found["keyscale"], _doubt(sure["keyscale"])),
        HeardFact("Metre", found["timesignature"], _doubt(sure["timesignature"])),
        HeardFact("Length", clock(found["duration"])),
        HeardFact("Loudness", f"{found['loudness_lufs']:.0f} LUFS"),
    ]
    return Hearing(facts, _parts(found))


def _doubt(confidence: float) -> str:
    if confidence >= SURE:
        return ""
    return "likely" if confidence >= LIKELY else "a guess"


def _parts(found: Mapping[str, Any]) -> list[HeardPart]:
    """Assign each chord to one section: the last that starts before it, or the first."""
    sections = found["sections"] or [{"label": "", "start_s": 0.0, "end_s": found["duration"]}]
    chords: list[list[str]] = [[] for _ in sections]
    for start_s, _, name in found["chords"]:
        began = [number for number, section in enumerate(sections) if section["start_s"] <= start_s + 0.05]
        inside = chords[began[-1] if began else 0]
        if not inside or inside[-1] != name:
            inside.append(name)
    return [
        HeardPart(section["label"], clock(section["start_s"]), clock(section["end_s"]), names)
        for section, names in zip(sections, chords, strict=True)
    ]
