"""The song that audio becomes when new music is added: its score holds the new music, and the detected chords
and sections."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from audiomusic.engines.foreign.findings import HEARD
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.heard.extension import Added
from audiomusic.engines.studio.heard.grid import BarGrid, Heard, chords_from
from audiomusic.engines.studio.heard.piece import MatchingPiece
from audiomusic.engines.studio.rework.edits.extend import shifted
from audiomusic.engines.studio.rework.edits.repaint import Window
from audiomusic.engines.studio.rework.kept_song import KeptSong
from audiomusic.engines.studio.score import DrumTrack, Score, Section, SungWord, VocalLine

SAME_MOMENT_S = 0.02


def heard_in(song: KeptSong) -> Heard | None:
    """Return the analysis of the audio that the song is, or None if this server made it from scratch."""
    found: Heard | None = song.document.get(HEARD)
    return found


def is_laid(song: KeptSong) -> bool:
    """Whether new music was already added to the audio."""
    return heard_in(song) is not None and song.operation is not None


def base_score(song: KeptSong, found: Heard, grid: BarGrid, left_s: float, total_s: float) -> Score:
    """Return the new music so far, `left_s` later, in a score of the new length."""
    if is_laid(song):
        old = song.score
        bar_s = old.metre.bar_s
        bars = math.floor((left_s + old.lead_in_s) / bar_s + 1e-6)
        lead_in_s = left_s + old.lead_in_s - bars * bar_s
        score = shifted(old, bars * old.metre.bar_quarters, lead_in_s)
    else:
        lead_in_s = (left_s + grid.line_s) % grid.bar_s
        score = replace(
            song.score, metre=grid.metre, lead_in_s=lead_in_s, tracks=[], drums=None, vocals=[], notes={}
        )
    whole = BarGrid(score.lead_in_s, score.metre.bar_s, score.metre)
    bars_in_all = max(1, math.ceil((total_s - score.lead_in_s) / score.metre.bar_s))
    chords = chords_from(found, whole, 0, bars_in_all, lambda second: second)
    return replace(
        score, duration_s=total_s, chords=list(chords), sections=_sections(found, score), swing=0.0
    )


def _sections(found: Heard, score: Score) -> list[Section]:
    rows = []
    for row in found["sections"]:
        onset = max(0.0, (float(row["start_s"]) - score.lead_in_s) / score.metre.quarter_s)
        stop = (float(row["end_s"]) - score.lead_in_s) / score.metre.quarter_s
        if stop > onset:
            rows.append(Section("verse", str(row["label"]), onset, stop - onset, 0.5))
    return rows


def with_piece(score: Score, piece: MatchingPiece, at_s: float, window: Window) -> Score:
    """Return the score with what the piece, which starts at `at_s`, plays in the window."""
    scale = piece.score.metre.quarter_s / score.metre.quarter_s

    def moved(quarters: float) -> float:
        second = at_s + piece.score.performed_seconds(quarters)
        return (second - score.lead_in_s) / score.metre.quarter_s

    tracks = [
        replace(track, notes=[note for note in track.notes if not window.holds(score.seconds(note.onset))])
        for track in score.tracks
    ]
    known = {(track.role, track.instrument): track for track in tracks}
    for track in piece.score.tracks:
        notes = [
            note._replace(onset=moved(note.onset), length=note.length * scale)
            for note in track.notes
            if window.holds(at_s + piece.score.performed_seconds(note.onset))
        ]
        old = known.get((track.role, track.instrument))
        if notes and old is not None:
            old.notes[:] = sorted([*old.notes, *notes])
        elif notes:
            tracks.append(replace(track, notes=notes))
    lines = [line for line in score.vocals if not window.holds(score.seconds(line.onsets[0]))]
    for line in piece.score.vocals:
        if window.holds(at_s + piece.score.performed_seconds(line.onsets[0])):
            lines.append(
                replace(
                    line,
                    onsets=[moved(onset) for onset in line.onsets],
                    lengths=[length * scale for length in line.lengths],
                )
            )
    lines.sort(key=lambda line: line.onsets[0])
    return replace(
        score,
        tracks=[track for track in tracks if track.notes],
        drums=_drums(score, piece, at_s, window),
        vocals=lines,
        voice=piece.score.voice if piece.score.vocals else score.voice,
        singers=piece.score.singers if piece.score.vocals else score.singers,
        genre=piece.score.genre,
        mix=piece.score.mix,
        key=piece.score.key,
        reader=piece.score.reader,
    )


def _drums(score: Score, piece: MatchingPiece, at_s: float, window: Window) -> DrumTrack | None:
    old, new = score.drums, piece.score.drums
    base = new or old
    if base is None:
        return None
    hits = [hit for hit in (old.hits if old else ()) if not window.holds(score.seconds(hit.onset))]
    for hit in new.hits if new else ():
        second = at_s + piece.score.performed_seconds(hit.onset)
        if window.holds(second):
            hits.append(hit._replace(onset=(second - score.lead_in_s) / score.metre.quarter_s))
    return replace(base, hits=sorted(hits)) if hits else None


def timed_clips(
    song: KeptSong, score: Score, parts: Sequence[tuple[MatchingPiece, float, Window]], left_s: float
) -> list[VocalClip]:
    """Return clips that time each word of the score: as sung now, or as kept, `left_s` later. `parts` are
    (new piece, its start, the window in which it is heard)."""
    sung: list[tuple[VocalLine, float, list[SungWord]]] = []
    for piece, at_s, window in parts:
        for clip in piece.clips:
            line = piece.score.vocals[clip.line]
            second = at_s + piece.score.performed_seconds(line.onsets[0])
            if window.holds(second):
                words = [SungWord(w.start_s + at_s, w.end_s + at_s, w.text) for w in clip.words]
                sung.append((line, second, words))
    if is_laid(song):
        for line, kept in zip(song.score.vocals, song.document["vocals"], strict=True):
            words = [SungWord(start + left_s, stop + left_s, text) for start, stop, text in kept["words"]]
            sung.append((line, left_s + song.score.seconds(line.onsets[0]), words))
    clips = []
    for number, line in enumerate(score.vocals):
        words = _words_at(sung, line, score.seconds(line.onsets[0]))
        clips.append(VocalClip(0.0, torch.zeros(0), line.role, number, words, line.singer))
    return clips


def _words_at(
    sung: Sequence[tuple[VocalLine, float, list[SungWord]]], line: VocalLine, second: float
) -> list[SungWord]:
    for other, begins_s, words in sung:
        if (other.role, other.text) == (line.role, line.text) and abs(begins_s - second) < SAME_MOMENT_S:
            return words
    return []


def tracks_of(piece: MatchingPiece, at_s: float, window: Window) -> list[str]:
    """Return the roles that play in the window."""

    def plays(onsets: Sequence[float]) -> bool:
        return any(window.holds(at_s + piece.score.performed_seconds(onset)) for onset in onsets)

    names = {track.role for track in piece.score.tracks if plays([note.onset for note in track.notes])}
    if piece.score.drums and plays([hit.onset for hit in piece.score.drums.hits]):
        names.add("drums")
    if any(plays(line.onsets[:1]) for line in piece.score.vocals):
        names.add("vocals")
    return sorted(names)


def heard_later(found: Heard, seconds: float, duration_s: float) -> dict[str, Any]:
    """Return the analysis shifted by `seconds`, for a piece of another length."""
    last = round(duration_s - seconds, 3)

    def moved(value: Any) -> float:
        return round(float(value) + seconds, 3)

    sections: list[Mapping[str, Any]] = list(found["sections"])
    return {
        **found,
        "duration": round(duration_s, 2),
        "beats": [moved(beat) for beat in found["beats"]],
        "downbeats": [moved(beat) for beat in found["downbeats"]],
        "chords": [
            [moved(row[0]), moved(min(float(row[1]), last)), row[2]]
            for row in found["chords"]
            if float(row[0]) < last
        ],
        "sections": [
            {**row, "start_s": moved(row["start_s"]), "end_s": moved(min(float(row["end_s"]), last))}
            for row in sections
        ],
        "melody": [[moved(row[0]), row[1], row[2]] for row in found["melody"]],
    }


def heard_with(
    later: Heard, added: Added, piece: MatchingPiece, left_s: float, window: Window
) -> dict[str, Any]:
    """Return the analysis with a new part's beats and chords in its window."""
    grid, at_s = added.grid, left_s + added.at_s
    end_s = min(window.end_s, float(later["duration"]))
    beat_s = grid.beat_quarters * grid.metre.quarter_s
    a_bar = grid.metre.pulses
    beats = [at_s + number * beat_s for number in range(int((end_s - at_s) / beat_s) + 1)]

    def with_new(name: str, new: list[float]) -> list[float]:
        old = [moment for moment in later[name] if not window.holds(moment)]
        return sorted([*old, *(round(moment, 3) for moment in new if window.holds(moment))])

    chords = [row for row in later["chords"] if not window.holds(float(row[0]))]
    for span in piece.score.chords:
        start_s = max(window.start_s, at_s + piece.score.seconds(span.onset))
        stop_s = min(end_s, at_s + piece.score.seconds(span.onset + span.length))
        if stop_s > start_s:
            chords.append([round(start_s, 3), round(stop_s, 3), _triad(span.name)])
    return {
        **later,
        "beats": with_new("beats", beats),
        "downbeats": with_new("downbeats", beats[::a_bar]),
        "chords": sorted(chords),
        "sections": sorted(
            [*later["sections"], {"label": "N", "start_s": window.start_s, "end_s": round(end_s, 3)}],
            key=lambda row: float(row["start_s"]),
        ),
        "melody": [row for row in later["melody"] if not window.holds(float(row[0]))],
    }


def _triad(name: str) -> str:
    """Return the triad that an analysis would report: "Am" for "Am7", "C" for "Cmaj7/E"."""
    root = name[: 2 if name[1:2] in ("#", "b") else 1]
    rest = name[len(root) :]
    return root + ("m" if rest.startswith(("m", "dim")) and not rest.startswith("maj") else "")
