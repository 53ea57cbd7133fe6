"""Phoneme timing: each vowel starts on its note, and its consonants lead up to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from audiomusic.engines.studio.voice.phonemes import PhonemeClass, classify, is_diphthong
from audiomusic.engines.studio.voice.speech import Segment

VOWEL_DELAY_S = 0.008  # espeak's voicing starts this long after its vowel event
MOST_FOR_CONSONANTS = 0.62  # maximum share of the time between two vowel onsets
MOST_FOR_CODA = 0.4  # maximum share of a note that a rest follows
CODA_OVERHANG = 0.4  # share of the coda that sounds after the note's end
REST_S = 0.08  # a gap beyond this is a rest, not legato


class Span(NamedTuple):
    """The time span of a vowel, in song seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class PlacedSegment:
    """A phoneme in song time. `points` are (song_s, speech_s) pairs; both values increase."""

    segment: int
    kind: PhonemeClass
    points: tuple[tuple[float, float], ...]

    @property
    def start_s(self) -> float:
        return self.points[0][0]

    @property
    def end_s(self) -> float:
        return self.points[-1][0]


def spread_notes(notes: Sequence[Span], nuclei: int) -> list[Span]:
    """Return one span for each of `nuclei` syllables.

    With more notes than syllables, some syllables span several notes; with fewer, some notes are divided.
    """
    count = len(notes)
    if nuclei <= count:
        edges = [round(i * count / nuclei) for i in range(nuclei + 1)]
        return [Span(notes[a].start_s, notes[b - 1].end_s) for a, b in zip(edges, edges[1:], strict=False)]
    edges = [round(i * nuclei / count) for i in range(count + 1)]
    spans = []
    for note, (a, b) in zip(notes, zip(edges, edges[1:], strict=False), strict=True):
        step = (note.end_s - note.start_s) / (b - a)
        spans += [Span(note.start_s + i * step, note.start_s + (i + 1) * step) for i in range(b - a)]
    return spans


def place(segments: Sequence[Segment], nuclei: Sequence[int], spans: Sequence[Span]) -> list[PlacedSegment]:
    """Return every sounded phoneme in song time, in order. `spans` has one entry per nucleus."""
    sounded = [i for i, s in enumerate(segments) if classify(s.ipa) is not PhonemeClass.PAUSE]
    first, last = nuclei[0], nuclei[-1]
    placed = _lead([i for i in sounded if i < first], segments, spans[0].start_s, 1.0)
    for place_, nucleus in enumerate(nuclei[:-1]):
        following = nuclei[place_ + 1]
        between = [i for i in sounded if nucleus < i < following]
        placed += _vowel_and_cluster(segments, nucleus, following, between, spans[place_], spans[place_ + 1])
    return placed + _vowel_and_coda(segments, last, [i for i in sounded if i > last], spans[-1])


def onset_consonants(segments: Sequence[Segment], before: int, after: int, between: list[int]) -> list[int]:
    """Return the consonants in `between` (those between two nuclei) that belong to the later syllable."""
    if segments[before].word != segments[after].word:
        return [i for i in between if segments[i].word == segments[after].word]
    return between[-1:]


def _vowel_and_cluster(
    segments: Sequence[Segment],
    nucleus: int,
    following: int,
    between: list[int],
    span: Span,
    following_span: Span,
) -> list[PlacedSegment]:
    """Place a vowel and the consonants up to the next vowel: all right before it, or around a rest."""
    gap_s = following_span.start_s - span.start_s
    onset = onset_consonants(segments, nucleus, following, between)
    rest_s = following_span.start_s - span.end_s - _length(onset, segments)
    if rest_s > REST_S:
        coda = [i for i in between if i not in onset]
        return _vowel_and_coda(segments, nucleus, coda, span) + _lead(
            onset, segments, following_span.start_s, 1.0
        )
    scale = min(1.0, MOST_FOR_CONSONANTS * gap_s / max(_length(between, segments), 1e-6))
    lead = _lead(between, segments, following_span.start_s, scale)
    end_s = lead[0].start_s if lead else following_span.start_s
    return [_vowel(segments, nucleus, span.start_s, end_s), *lead]


def _vowel_and_coda(
    segments: Sequence[Segment], nucleus: int, coda: list[int], span: Span
) -> list[PlacedSegment]:
    """Place a vowel before a rest, with its coda around the note's end."""
    length_s = span.end_s - span.start_s
    inside_s = min(_length(coda, segments) * (1 - CODA_OVERHANG), MOST_FOR_CODA * length_s)
    end_s = span.end_s - inside_s
    closing = _lead(coda, segments, end_s + _length(coda, segments), 1.0)
    return [_vowel(segments, nucleus, span.start_s, end_s), *closing]


def _length(indices: Sequence[int], segments: Sequence[Segment]) -> float:
    return sum(segments[i].end_s - segments[i].start_s for i in indices)


def _lead(
    indices: Sequence[int], segments: Sequence[Segment], end_s: float, scale: float
) -> list[PlacedSegment]:
    """Place consonants back to back, the last ending at `end_s`, with lengths multiplied by `scale`."""
    placed = []
    for index in reversed(indices):
        segment = segments[index]
        start_s = end_s - scale * (segment.end_s - segment.start_s)
        last_s = segment.end_s + VOWEL_DELAY_S
        points = ((start_s, segment.start_s + VOWEL_DELAY_S), (end_s, last_s))
        placed.append(PlacedSegment(index, classify(segment.ipa), points))
        end_s = start_s
    return placed[::-1]


def _vowel(segments: Sequence[Segment], nucleus: int, start_s: float, end_s: float) -> PlacedSegment:
    """Stretch a vowel to its note: head and tail keep their natural pace, the middle is held."""
    segment = segments[nucleus]
    source_s = segment.start_s + VOWEL_DELAY_S
    natural_s = max(segment.end_s - segment.start_s, 0.02)
    length_s = end_s - start_s
    if length_s <= natural_s:
        inner = []
    elif is_diphthong(segment.ipa):  # hold the first target, glide late
        tail_s = min(0.6 * natural_s * 1.2, 0.5 * length_s)
        inner = [(0.2 * natural_s, 0.2 * natural_s), (length_s - tail_s, 0.4 * natural_s)]
    else:
        head_s, tail_s = min(0.35 * natural_s, 0.07), min(0.3 * natural_s, 0.06)
        inner = [(head_s, head_s), (length_s - tail_s, natural_s - tail_s)]
    points = [(0.0, 0.0), *inner, (length_s, natural_s)]
    return PlacedSegment(nucleus, PhonemeClass.VOWEL, tuple((start_s + t, source_s + s) for t, s in points))
