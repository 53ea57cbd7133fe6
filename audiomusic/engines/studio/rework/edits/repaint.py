"""Recompose a range of a song on the same grid, chords and words, or with other words.

Every note outside the range stays. A sung line across one of its edges is kept, so that no word is cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from audiomusic.engines.base import EngineError
from audiomusic.engines.studio.caption import CaptionHints, read_caption
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.composer import Given
from audiomusic.engines.studio.compose.form import PlannedSection
from audiomusic.engines.studio.compose.seeds import Layer, LayeredSeed, draw
from audiomusic.engines.studio.lyrics import parse_lyrics, split_ad_lib
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.rework.edits.new_words import DO_NOT_FIT
from audiomusic.engines.studio.rework.edits.reworked import (
    Reworked,
    bars_of,
    changed_tracks,
    lyrics_of,
    rooms_of,
    samples_at,
)
from audiomusic.engines.studio.rework.edits.window_words import sung_again
from audiomusic.engines.studio.rework.kept_song import KeptSong
from audiomusic.engines.studio.rework.syllable_counts import counted_for
from audiomusic.engines.studio.score import DrumTrack, Note, Score, Track, VocalLine

REDRAWN: tuple[Layer, ...] = ("ornaments", "comping", "groove", "melody")
EARLY_S = 0.01  # a note written on an edge is played slightly before or after it
SEEDS = 2**32


@dataclass(frozen=True)
class Window:
    """A time range in seconds."""

    start_s: float
    end_s: float

    def holds(self, second: float) -> bool:
        return self.start_s - EARLY_S <= second < self.end_s - EARLY_S


def repainted(song: KeptSong, wishes: Mapping[str, Any], seed: int) -> Reworked:
    """Repaint a range. `wishes`: start_s, end_s, caption, lyrics (None: keep the words), fade_ms. Raises
    EngineError."""
    window = Window(wishes["start_s"], wishes["end_s"])
    caption = read_caption(wishes["caption"])
    inside = _whole_lines(song.score, window)
    plan = _wished(song.plan, caption, window, song.score)
    lyrics = wishes.get("lyrics")
    if lyrics is not None:
        plan = replace(plan, sections=_with_lines(plan, song.score, inside, lyrics))
    layers = {layer: _sub_seed(seed, layer) for layer in REDRAWN}
    again = LayeredSeed(int(song.seed), {**_layers(song.seed), **layers})
    fresh = compose(plan, again, counted_for(song.score.reader), Given(chords=tuple(song.score.chords)))
    wanted = _wanted(song.score, inside, plan, lyrics)
    answers = None if lyrics is None else _words_of(plan, lyrics)
    vocals = sung_again(
        song.score, fresh, inside, wanted, answers, lambda line: _sung_inside(song.score, line, window)
    )
    score = merge(song.score, fresh, window, vocals)
    if score.vocals == song.score.vocals and changed_tracks(song.score, score) == []:
        raise EngineError(
            "Nothing is played or sung in this range, so there is nothing to repaint.", "nothing_to_change"
        )
    span = (samples_at(window.start_s), min(samples_at(window.end_s), samples_at(song.score.duration_s)))
    sections = song.plan.sections if lyrics is None else plan.sections
    kept = replace(song.plan, sections=sections, lyrics=lyrics_of(score))
    return Reworked(
        score,
        kept,
        song.seed,
        spans=(span,),
        fade_s=wishes.get("fade_ms", 20) / 1000,
        details={
            "changed": {
                "bars": bars_of(song.score, [(window.start_s, window.end_s)]),
                "tracks": changed_tracks(song.score, score),
                "lines": [song.score.vocals[number].text for number in inside],
            }
        },
    )


def _layers(seed: int) -> dict[Layer, int]:
    return dict(seed.layers) if isinstance(seed, LayeredSeed) else {}


def _sub_seed(seed: int, layer: Layer) -> int:
    return draw(seed, "repaint", layer).randrange(SEEDS)


def _whole_lines(score: Score, window: Window) -> list[int]:
    """Return the lines that lie entirely within the window."""
    found = []
    for number, line in enumerate(score.vocals):
        start_s = score.performed_seconds(line.onsets[0])
        end_s = score.performed_seconds(line.onsets[-1] + line.lengths[-1])
        if start_s >= window.start_s - EARLY_S and end_s <= window.end_s + EARLY_S:
            found.append(number)
    return found


def _wished(plan: Plan, caption: CaptionHints, window: Window, score: Score) -> Plan:
    """Return the plan with the caption's instruments, and with its energy in the window's sections."""
    sections = []
    for place, section in enumerate(plan.sections):
        at = score.sections[place] if place < len(score.sections) else None
        is_inside = at is not None and _meets(score, at.onset, at.length, window)
        energy = min(1.0, max(0.05, section.energy + caption.energy)) if is_inside else section.energy
        sections.append(replace(section, energy=round(energy, 3)))
    return replace(
        plan,
        sections=tuple(sections),
        wanted=(*plan.wanted, *(group for group in caption.wanted if group not in plan.wanted)),
        unwanted=tuple(dict.fromkeys((*plan.unwanted, *caption.unwanted))),
        unwanted_pieces=tuple(dict.fromkeys((*plan.unwanted_pieces, *caption.unwanted_pieces))),
        drums=plan.drums and caption.drums is not False,
    )


def _meets(score: Score, onset: float, length: float, window: Window) -> bool:
    start_s, end_s = score.performed_seconds(onset), score.performed_seconds(onset + length)
    return start_s < window.end_s - EARLY_S and end_s > window.start_s + EARLY_S


def _wanted(score: Score, inside: Sequence[int], plan: Plan, lyrics: str | None) -> dict[int, str]:
    """Map lead lines to their new words; lines without any are not sung. Raises EngineError if there are more
    new lines than lead lines."""
    leads = [number for number in inside if score.vocals[number].role == "lead"]
    if lyrics is None:
        return {number: score.vocals[number].text for number in leads}
    sung = _lines_of(plan, lyrics)
    if len(sung) > len(leads):
        raise EngineError(
            f"The range has {len(leads)} whole line(s), the words have {len(sung)}"
            f": there is none for {sung[len(leads)]!r}.",
            DO_NOT_FIT,
        )
    return {number: split_ad_lib(line)[0] for number, line in zip(leads, sung, strict=False)}


def _with_lines(plan: Plan, score: Score, inside: Sequence[int], lyrics: str) -> tuple[PlannedSection, ...]:
    """Return the plan's sections with these words replacing the lead's lines in the window."""
    leads = [number for number in inside if score.vocals[number].role == "lead"]
    words = dict(zip(leads, _lines_of(plan, lyrics), strict=False))
    every = [number for number, line in enumerate(score.vocals) if line.role == "lead"]
    lines = [list(section.lines) for section in plan.sections]
    for room in rooms_of(score, every):
        rows = lines[room.place] if room.place < len(lines) else []
        for place, line in enumerate(room.lines[: len(rows)]):
            rows[place] = words.get(every[line], rows[place])
    return tuple(
        replace(section, lines=tuple(rows)) for section, rows in zip(plan.sections, lines, strict=True)
    )


def _lines_of(plan: Plan, lyrics: str) -> list[str]:
    return [line for section in parse_lyrics(lyrics, rap=plan.kind == "rap") for line in section.lines]


def _words_of(plan: Plan, lyrics: str) -> frozenset[str]:
    """Return every text sung from these lyrics, with ad-libs separate."""
    return frozenset(text for line in _lines_of(plan, lyrics) for text in split_ad_lib(line) if text)


def merge(old: Score, new: Score, window: Window, vocals: list[VocalLine]) -> Score:
    """Combine the old score, the new score's notes that start in the window, and these sung lines."""
    fresh = {_name(track): track for track in new.tracks}
    tracks = []
    for track in old.tracks:
        other = fresh.pop(_name(track), None)
        notes = [note for note in track.notes if not _starts_in(old, note, window)]
        notes += [note for note in (other.notes if other else ()) if _starts_in(old, note, window)]
        tracks.append(replace(track, notes=sorted(notes)))
    for track in fresh.values():
        if notes := [note for note in track.notes if _starts_in(old, note, window)]:
            tracks.append(replace(track, notes=notes))
    return replace(old, tracks=tracks, drums=_drums(old, new, window), vocals=vocals)


def _name(track: Track) -> tuple[str, str]:
    return track.role, track.instrument


def _starts_in(score: Score, note: Note, window: Window) -> bool:
    return window.holds(score.performed_seconds(note.onset))


def _drums(old: Score, new: Score, window: Window) -> DrumTrack | None:
    base = old.drums or new.drums
    if base is None:
        return None
    hits = [
        hit
        for hit in (old.drums.hits if old.drums else ())
        if not window.holds(old.performed_seconds(hit.onset))
    ]
    hits += [
        hit for hit in (new.drums.hits if new.drums else ()) if window.holds(old.performed_seconds(hit.onset))
    ]
    return replace(base, hits=sorted(hits)) if hits else None


def _sung_inside(score: Score, line: VocalLine, window: Window) -> bool:
    start, stop = line.onsets[0], line.onsets[-1] + line.lengths[-1]
    return (
        score.performed_seconds(start) >= window.start_s - EARLY_S
        and score.performed_seconds(stop) <= window.end_s + 3 * EARLY_S
    )
