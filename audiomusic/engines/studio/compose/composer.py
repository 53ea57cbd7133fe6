"""Turn a Plan into a Score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from audiomusic.engines.studio.compose.arrangement import arrange
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, score_sections, write_sheet
from audiomusic.engines.studio.compose.lift import (
    lift_onset,
    lowered_chords,
    lowered_vocal,
    raised_chords,
    raised_track,
    raised_vocal,
)
from audiomusic.engines.studio.compose.parts.drums import write_drums
from audiomusic.engines.studio.compose.parts.entrances import with_entries
from audiomusic.engines.studio.compose.parts.vocals import Syllabify, Vocals, write_vocals
from audiomusic.engines.studio.compose.samples import write_loop, write_one_shot
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.compose.voices import score_singers
from audiomusic.engines.studio.score import ChordSpan, DrumTrack, Score, Track, VocalLine

if TYPE_CHECKING:
    from audiomusic.engines.studio.plan import Plan

A_CAPPELLA = "vocals"
OWN_ROLES = ("lead", "partner")  # of voices that are not backing vocals
SIXTEENTH = 0.25  # the swung value where eighths are grouped in threes


@dataclass(frozen=True)
class Given:
    """The parts of a song that already exist, as in its score.

    `chords` hold from `start` to `stop` (quarters); the composer continues before and after. `vocals` is all
    that is sung.
    """

    chords: tuple[ChordSpan, ...] = ()
    start: float = 0.0
    stop: float = float("inf")
    vocals: tuple[VocalLine, ...] | None = None


def compose(plan: Plan, seed: int, syllabify: Syllabify, given: Given | None = None) -> Score:
    """Write every note of the plan around what is `given`. The same plan, seed, syllables and given parts
    make an equal score."""
    sheet = write_sheet(plan, load_genres()[plan.genre], seed)
    if given and given.chords:
        sheet = replace(sheet, chords=_with_given(sheet, given))
    if given and given.vocals is not None:
        vocals = Vocals([lowered_vocal(sheet, line) for line in given.vocals], [])
    else:
        vocals = write_vocals(sheet, syllabify)
    tracks, drums = with_entries(sheet, *_band(sheet, vocals))
    alone = plan.is_a_cappella
    singers = score_singers(plan, seed)
    return Score(
        seed=seed,
        genre=plan.genre,
        metre=plan.metre,
        key=plan.key,
        duration_s=plan.duration_s,
        sections=score_sections(sheet),
        chords=raised_chords(sheet),
        tracks=[raised_track(sheet, track) for track in tracks],
        drums=drums,
        vocals=[raised_vocal(sheet, line) for line in vocals.lines if plan.backing or line.role in OWN_ROLES],
        voice=singers[0].voice if singers else words_table("singers")[plan.singer]["voice"],
        singers=singers,
        swing=plan.swing,
        swing_grid=SIXTEENTH if plan.metre.is_compound else sheet.genre.swing_grid,
        humanise_ms=0.0 if plan.sample_type else sheet.genre.humanise_ms,
        seamless_loop=sheet.is_loop,
        sidechain_db=0.0 if alone else sheet.genre.sidechain_db,
        mix=A_CAPPELLA if alone else plan.genre,
        notes=_notes(sheet, vocals),
    )


def _with_given(sheet: LeadSheet, given: Given) -> list[ChordSpan]:
    """Return the sheet's chords, replaced by the given ones where those hold."""
    kept = [span for span in lowered_chords(sheet, given.chords) if given.start <= span.onset < given.stop]
    first = kept[0].onset if kept else given.stop
    before = [
        span._replace(length=min(span.length, first - span.onset))
        for span in sheet.chords
        if span.onset < min(first, given.start) - 1e-6
    ]
    last = min(given.stop, sheet.stop)
    behind = [span for span in sheet.chords if span.onset >= last - 1e-6]
    kept = [span._replace(length=min(span.length, last - span.onset)) for span in kept if span.onset < last]
    return [*before, *kept, *behind]


def _notes(sheet: LeadSheet, vocals: Vocals) -> dict[str, Any]:
    plan = sheet.plan
    notes: dict[str, Any] = {"singer": plan.singer, "moods": list(plan.moods), "unsung": vocals.unsung}
    notes |= {"mix": list(plan.mix)} if plan.mix else {}
    notes |= {"fade_out_s": plan.fade_out_s} if plan.fade_out_s else {}
    onset, semitones = lift_onset(sheet)
    return notes | {"lift": {"onset": onset, "semitones": semitones}} if semitones else notes


def _band(sheet: LeadSheet, vocals: Vocals) -> tuple[list[Track], DrumTrack | None]:
    if sheet.plan.sample_type == "one-shot":
        return write_one_shot(sheet)
    if sheet.is_loop:
        return write_loop(sheet)
    return arrange(sheet, vocals.lines), write_drums(sheet)
