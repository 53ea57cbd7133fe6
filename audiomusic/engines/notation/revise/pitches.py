"""Changes of pitch: higher, lower, another key, another mode, another melody."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import replace

from audiomusic.engines.notation.spelling import QUALITIES, chord_parts
from audiomusic.engines.notation.tune import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    KeyChange,
    TuneChord,
    WrittenNote,
    WrittenTune,
)
from audiomusic.engines.theory import PITCH_NAMES, SCALES, Key

#: Semitones of a chord -> its shortest name.
NAMES = {tones: name for name, tones in reversed(list(QUALITIES.items()))}


def with_notes(
    tune: WrittenTune,
    bars: Collection[int] | None,
    voices: Collection[str],
    change: Callable[[WrittenNote], WrittenNote],
) -> WrittenTune:
    """Return the tune with the notes of the named voices changed in these bars."""

    def changed(notes: tuple[WrittenNote, ...]) -> tuple[WrittenNote, ...]:
        return tuple(change(note) if is_inside(tune, bars, note) else note for note in notes)

    return replace(
        tune,
        vocal=changed(tune.vocal) if "Vocal" in voices else tune.vocal,
        ins=changed(tune.ins) if "Ins" in voices else tune.ins,
    )


def is_inside(tune: WrittenTune, bars: Collection[int] | None, note: WrittenNote) -> bool:
    """Return whether the whole note is inside. A note held across an edge is not changed, since it belongs to
    bars outside too."""
    if bars is None:
        return True
    first, last = note.onset // tune.bar_ticks, (note.onset + note.length - 1) // tune.bar_ticks
    return all(bar in bars for bar in range(first, last + 1))


def in_range(pitch: int) -> int:
    while pitch > HIGHEST_PITCH:
        pitch -= 12
    while pitch < LOWEST_PITCH:
        pitch += 12
    return pitch


def moved_semitones(
    tune: WrittenTune, bars: Collection[int] | None, voices: Collection[str], steps: int
) -> WrittenTune:
    return with_notes(tune, bars, voices, lambda note: note._replace(pitch=in_range(note.pitch + steps)))


def moved_steps(
    tune: WrittenTune, bars: Collection[int] | None, voices: Collection[str], steps: int
) -> WrittenTune:
    """Move notes along the key's scale; chromatic notes stay chromatic."""
    return with_notes(
        tune, bars, voices, lambda note: note._replace(pitch=in_range(stepped(note.pitch, tune.key, steps)))
    )


def stepped(pitch: int, key: Key, steps: int) -> int:
    scale = SCALES[key.mode]
    octave, place = divmod(pitch - key.tonic, 12)
    below = max(number for number, each in enumerate(scale) if each <= place)
    octaves, degree = divmod(below + steps, len(scale))
    return key.tonic + 12 * (octave + octaves) + scale[degree] + (place - scale[below])


def chord_name(root: int, tones: tuple[int, ...], bass: int) -> str:
    quality = NAMES.get(tones)
    if quality is None:
        quality = NAMES.get(tones[:3], "")
    name = PITCH_NAMES[root % 12] + quality
    return name if bass % 12 == root % 12 else f"{name}/{PITCH_NAMES[bass % 12]}"


def with_chords(tune: WrittenTune, bars: Collection[int] | None, change: Callable[[str], str]) -> WrittenTune:
    """Return the tune with the chords that sound in these bars changed; one held across an edge is restated
    there."""
    found: list[TuneChord] = []
    for bar, content in enumerate(tune.contents()):
        for at, name in content.chords:
            name = change(name) if bars is None or bar in bars else name
            if not found or found[-1].name != name:
                found.append(TuneChord(bar * tune.bar_ticks + at, name))
    return replace(tune, chords=tuple(found))


