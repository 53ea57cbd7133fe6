"""Samples: one-shots, and loops of only the players that the caption asks for."""

from __future__ import annotations

from dataclasses import replace

from audiomusic.engines.studio.compose.arrangement import (
    CHAIR_ROLES,
    EXTRA_CHAIRS,
    Chair,
    play,
    seat_band,
)
from audiomusic.engines.studio.compose.genres import GenrePart
from audiomusic.engines.studio.compose.harmony import tonic_chord, voice_chord
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet
from audiomusic.engines.studio.compose.parts.drums import choose_kit, write_drums
from audiomusic.engines.studio.compose.parts.players import fit_range
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.score import DrumTrack, Hit, Note, Track

#: Kind of sample -> the player whose part becomes the loop, or the extra chair if there is none.
LOOP_PLAYERS = {"bass": "bass", "chords": "chords", "texture": "pad", "melodic": "lead"}
#: Kind of sample -> the MIDI register of its one-shot.
ONE_SHOT_REGISTERS = {"bass": 36, "chords": 60, "texture": 58, "melodic": 69}
DEFAULT_PIECES = ("kick", "snare", "clap", "tom_mid", "cowbell")


def write_loop(sheet: LeadSheet) -> tuple[list[Track], DrumTrack | None]:
    """Write the tracks of a seamless loop: only drums, or only one chair."""
    kind = sheet.plan.sample or "melodic"
    if kind == "drum":
        return [], write_drums(sheet)
    chair = _loop_chair(sheet, LOOP_PLAYERS[kind])
    part = replace(chair.part, energy=(0.0, 1.0), sections=(), gain_db=0.0, pan=0.0)
    return [play(sheet, Chair(part, chair.instrument), [])], None


def _loop_chair(sheet: LeadSheet, player: str) -> Chair:
    """Return the genre's own chair, on a wanted instrument if it suits."""
    own = [chair for chair in seat_band(sheet) if chair.part.player == player]
    asked = [name for group in sheet.plan.wanted for name in group]
    table = words_table("instruments")
    able = [name for name in asked if set(table[name]["roles"]) & set(CHAIR_ROLES[player])]
    liked = [chair for chair in own if chair.instrument in asked]
    if liked:
        return liked[0]
    extra = EXTRA_CHAIRS[player]
    part = own[0].part if own else extra
    if able:
        return Chair(part, draw(sheet.seed, "loop instrument").choice(able))
    return (
        own[0] if own else Chair(extra, words_table("samples")[sheet.plan.sample or "melodic"]["instrument"])
    )


def write_one_shot(sheet: LeadSheet) -> tuple[list[Track], DrumTrack | None]:
    """Write one hit, note or chord that sounds to the end."""
    kind = sheet.plan.sample or "melodic"
    if kind == "drum":
        piece = sheet.plan.piece or draw(sheet.seed, "piece").choice(DEFAULT_PIECES)
        return [], DrumTrack(choose_kit(sheet), [Hit(0.0, piece, 0.95)], reverb_send=0.0)
    instrument = _one_shot_instrument(sheet, kind)
    notes = [Note(0.0, sheet.stop * 0.9, pitch, 0.9) for pitch in _one_shot_pitches(sheet, kind, instrument)]
    return [Track(kind, instrument, notes, reverb_send=0.15)], None


def _one_shot_instrument(sheet: LeadSheet, kind: str) -> str:
    asked = [name for group in sheet.plan.wanted for name in group if name not in sheet.plan.unwanted]
    if asked:
        return draw(sheet.seed, "one-shot", *asked).choice(asked)
    return str(words_table("samples")[kind]["instrument"])


def _one_shot_pitches(sheet: LeadSheet, kind: str, instrument: str) -> list[float]:
    register = ONE_SHOT_REGISTERS[kind]
    if kind in ("chords", "texture"):
        chord = tonic_chord(sheet.key)
        pitches = tuple(48 + chord.root + interval for interval in chord.intervals)
        return [float(pitch) for pitch in voice_chord(pitches, (), register, 3, GenrePart.voicing)]
    return [float(fit_range(register + (sheet.key.tonic - register) % 12, instrument))]
