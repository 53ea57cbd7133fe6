"""Assembles the voices of a score: expands repeats, joins ties and pads a pickup bar."""

from __future__ import annotations

from collections.abc import Sequence

from audiomusic.engines.notation.bars import GRAINS, Grains, ReadBar, ReadVoice, whole_ticks
from audiomusic.engines.notation.errors import NotationError, Problem
from audiomusic.engines.notation.tune import (
    MAX_BARS,
    MAX_DURATION_S,
    VOICES,
    WHOLE_TICKS,
    KeyChange,
    Swing,
    TuneChord,
    TuneSection,
    TuneSyllable,
    WrittenNote,
    WrittenTune,
)
from audiomusic.engines.theory import Key


def assembled(
    *,
    title: str,
    metre: tuple[int, int],
    bpm: int,
    swing: Swing | None,
    is_harmonic: bool,
    voices: Sequence[ReadVoice],
    sings: bool,
    has_words: bool,
) -> WrittenTune:
    """Return the assembled tune. Raises NotationError."""
    size = metre[0] * WHOLE_TICKS * GRAINS // metre[1]
    for voice in voices:
        if voice.rest_of_bar is not None:
            if voice.rest_of_bar.length == size:  # the last bar line may be missing
                voice.end_bar("|", "")
            else:
                raise NotationError(
                    [Problem("Expected a bar line behind a full bar.", len(voice.bars) + 1, voice.name)]
                )
    heard = [voice for voice in voices if voice.bars]
    if not heard:
        raise NotationError([Problem("Expected at least one bar of music, got none.")])
    vocal, ins = _named(heard, sings or has_words)
    rows = {name: _unrolled(voice) for name, voice in (("Vocal", vocal), ("Ins", ins)) if voice}
    counts = {name: len(row) for name, row in rows.items()}
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise NotationError(
            [Problem(f"Expected as many bars in each voice; {said}.", min(counts.values()) + 1)]
        )
    bars = max(counts.values())
    first = next(iter(rows.values()))
    key = heard[0].first_key
    if is_harmonic and key.mode == "minor":
        key = Key(key.tonic, "harmonic minor")
    tune = WrittenTune(
        title=title,
        beats=metre[0],
        unit=metre[1],
        quarter_bpm=bpm,
        key=key,
        bars=bars,
        vocal=_notes(rows.get("Vocal", ()), size),
        ins=_notes(rows.get("Ins", ()), size),
        chords=tuple(_chords(first, size)),
        sections=tuple(_sections(first)),
        words=tuple(_words(rows.get("Vocal", ()), size)) if has_words else (),
        keys=tuple(
            KeyChange(bar, row.key) for bar, row in enumerate(first) if row.key is not None and bar > 0
        ),
        swing=swing,
        has_words=has_words,
    )
    if tune.duration_s > MAX_DURATION_S:
        raise NotationError(
            [Problem(f"Expected at most {MAX_DURATION_S:g} s of music, got {tune.duration_s:.0f} s.")]
        )
    return tune


def _named(voices: Sequence[ReadVoice], sings: bool) -> tuple[ReadVoice | None, ReadVoice | None]:
    """Return which voice is the vocal and which the instrument."""
    if len(voices) > len(VOICES):
        raise NotationError(
            [Problem(f"Expected at most the voices Vocal and Ins, got {len(voices)} of them.")]
        )
    by_name = {voice.name.casefold(): voice for voice in voices}
    vocal, ins = by_name.get("vocal"), by_name.get("ins")
    if len(voices) == 1:
        if vocal or ins:
            return vocal, ins
        return (voices[0], None) if sings else (None, voices[0])
    if vocal is None and ins is None:
        return voices[0], voices[1]
    other = next((voice for voice in voices if voice not in (vocal, ins)), None)
    return vocal or other, ins or other


def _unrolled(voice: ReadVoice) -> list[ReadBar]:
    """Return the bars in playing order."""
    bars, played = voice.bars, []
    start, at, turn = 0, 0, 1
    while at < len(bars):
        bar = bars[at]
        if bar.opens_repeat and turn == 1:
            start = at
        if bar.ending and str(turn) not in bar.ending:
            at += 1
            continue
        played.append(bar)
        if len(played) > MAX_BARS:
            raise NotationError([Problem(f"Expected at most {MAX_BARS} bars.")])
        if bar.closes_repeat and turn == 1:
            turn, at = 2, start
            continue
        if turn == 2 and (bar.closes_repeat or (bar.ending and not _is_ending(bars, at + 1))):
            turn, start = 1, at + 1
        at += 1
        if turn == 2 and at < len(bars) and bars[at].opens_repeat and not bar.ending:
            turn, start = 1, at
    return played


def _is_ending(bars: Sequence[ReadBar], at: int) -> bool:
    return at < len(bars) and bool(bars[at].ending)


def _starts(rows: Sequence[ReadBar], size: int) -> list[Grains]:
    """Return where each bar's music starts; a pickup sits at the end of its bar."""
    starts: list[Grains] = [number * size for number in range(len(rows))]
    if rows and rows[0].length < size:
        starts[0] = size - rows[0].length
    return starts


def _notes(rows: Sequence[ReadBar], size: int) -> tuple[WrittenNote, ...]:
    found: list[WrittenNote] = []
    tied: dict[int, int] = {}  # pitch -> index in `found`
    for start, row in zip(_starts(rows, size), rows, strict=True):
        at = begun = start
        for note in row.notes:
            onset = begun if note.with_previous else at
            if not note.with_previous:
                begun, at = at, at + note.length
            if note.pitch is None:
                tied.clear()
                continue
            first, last = whole_ticks(onset), whole_ticks(onset + note.length)
            if note.pitch in tied:
                place = tied[note.pitch]
                found[place] = found[place]._replace(length=max(1, last - found[place].onset))
                if not note.is_tied:
                    del tied[note.pitch]
                continue
            found.append(WrittenNote(first, max(1, last - first), note.pitch))
            if note.is_tied:
                tied[note.pitch] = len(found) - 1
    return tuple(found)


def _chords(rows: Sequence[ReadBar], size: int) -> list[TuneChord]:
    found: list[TuneChord] = []
    for start, row in zip(_starts(rows, size), rows, strict=True):
        for at, name in row.chords:
            if not found or found[-1].name != name:
                found.append(TuneChord(whole_ticks(start + at), name))
    return found


def _sections(rows: Sequence[ReadBar]) -> list[TuneSection]:
    return [TuneSection(bar, row.label) for bar, row in enumerate(rows) if row.label]


def _words(rows: Sequence[ReadBar], size: int) -> list[TuneSyllable]:
    found = []
    for start, row in zip(_starts(rows, size), rows, strict=True):
        at = start
        for note in row.notes:
            if note.with_previous:
                continue
            if note.text and not note.is_tied_in:
                found.append(TuneSyllable(whole_ticks(at), note.text, note.begins_word))
            at += note.length
    return found