def transposed_chord(name: str, steps: int) -> str:
    root, _, bass = chord_parts(name)
    head = name.split("/")[0] if bass != root else name
    quality = head[2:] if head[1:2] in ("#", "b", "♯", "♭") else head[1:]
    moved = PITCH_NAMES[(root + steps) % 12] + quality
    return moved if bass == root else f"{moved}/{PITCH_NAMES[(bass + steps) % 12]}"


def transposed(tune: WrittenTune, bars: Collection[int] | None, steps: int) -> WrittenTune:
    """Transpose notes and chords, and for the whole song its key too."""
    moved = moved_semitones(tune, bars, ("Vocal", "Ins"), steps)
    moved = with_chords(moved, bars, lambda name: transposed_chord(name, steps))
    if bars is not None:
        return moved
    return replace(
        moved,
        key=_key(tune.key, steps),
        keys=tuple(KeyChange(change.bar, _key(change.key, steps)) for change in tune.keys),
    )


def _key(key: Key, steps: int) -> Key:
    return Key((key.tonic + steps) % 12, key.mode)


def nearest_steps(old: int, new: int) -> int:
    """Return the semitones from one tonic to another, by the shorter way."""
    return (new - old + 5) % 12 - 5


def in_mode(tune: WrittenTune, bars: Collection[int] | None, mode: str) -> WrittenTune:
    """Move every degree of the scale to its place in the other mode."""
    old, key = SCALES[tune.key.mode], Key(tune.key.tonic, mode)  # type: ignore[arg-type]
    new = SCALES[key.mode]
    moves = {(key.tonic + was) % 12: now - was for was, now in zip(old, new, strict=True)}

    def note(each: WrittenNote) -> WrittenNote:
        return each._replace(pitch=each.pitch + moves.get(each.pitch % 12, 0))

    def chord(name: str) -> str:
        root, tones, bass = chord_parts(name)
        moved = [root + tone + moves.get((root + tone) % 12, 0) for tone in tones]
        shape = tuple(tone - moved[0] for tone in moved)
        return chord_name(moved[0], shape, bass + moves.get(bass % 12, 0))

    made = with_chords(with_notes(tune, bars, ("Vocal", "Ins"), note), bars, chord)
    if bars is not None:
        return made
    return replace(made, key=key, keys=tuple(KeyChange(c.bar, Key(c.key.tonic, key.mode)) for c in tune.keys))


def rewritten(
    tune: WrittenTune, bars: Collection[int] | None, voices: Collection[str], seed: int
) -> WrittenTune:
    """Write a new melody on the same rhythm: chord tones on beats, scale tones between them, in the same
    range."""
    rng = random.Random(seed)
    contents = tune.contents()
    for voice in voices:
        notes = list(tune.notes_of(voice))  # type: ignore[arg-type]
        mine = [n for n in notes if bars is None or n.onset // tune.bar_ticks in bars]
        if not mine:
            continue
        low, high = min(note.pitch for note in mine), max(note.pitch for note in mine)
        low, high = min(low, high - 7), max(high, low + 7)
        at = mine[0].pitch
        changed: dict[WrittenNote, int] = {}
        for note in mine:
            bar, place = divmod(note.onset, tune.bar_ticks)
            chord = next((name for start, name in reversed(contents[bar].chords) if start <= place), "")
            tones = (
                _tones(chord)
                if chord and place % 8 == 0
                else {(tune.key.tonic + s) % 12 for s in SCALES[tune.key.mode]}
            )
            near = [p for p in range(max(low, at - 5), min(high, at + 5) + 1) if p % 12 in tones]
            at = rng.choice(near) if near else at
            changed[note] = at
        tune = with_notes(tune, bars, (voice,), _as_known(changed))
    return tune


def _as_known(changed: dict[WrittenNote, int]) -> Callable[[WrittenNote], WrittenNote]:
    return lambda note: note._replace(pitch=changed.get(note, note.pitch))


def _tones(chord: str) -> set[int]:
    root, tones, _ = chord_parts(chord)
    return {(root + tone) % 12 for tone in tones}
