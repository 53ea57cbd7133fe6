"""A cover: the same song's melody, chords and form, played by another band in another style.

The strength, 0 to 1, sets how much of the song stays. From KEEPS_TEMPO: all that is sung, the chords, key,
metre and tempo. From KEEPS_TUNE: the same at the new style's tempo. From KEEPS_CHORDS: the chords and the
form, under a new melody. From KEEPS_FORM: the form. Below that: only the length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from audiomusic.engines.base import SongRequest
from audiomusic.engines.studio.caption import CaptionHints, read_caption
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.arrangement import instruments_for
from audiomusic.engines.studio.compose.composer import Given
from audiomusic.engines.studio.compose.parts.players import fit_range
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.studio.rework.edits.asked_words import check_sung
from audiomusic.engines.studio.rework.edits.new_words import with_planned_words, with_words
from audiomusic.engines.studio.rework.edits.reworked import Reworked, changed_tracks
from audiomusic.engines.studio.rework.kept_song import KeptSong
from audiomusic.engines.studio.rework.syllable_counts import counted_for, reader_of
from audiomusic.engines.studio.score import Note, Score, Track, VocalLine

KEEPS_TEMPO, KEEPS_TUNE, KEEPS_CHORDS, KEEPS_FORM = 0.9, 0.5, 0.2, 0.05
SLOWEST, FASTEST = 0.8, 1.25  # of the source's tempo, if its melody is kept
TUNE_ROLES = ("lead",)
LEAD_GAIN_DB, LEAD_VELOCITY = -1.0, 0.75


def covered(song: KeptSong, wishes: Mapping[str, Any], seed: int) -> Reworked:
    """Cover a song.

    `wishes`: caption, strength, lyrics (None: the song's own), and the request's bpm, keyscale,
    timesignature, genre, vocal_language and duration_s if given; all_words: whether a new melody has to sing
    every line. Raises EngineError for words that do not fit.
    """
    strength = float(wishes.get("strength", 0.7))
    score, plan = song.score, song.plan
    lyrics = wishes.get("lyrics")
    if lyrics and strength >= KEEPS_TUNE:
        words = with_words(score, plan, lyrics)
        score, plan = words.score, words.plan
    elif lyrics and strength >= KEEPS_FORM and wishes.get("all_words"):
        plan = with_planned_words(score, plan, lyrics)
    planned = _planned(song, plan, wishes, strength, seed)
    given = _given(score, planned, strength)
    reader = reader_of(song.score, planned)
    made = replace(compose(planned, seed, counted_for(reader), given), reader=reader)
    if strength >= KEEPS_TUNE:
        made = _with_tune(made, score, planned, seed)
    if strength < KEEPS_TUNE and wishes.get("all_words") and read_caption(wishes["caption"]).singer != "none":
        check_sung(made.vocals, lyrics, planned, "The song's form has")
    if given.vocals:
        made = replace(made, singers=_singers(made, score))
    return Reworked(
        made,
        planned,
        seed,
        details={
            "strength": strength,
            "kept": kept_at(strength),
            "changed": {"tracks": changed_tracks(score, made), "bars": [], "lines": []},
        },
        not_applied=planned.not_applied,
    )


def kept_at(strength: float) -> list[str]:
    """Return the names of what stays."""
    steps = (
        (KEEPS_FORM, ("form",)), (KEEPS_CHORDS, ("chords", "key", "metre")),
        (KEEPS_TUNE, ("melody", "words")), (KEEPS_TEMPO, ("tempo",)),
    )  # fmt: skip
    return [name for least, names in steps if strength >= least for name in names]


def _planned(song: KeptSong, plan: Plan, wishes: Mapping[str, Any], strength: float, seed: int) -> Plan:
    """Return the new style's plan in the old form."""
    hints = read_caption(wishes["caption"])
    keeps_harmony = strength >= KEEPS_CHORDS
    asked_s, asked_bpm = wishes.get("duration_s"), wishes.get("bpm")
    if asked_s and not asked_bpm and strength >= KEEPS_FORM:  # same number of bars in a different duration
        asked_bpm = plan.bpm * min(max(song.score.duration_s / asked_s, SLOWEST), FASTEST)
    is_sung = plan.language is not None and hints.singer != "none"
    lyrics = wishes.get("lyrics") or plan.lyrics
    asked = SongRequest(
        kind=plan.kind if is_sung or plan.kind != "song" else "instrumental",
        caption=wishes["caption"],
        seeds=(seed,),
        max_duration_s=max(song.score.duration_s * FASTEST, asked_s or 0.0),
        duration_s=None if strength >= KEEPS_FORM else asked_s or song.score.duration_s,
        lyrics=lyrics if is_sung else "",
        bpm=asked_bpm or (plan.bpm if strength >= KEEPS_TEMPO else None),
        keyscale=wishes.get("keyscale") or (plan.key.name if keeps_harmony else None),
        timesignature=wishes.get("timesignature"),
        vocal_language=wishes.get("vocal_language") or plan.language,
        genre=wishes.get("genre"),
        title=wishes.get("title") or plan.title,
    )
    made = make_plan(asked, seed)
    if strength < KEEPS_FORM:
        return made
    bpm = made.metre.bpm
    if strength < KEEPS_TEMPO and not asked_bpm:
        bpm = min(max(bpm, plan.bpm * SLOWEST), plan.bpm * FASTEST)
    metre = replace(plan.metre, bpm=bpm)
    key = made.key if wishes.get("keyscale") and not keeps_harmony else plan.key
    sections = plan.sections
    if not is_sung:
        sections = tuple(replace(section, lines=()) for section in sections)
    if not (is_sung and plan.singers and not hints.voices):
        sections = tuple(replace(section, cast=()) for section in sections)  # others sing, or no one does
    music_s = (song.score.duration_s - song.score.lead_in_s) / plan.metre.quarter_s * metre.quarter_s
    return replace(
        made,
        metre=metre,
        key=key,
        sections=sections,
        duration_s=round(music_s, 4),
        singer=_singer(made, plan, hints),
        singers=plan.singers if is_sung and not hints.voices else made.singers if is_sung else (),
        language=plan.language if is_sung else None,
        lyrics=lyrics if is_sung else "",
        swing=made.swing if plan.metre.name == made.metre.name else 0.0,
    )


def _singer(made: Plan, plan: Plan, hints: CaptionHints) -> Any:
    return made.singer if hints.voices else plan.singer


def _given(score: Score, planned: Plan, strength: float) -> Given:
    if strength < KEEPS_CHORDS:
        return Given()
    vocals: tuple[VocalLine, ...] | None = None
    if strength >= KEEPS_TUNE:
        vocals = tuple(score.vocals) if planned.language is not None else ()
    return Given(chords=tuple(score.chords), vocals=vocals)


def _singers(made: Score, score: Score) -> Any:
    """Return enough singers for the numbers that the lines use."""
    most = max((line.singer for line in made.vocals), default=0)
    return made.singers if len(made.singers) > most or not score.singers else score.singers


def _with_tune(made: Score, score: Score, planned: Plan, seed: int) -> Score:
    """Give the lead instrument its old part, plus the vocal melody if no one sings any more."""
    notes = [note for track in score.tracks if track.role in TUNE_ROLES for note in track.notes]
    if score.vocals and planned.language is None:
        notes += sung_notes(score.vocals)
    if not notes:
        return made
    tracks = list(made.tracks)
    for place, track in enumerate(tracks):
        if track.role in TUNE_ROLES:
            tracks[place] = replace(track, notes=_played(notes, track.instrument))
            return replace(made, tracks=tracks)
    instrument = draw(seed, "cover lead").choice(sorted(instruments_for(("lead",))))
    lead = Track("lead", instrument, _played(notes, instrument), LEAD_GAIN_DB, 0.0, 0.3)
    return replace(made, tracks=[*tracks, lead])


def sung_notes(lines: Sequence[VocalLine]) -> list[Note]:
    """Return what the lead sings as notes to be played."""
    return [
        Note(onset, length, pitch, LEAD_VELOCITY)
        for line in lines
        if line.role == "lead" and line.style == "sing"
        for onset, length, pitch in zip(line.onsets, line.lengths, line.pitches, strict=True)
    ]


def _played(notes: Sequence[Note], instrument: str) -> list[Note]:
    return sorted(note._replace(pitch=fit_range(note.pitch, instrument)) for note in notes)
