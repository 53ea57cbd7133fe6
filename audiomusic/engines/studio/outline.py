"""A score as JSON in seconds: what is kept with a take, so that it can be shown and played again."""

from __future__ import annotations

from typing import Any

from audiomusic.engines.studio.score import Score, Track


def score_outline(score: Score) -> dict[str, Any]:
    """Sections and chords with their times, and every note of every part."""
    return {
        "key": score.key.name,
        "bpm": score.metre.bpm,
        "timesignature": score.metre.name,
        "genre": score.genre,
        "sections": [
            {
                "kind": section.kind,
                "label": section.label,
                "start_s": _seconds(score, section.onset),
                "end_s": _seconds(score, section.onset + section.length),
            }
            for section in score.sections
        ],
        "chords": [
            [_seconds(score, chord.onset), _seconds(score, chord.onset + chord.length), chord.name]
            for chord in score.chords
        ],
        "tracks": [_track(score, track) for track in score.tracks],
        "drums": _drums(score),
    }


def _seconds(score: Score, quarters: float) -> float:
    return round(score.performed_seconds(quarters), 3)


def _track(score: Score, track: Track) -> dict[str, Any]:
    """Notes as [start_s, length_s, MIDI number, velocity]."""
    notes = [
        [_seconds(score, n.onset), round(score.seconds(n.length), 3), n.pitch, round(n.velocity, 2)]
        for n in track.notes
    ]
    return {"role": track.role, "instrument": track.instrument, "notes": notes}


def _drums(score: Score) -> list[list[Any]]:
    """Hits as [start_s, piece, velocity]."""
    if score.drums is None:
        return []
    return [[_seconds(score, hit.onset), hit.piece, round(hit.velocity, 2)] for hit in score.drums.hits]
