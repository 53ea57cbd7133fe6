"""Singing: the vocal lines of a score rendered as audio clips, one per line."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ, Monitor
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.score import Score, SungWord, VocalLine
from audiomusic.engines.studio.voice.alignment import (
    PlacedSegment,
    Span,
    onset_consonants,
    place,
    spread_notes,
)
from audiomusic.engines.studio.voice.expression import Manner, SungNote, manner_of
from audiomusic.engines.studio.voice.neural.reading import NeuralSpeech
from audiomusic.engines.studio.voice.phonemes import PhonemeClass
from audiomusic.engines.studio.voice.reading import read_line
from audiomusic.engines.studio.voice.render import render
from audiomusic.engines.studio.voice.singers import Singer, choose_singers, find_singer
from audiomusic.engines.studio.voice.speech import Speech
from audiomusic.engines.studio.voice.syllables import find_nuclei, words_of
from audiomusic.engines.studio.voice.take import SungTake

LOWEST_MIDI, HIGHEST_MIDI = 28.0, 96.0
SHORTEST_NOTE_S = 0.05
ONSET_LEAD_S = 0.005  # how long a vowel takes to be heard
#: The same for the network, whose 50 ms frames overlap, by stress: consonants before an unstressed vowel are
#: tapped and half voiced, so they are heard as the start of the vowel.
NEURAL_LEAD_S = {0: 0.020, 1: 0.034, 2: 0.034}


def sing(
    score: Score, monitor: Monitor, workers: int = 2, lines: Sequence[int] | None = None
) -> list[VocalClip]:
    """Render the lines of `score.vocals`, or only those with an index in `lines`, and return clips in order.

    `score.voice` sings them, or each line's own singer if the score has singers. The samples depend on the
    score alone, not on `workers` or the other lines. A line that cannot be pronounced is hummed: its clip
    has no words. A line without a note inside the piece gives no clip. Raises Cancelled when the monitor is
    asked to stop.
    """
    company: list[tuple[Singer, ...]] = [(find_singer(singer.voice),) for singer in score.singers]
    company = company or [choose_singers(score.voice, score.seed)]
    clips: list[VocalClip] = []
    numbers = range(len(score.vocals)) if lines is None else lines
    with _one_thread_an_operation(), ThreadPoolExecutor(max(1, workers)) as pool:
        futures = [
            pool.submit(sing_line, score, index, company[score.vocals[index].singer]) for index in numbers
        ]
        try:
            for done, future in enumerate(futures):
                monitor.tick(done / len(futures))
                clip = future.result()
                if clip is not None:
                    clips.append(clip)
            monitor.tick(1.0)
        finally:
            for future in futures:
                future.cancel()
    return clips


@contextmanager
def _one_thread_an_operation() -> Iterator[None]:
    """Limit torch to one thread per operation: sums split over threads differ in their last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def sing_line(score: Score, index: int, singers: Sequence[Singer]) -> VocalClip | None:
    """Return the clip of `score.vocals[index]`, or None if it has no note to sing.

    All of `singers` sing a lead; only the first sings the other roles.
    """
    line = score.vocals[index]
    if len(singers) == 1 or line.role != "lead":
        return _sing_alone(score, index, singers[0], manner_of(line.style, line.role))
    manner = replace(manner_of(line.style, "double"), in_own_octave=True)
    clips = [_sing_alone(score, index, singer, manner) for singer in singers]
    return _together([clip for clip in clips if clip is not None])


def _together(clips: list[VocalClip]) -> VocalClip | None:
    """Mix several clips of one line into one that is as loud as each of them."""
    if not clips:
        return None
    start_s = min(clip.start_s for clip in clips)
    firsts = [round((clip.start_s - start_s) * SAMPLE_RATE_HZ) for clip in clips]
    samples = torch.zeros(max(first + len(c.samples) for first, c in zip(firsts, clips, strict=True)))
    for first, clip in zip(firsts, clips, strict=True):
        samples[first : first + len(clip.samples)] += clip.samples / math.sqrt(len(clips))
    return replace(clips[0], start_s=start_s, samples=samples)


def _sing_alone(score: Score, index: int, singer: Singer, manner: Manner) -> VocalClip | None:
    line = score.vocals[index]
    rng = _generator(score.seed, index, line, singer)
    notes = _notes(score, line, float(rng.uniform(*manner.late_s)), manner.longest_s)
    if not notes:
        return None
    octaves = round(((singer.low_midi + singer.high_midi) / 2 - _mean_midi(notes)) / 12)
    if manner.in_own_octave and octaves:
        notes = [note._replace(midi=note.midi + 12 * octaves) for note in notes]
    speech = read_line(line.text, line.language, score.reader, singer.variant)
    sounds = _place(speech, notes)
    take = SungTake(
        singer=singer,
        manner=manner,
        notes=notes,
        speech=speech,
        placed=sounds.placed,
        stresses=sounds.stresses,
        velocity=line.velocity,
        rest_s=notes[0].start_s - _silent_since_s(score, line),
        song_end_s=score.duration_s,
    )
    start_s, samples = render(take, rng)
    words = _sung_words(line.text, speech, sounds)
    pan = score.singers[line.singer].pan if score.singers else 0.0
    return VocalClip(start_s, samples, line.role, index, words, line.singer, pan)


