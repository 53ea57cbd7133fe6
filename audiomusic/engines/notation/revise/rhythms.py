"""Changes of rhythm: fewer or more notes, shorter or longer ones, anticipations, rests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from audiomusic.engines.notation.revise.pitches import is_inside, stepped, with_notes
from audiomusic.engines.notation.tune import QUARTER_TICKS, WrittenNote, WrittenTune

HALF_BEAT = QUARTER_TICKS // 2


def busier(tune: WrittenTune, bars: Collection[int] | None) -> WrittenTune:
    """Split the instrument's long notes, with a neighbour note on the second half."""
    made: list[WrittenNote] = []
    for note in tune.ins:
        if not is_inside(tune, bars, note) or note.length < HALF_BEAT:
            made.append(note)
            continue
        half = note.length // 2
        made.append(note._replace(length=half))
        neighbour = stepped(note.pitch, tune.key, 1 if len(made) % 4 < 2 else -1)
        made.append(WrittenNote(note.onset + half, note.length - half, neighbour))
    return replace(tune, ins=tuple(sorted(made)))


def simpler(tune: WrittenTune, bars: Collection[int] | None) -> WrittenTune:
    """Keep only the instrument's notes on beats, and hold them. The voice, whose every note has a syllable,
    repeats the previous note where it had a short turn."""
    kept = [
        note
        for note in tune.ins
        if not is_inside(tune, bars, note) or note.onset % tune.bar_ticks % QUARTER_TICKS == 0
    ]
    onsets = sorted({note.onset for note in kept})
    following = dict(zip(onsets, [*onsets[1:], tune.bars * tune.bar_ticks], strict=True)) if onsets else {}
    held = [
        note._replace(length=_until(tune, note, following[note.onset]))
        if is_inside(tune, bars, note)
        else note
        for note in kept
    ]
    sung = list(tune.vocal)
    for place in range(1, len(sung)):
        note, before = sung[place], sung[place - 1]
        is_short = note.length <= HALF_BEAT and note.onset % QUARTER_TICKS != 0
        if is_short and is_inside(tune, bars, note) and abs(note.pitch - before.pitch) <= 4:
            sung[place] = note._replace(pitch=before.pitch)
    return replace(tune, ins=tuple(held), vocal=tuple(sung))


def _until(tune: WrittenTune, note: WrittenNote, following: int) -> int:
    end_of_bar = (note.onset // tune.bar_ticks + 1) * tune.bar_ticks
    return max(note.length, min(following, end_of_bar) - note.onset)


def shorter(tune: WrittenTune, bars: Collection[int] | None, voices: Collection[str]) -> WrittenTune:
    return with_notes(tune, bars, voices, lambda note: note._replace(length=max(1, note.length // 2)))


def longer(tune: WrittenTune, bars: Collection[int] | None, voices: Collection[str]) -> WrittenTune:
    """Lengthen each note to the start of the next, at most to the end of its bar."""
    made = tune
    for voice in voices:
        onsets = sorted({note.onset for note in tune.notes_of(voice)})  # type: ignore[arg-type]
        following = (
            dict(zip(onsets, [*onsets[1:], tune.bars * tune.bar_ticks], strict=True)) if onsets else {}
        )
        made = with_notes(
            made, bars, (voice,),
            lambda note, known=following: note._replace(length=_until(tune, note, known[note.onset])),  # type: ignore[misc]
        )  # fmt: skip
    return made


def early(tune: WrittenTune, bars: Collection[int] | None, voices: Collection[str]) -> WrittenTune:
    """Move notes on a beat half a beat earlier if nothing sounds there, but never out of their bar."""
    made = tune
    for voice in voices:
        ends = {note.onset + note.length for note in tune.notes_of(voice)}  # type: ignore[arg-type]
        starts = {note.onset for note in tune.notes_of(voice)}  # type: ignore[arg-type]
        made = with_notes(
            made, bars, (voice,),
            lambda note, ends=ends, starts=starts: _earlier(tune, note, ends, starts),  # type: ignore[misc]
        )  # fmt: skip
    return made


def _earlier(
    tune: WrittenTune, note: WrittenNote, ends: Collection[int], starts: Collection[int]
) -> WrittenNote:
    place = note.onset % tune.bar_ticks
    is_free = not any(note.onset - HALF_BEAT < each for each in ends if each <= note.onset)
    if place == 0 or place % QUARTER_TICKS or not is_free or note.onset - HALF_BEAT in starts:
        return note
    return WrittenNote(note.onset - HALF_BEAT, note.length + HALF_BEAT, note.pitch)


def rested(tune: WrittenTune, bars: Collection[int] | None, voices: Collection[str]) -> WrittenTune:
    """Remove the notes in these bars; a note held across an edge stays."""

    def left(notes: tuple[WrittenNote, ...]) -> tuple[WrittenNote, ...]:
        return tuple(note for note in notes if not is_inside(tune, bars, note))

    vocal = left(tune.vocal) if "Vocal" in voices else tune.vocal
    onsets = {note.onset for note in vocal}
    return replace(
        tune,
        vocal=vocal,
        ins=left(tune.ins) if "Ins" in voices else tune.ins,
        words=tuple(word for word in tune.words if word.onset in onsets),
    )


def last_held(tune: WrittenTune) -> WrittenTune:
    """Hold each voice's last note to the end of its bar, and of the next bar if there is one."""

    def held(notes: tuple[WrittenNote, ...]) -> tuple[WrittenNote, ...]:
        if not notes:
            return notes
        last = max(note.onset for note in notes)
        end = min(tune.bars, last // tune.bar_ticks + 2) * tune.bar_ticks
        return tuple(n._replace(length=end - n.onset) if n.onset == last else n for n in notes)

    return replace(tune, vocal=held(tune.vocal), ins=held(tune.ins))


def ended_on_tonic(tune: WrittenTune) -> WrittenTune:
    """Move each voice's last note to the nearest tonic."""

    def ended(notes: tuple[WrittenNote, ...]) -> tuple[WrittenNote, ...]:
        if not notes:
            return notes
        last = max(notes, key=lambda note: note.onset)
        key = tune.keys[-1].key if tune.keys else tune.key
        step = (key.tonic - last.pitch + 6) % 12 - 6
        return tuple(n._replace(pitch=n.pitch + step) if n == last else n for n in notes)

    return replace(tune, vocal=ended(tune.vocal), ins=ended(tune.ins))
