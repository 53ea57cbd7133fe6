"""Converts a stored score (docs/score.md) to a standard MIDI file.

Type 1, 480 ticks per quarter: a first track with tempo, metre, key, sections as markers and chords as text,
then one track per part; drums are on channel 10, sung syllables are lyric events (RP-017: a space ends a
word, a carriage return a line). Times are the performed ones, so it swings like the audio.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import mido

from audiomusic.engines.theory import parse_key

TICKS_PER_QUARTER = 480
DRUM_CHANNEL = 9
MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
HIT_TICKS = 60
PART_NAMES = {"lead": "Voice", "double": "Voice doubled", "harmony": "Second voice", "ad_lib": "Ad-libs"}
OVERDUBS = {"double": ", doubled", "harmony": ", second voice"}

Event = tuple[int, int, Any]  # tick, rank within the tick, message
NOTE_OFF, META, NOTE_ON = 0, 1, 2
Played = tuple[int, int, int, float]  # tick, end tick, key, velocity 0..1


def midi_file(score: Mapping[str, Any]) -> bytes:
    """Return the file's bytes. `score`: version 1 of the format; parts without notes are omitted."""
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")
    file.tracks.append(_written(_conducted(score), _tick(score, score["duration_s"])))
    channels = _Channels()
    for part in score["tracks"]:
        if part["notes"]:
            name = part["instrument"].replace("_", " ").capitalize()
            played = [_note(score, *note[:4]) for note in part["notes"]]
            channel = channels.take(part["program"])
            file.tracks.append(_part(f"{name} ({part['role']})", part["program"], channel, played))
    if score["drums"]:
        file.tracks.append(_drums(score, score["drums"]))
    for name, lines in _voices(score).items():
        file.tracks.append(_voice(score, name, lines, channels))
    stream = io.BytesIO()
    file.save(file=stream)
    return stream.getvalue()


class _Channels:
    """Assigns channels; once all are taken, parts with the same sound share one."""

    def __init__(self) -> None:
        self.programs: list[int] = []

    def take(self, program: int) -> int:
        if len(self.programs) < len(MELODIC_CHANNELS):
            self.programs.append(program)
            return MELODIC_CHANNELS[len(self.programs) - 1]
        alike = self.programs.index(program) if program in self.programs else program % len(MELODIC_CHANNELS)
        return MELODIC_CHANNELS[alike]


def _tick(score: Mapping[str, Any], time_s: float) -> int:
    quarters: float = time_s / score["quarter_s"]
    return max(0, round(quarters * TICKS_PER_QUARTER))


def _conducted(score: Mapping[str, Any]) -> Iterator[Event]:
    beats, unit = (int(figure) for figure in score["timesignature"].split("/"))
    clicks = 36 if unit == 8 and beats % 3 == 0 else 24  # MIDI clocks per felt pulse
    yield 0, META, mido.MetaMessage("track_name", name=score.get("title") or "Score")
    yield 0, META, mido.MetaMessage("set_tempo", tempo=round(score["quarter_s"] * 1_000_000))
    yield (
        0,
        META,
        mido.MetaMessage("time_signature", numerator=beats, denominator=unit, clocks_per_click=clicks),
    )
    for key in score["keys"]:
        name = parse_key(key["name"]).signature
        yield _tick(score, key["start_s"]), META, mido.MetaMessage("key_signature", key=name)
    for section in score["sections"]:
        yield _tick(score, section["start_s"]), META, mido.MetaMessage("marker", text=section["label"])
    for start_s, _, name, *_ in score["chords"]:
        yield _tick(score, start_s), META, mido.MetaMessage("text", text=name)


def _note(score: Mapping[str, Any], start_s: float, length_s: float, pitch: float, velocity: float) -> Played:
    start = _tick(score, start_s)
    return start, max(start + 1, _tick(score, start_s + length_s)), round(pitch), velocity


def _part(
    name: str, program: int, channel: int, played: Sequence[Played], events: Iterable[Event] = ()
) -> Any:
    head = [
        (0, META, mido.MetaMessage("track_name", name=name)),
        (0, META, mido.Message("program_change", program=program, channel=channel)),
    ]
    return _written([*head, *events, *_struck(played, channel)])


def _struck(played: Sequence[Played], channel: int) -> Iterator[Event]:
    """Yield every note on and off; a note that is struck again while it sounds ends there."""
    struck_again: dict[int, int] = {}
    for start, end, key, velocity in sorted(played, reverse=True):
        end = min(end, struck_again.get(key, end))
        struck_again[key] = start
        if end <= start:
            continue
        strength = min(127, max(1, round(127 * velocity)))
        yield start, NOTE_ON, mido.Message("note_on", note=key, velocity=strength, channel=channel)
        yield end, NOTE_OFF, mido.Message("note_off", note=key, velocity=0, channel=channel)


def _drums(score: Mapping[str, Any], drums: Mapping[str, Any]) -> Any:
    starts = ((_tick(score, start_s), piece, velocity) for start_s, piece, velocity, *_ in drums["hits"])
    played = [(tick, tick + HIT_TICKS, drums["keys"][piece], velocity) for tick, piece, velocity in starts]
    return _part(f"Drums ({drums['kit']})", drums["program"], DRUM_CHANNEL, played)


def _voices(score: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Return track name -> its lines: one track per part, or with several singers, one per singer.

    What a singer sings over their own lead is on a separate track.
    """
    names = [singer["name"] for singer in score.get("singers") or ()]  # older scores have only one
    if len(names) < 2:
        tracks = {
            name: [line for line in score["vocals"] if line["part"] == part]
            for part, name in PART_NAMES.items()
        }
        return {name: lines for name, lines in tracks.items() if lines}
    names = [
        f"{name} {place}" if names.count(name) > 1 else name for place, name in enumerate(names, start=1)
    ]
    leads = {(line["singer"], _start_s(line)) for line in score["vocals"] if line["part"] == "lead"}
    voices: dict[tuple[int, str], list[Mapping[str, Any]]] = {}
    for line in score["vocals"]:
        is_over_lead = line["part"] in OVERDUBS and (line["singer"], _start_s(line)) in leads
        over = OVERDUBS[line["part"]] if is_over_lead else ""
        voices.setdefault((line["singer"], over), []).append(line)
    return {f"{names[singer]}{over}": voices[singer, over] for singer, over in sorted(voices)}


def _start_s(line: Mapping[str, Any]) -> float:
    return float(line["syllables"][0][0]) if line["syllables"] else -1.0


def _voice(
    score: Mapping[str, Any], name: str, lines: Sequence[Mapping[str, Any]], channels: _Channels
) -> Any:
    program = lines[0]["program"]
    played = [
        _note(score, start_s, length_s, pitch, line["velocity"])
        for line in lines
        for start_s, length_s, pitch, *_ in line["syllables"]
    ]
    words = [
        (_tick(score, start_s), META, mido.MetaMessage("lyrics", text=text))
        for line in lines
        for start_s, text in _lyric_events(line["syllables"])
    ]
    return _part(name, program, channels.take(program), played, words)


def _lyric_events(syllables: Sequence[Sequence[Any]]) -> Iterator[tuple[float, str]]:
    following = [*syllables[1:], None]
    for (start_s, _, _, text, *_), after in zip(syllables, following, strict=True):
        if text:
            yield start_s, text + ("\r" if after is None else " " if after[4] else "")


def _written(events: Iterable[Event], end_tick: int = 0) -> Any:
    """Return the events as a track: sorted by time, each with the ticks since the previous one."""
    track = mido.MidiTrack()
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end_tick - now)))
    return track