def _mean_midi(notes: Sequence[SungNote]) -> float:
    return sum(note.midi for note in notes) / len(notes)


def _generator(seed: int, index: int, line: VocalLine, singer: Singer) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed} {index} {line.role} {singer.name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8]))


def _notes(score: Score, line: VocalLine, late_s: float, longest_s: float) -> list[SungNote]:
    """Return the line's notes in seconds: sorted, inside the piece, none too short to sing."""
    rows = sorted(
        row
        for row in zip(line.onsets, line.lengths, line.pitches, strict=False)
        if all(math.isfinite(value) for value in row) and row[0] >= 0
    )
    notes: list[SungNote] = []
    for onset, length, midi in rows:
        start_s = float(score.performed_seconds(onset)) + late_s
        end_s = float(score.performed_seconds(onset + max(length, 0))) + late_s
        if start_s >= score.duration_s - SHORTEST_NOTE_S:
            break
        if notes:
            start_s = max(start_s, notes[-1].start_s + SHORTEST_NOTE_S)
            notes[-1] = notes[-1]._replace(end_s=min(notes[-1].end_s, start_s))
        end_s = min(max(end_s, start_s + SHORTEST_NOTE_S), start_s + longest_s, score.duration_s)
        notes.append(SungNote(start_s, end_s, min(max(midi, LOWEST_MIDI), HIGHEST_MIDI)))
    return notes


def _silent_since_s(score: Score, line: VocalLine) -> float:
    """Return when the singer's last note in the same role before `line` ends, or the time of beat 0."""
    ends = [
        onset + length
        for other in score.vocals
        if other is not line and (other.role, other.singer) == (line.role, line.singer)
        for onset, length in zip(other.onsets, other.lengths, strict=False)
        if onset < min(line.onsets)
    ]
    return score.performed_seconds(max(ends, default=0.0))


@dataclass(frozen=True)
class _Sounds:
    placed: list[PlacedSegment]
    stresses: list[int]  # one per nucleus
    nuclei: list[int]


def _place(speech: Speech, notes: Sequence[SungNote]) -> _Sounds:
    nuclei = find_nuclei(speech.segments)
    spans = [Span(note.start_s - ONSET_LEAD_S, note.end_s) for note in notes]
    if not nuclei:
        hummed = [
            PlacedSegment(-1, PhonemeClass.SONORANT, ((span.start_s, 0.0), (span.end_s, 0.0)))
            for span in spans
        ]
        return _Sounds(hummed, [], [])
    stresses = [speech.segments[i].stress for i in nuclei]
    spans = spread_notes(spans, len(nuclei))
    if isinstance(speech, NeuralSpeech):
        spans = [_led(span, stress) for span, stress in zip(spans, stresses, strict=True)]
    return _Sounds(place(speech.segments, nuclei, spans), stresses, nuclei)


def _led(span: Span, stress: int) -> Span:
    """Start a vowel of the network early enough to be heard on its note."""
    return span._replace(start_s=span.start_s + ONSET_LEAD_S - NEURAL_LEAD_S[stress])


def _sung_words(text: str, speech: Speech, sounds: _Sounds) -> list[SungWord]:
    """Return when each word is sung: from its first phoneme to the end of its last."""
    if not sounds.nuclei:
        return []
    at = {item.segment: item for item in sounds.placed}
    words = words_of(text, speech)
    previous = [None, *(word.nuclei[-1] for word in words[:-1])]
    firsts = [
        _first_segment(speech, at, before, word.nuclei[0])
        for before, word in zip(previous, words, strict=True)
    ]
    sung = []
    for place_, word in enumerate(words):
        until = firsts[place_ + 1] if place_ + 1 < len(words) else max(at) + 1
        last = max(i for i in at if i < until)
        start_s = max(at[firsts[place_]].start_s, 0.0)
        sung.append(SungWord(start_s, max(at[last].end_s, start_s), word.text))
    return sung


def _first_segment(speech: Speech, at: dict[int, PlacedSegment], before: int | None, nucleus: int) -> int:
    """Return the first phoneme of the word sung on `nucleus`; `before` is the nucleus that precedes it."""
    if before is None:
        return min(at)
    between = [i for i in at if before < i < nucleus]
    return min([*onset_consonants(speech.segments, before, nucleus, between), nucleus])
