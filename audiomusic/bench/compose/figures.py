"""Figures of the embedded engine's scores; nothing is rendered."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from audiomusic.bench.compose.band import add_chords, add_drums, add_players, home_chords, raised_by
from audiomusic.bench.compose.tunes import (
    EPS,
    SungTune,
    TuneNote,
    entropy_bits,
    gap_steps,
    phrases_of,
    share,
    tune_distance,
)
from audiomusic.bench.report import Report
from audiomusic.engines.base import SongRequest
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.harmony import chord_at, classes_of
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import Score, Syllable
from audiomusic.engines.studio.voice import syllabify

SEEDS = 16
FIRST_SEED = 92001  # far from any seed used while developing the composer; change it after tuning on these
DURATION_S = 120.0
QUERIES = (
    "a lighthouse", "my grandmother's kitchen", "the last bus", "snow in april", "wild horses",
    "a promise", "the colour of your eyes",
)  # fmt: skip
#: The genres nearest to the real songs with which melodies are compared.
SUNG_GENRES = ("modern-pop", "rock", "folk", "country", "rnb", "reggae")
ON_THE_BEAT_GENRES = ("folk", "classical", "cinematic")
SPOKEN_GENRES = ("hip-hop",)
HELD_QUARTERS = 0.5
SOLO_KINDS = ("solo", "breakdown")


@dataclass(frozen=True)
class Written:
    """A composed song, with the stresses of its words."""

    genre: str
    score: Score
    syllables: dict[str, list[Syllable]]

    @cached_property
    def lead(self) -> list[tuple[list[TuneNote], list[int]]]:
        """Each sung line of the lead: its notes in the home key, and its stresses."""
        return [
            (
                [
                    TuneNote(onset, length, round(pitch) - raised_by(self.score, onset))
                    for onset, length, pitch in zip(line.onsets, line.lengths, line.pitches, strict=True)
                ],
                [syllable.stress for syllable in self.syllables[line.text]],
            )
            for line in self.score.vocals
            if line.role == "lead" and line.style == "sing"
        ]

    @cached_property
    def tune(self) -> SungTune:
        notes = sorted(note for line, _ in self.lead for note in line)
        metre = self.score.metre
        return SungTune(notes, home_chords(self.score), self.score.key, metre.bar_quarters, metre.quarter_s)


def run(seeds: int = SEEDS) -> Report:
    """Compose `seeds` songs of every genre, with lyrics by the lyricist, and measure them."""
    chosen = range(FIRST_SEED, FIRST_SEED + seeds)
    songs = [write_song(genre, seed) for genre in load_genres() for seed in chosen]
    return make_report(songs, [write_song(genre, seed, "rap") for genre in SPOKEN_GENRES for seed in chosen])


def write_song(genre: str, seed: int, kind: Literal["song", "rap"] = "song") -> Written:
    heard: dict[str, list[Syllable]] = {}

    def listen(texts: Sequence[str], language: str) -> list[list[Syllable]]:
        found = syllabify(texts, language)
        heard.update(zip(texts, found, strict=True))
        return found

    request = SongRequest(
        kind=kind, caption="", query=QUERIES[seed % len(QUERIES)], write_lyrics=True, seeds=(seed,),
        duration_s=DURATION_S, max_duration_s=DURATION_S, genre=load_genres()[genre].name,
    )  # fmt: skip
    return Written(genre, compose(make_plan(request, seed), seed, listen), heard)


def make_report(songs: Sequence[Written], raps: Sequence[Written] = ()) -> Report:
    report = Report()
    _add_tunes(report, songs)
    _add_starts(report, songs)
    _add_anticipation(report, songs)
    add_chords(report, [song.score for song in songs])
    add_drums(report, [song.score for song in songs])
    add_players(report, [song.score for song in songs])
    _add_form(report, songs)
    _add_bars(report, songs, raps)
    return report


def _add_tunes(report: Report, songs: Sequence[Written]) -> None:
    distance, by_figure = tune_distance(song.tune for song in songs if song.genre in SUNG_GENRES)
    report.add("tune_distance", distance, at_most=0.45)
    for name, off in by_figure.items():
        report.add(f"tune_z_{name}", off)
    sung = [song for song in songs if song.lead]
    report.add("rhythm_likeness_worst", max(rhythm_likeness(sung).values()), at_most=0.55)
    report.add("rhythm_likeness", float(np.mean(list(rhythm_likeness(sung).values()))))
    report.add("held_clashes_pct", share(flag for song in sung for flag in _held_clashes(song)), at_most=5)


def rhythm_likeness(songs: Sequence[Written]) -> dict[str, float]:
    """Return genre -> how alike two songs are in trigrams of onset gaps, as the mean cosine similarity."""
    counts: dict[str, list[Counter[tuple[int, ...]]]] = defaultdict(list)
    for song in songs:
        rows = [gap_steps(phrase) for phrase in phrases_of(song.tune.notes)]
        threes = (three for row in rows for three in zip(row, row[1:], row[2:], strict=False))
        counts[song.genre].append(Counter(threes))
    return {
        genre: float(np.mean([_cosine(one, two) for one, two in itertools.combinations(found, 2)]))
        for genre, found in counts.items()
        if len(found) > 1
    }


def _cosine(one: Counter[tuple[int, ...]], two: Counter[tuple[int, ...]]) -> float:
    length = np.sqrt(sum(n * n for n in one.values()) * sum(n * n for n in two.values()))
    return sum(count * two[three] for three, count in one.items()) / float(length) if length else 0.0


def _held_clashes(song: Written) -> list[bool]:
    """Return for each note of an eighth or longer whether it clashes a semitone away from a chord tone."""
    chords = home_chords(song.score)
    held = [note for line, _ in song.lead for note in line if note.length >= HELD_QUARTERS]
    return [_is_clash(note.pitch, classes_of(chord_at(chords, note.onset))) for note in held]


def _is_clash(pitch: int, classes: frozenset[int]) -> bool:
    beside = {(pitch - 1) % 12, (pitch + 1) % 12}
    return pitch % 12 not in classes and bool(beside & classes)


def _add_starts(report: Report, songs: Sequence[Written]) -> None:
    starts = [
        (stresses[0] == 0, abs(notes[0].onset % song.score.metre.bar_quarters) < EPS)
        for song in songs
        for notes, stresses in song.lead
    ]
    report.add("unstressed_on_one_pct", share(on_one for is_soft, on_one in starts if is_soft), at_most=10)
    report.add("lines_on_one_pct", share(on_one for _, on_one in starts), at_most=30)
    places = [_start_entropy(song) for song in songs if song.lead]
    report.add("start_entropy_bits", float(np.mean(places)), at_least=1.7)


def _start_entropy(song: Written) -> float:
    bar = song.score.metre.bar_quarters
    return entropy_bits(round(notes[0].onset % bar * 2) / 2 % bar for notes, _ in song.lead)


def _add_anticipation(report: Report, songs: Sequence[Written]) -> None:
    by_genre: dict[str, list[bool]] = defaultdict(list)
    for song in songs:
        for notes, stresses in song.lead:
            by_genre[song.genre] += anticipations(notes, stresses)
    for genre, flags in by_genre.items():
        if flags and genre not in SPOKEN_GENRES:
            on_the_beat = genre in ON_THE_BEAT_GENRES
            report.add(
                f"anticipated_pct_{genre}", share(flags), at_least=None if on_the_beat else 20,
                at_most=5 if on_the_beat else 35,
            )  # fmt: skip


def anticipations(notes: Sequence[TuneNote], stresses: Sequence[int]) -> list[bool]:
    """Return for each stressed syllable whether it comes up to an eighth before a beat that stays empty."""
    taken = {round(note.onset * 4) for note in notes}
    steps = [round(note.onset * 4) for note, stress in zip(notes, stresses, strict=True) if stress >= 2]
    return [step % 4 >= 2 and step - step % 4 + 4 not in taken for step in steps]


def _add_form(report: Report, songs: Sequence[Written]) -> None:
    sung = [song for song in songs if song.lead]
    forms = {tuple(dict.fromkeys(line.section for line in song.score.vocals)) for song in sung}
    report.add("written_forms", len(forms), at_least=6)
    solos = share(any(part.kind in SOLO_KINDS for part in song.score.sections) for song in sung)
    report.add("songs_with_solo_pct", solos, at_least=40, at_most=60)
    heights = [height for song in sung if (height := _chorus_height(song.score)) is not None]
    report.add("chorus_above_verse_semitones", float(np.mean(heights)))


def _add_bars(report: Report, songs: Sequence[Written], raps: Sequence[Written]) -> None:
    blues = [bars for song in songs if song.genre == "blues" for bars in _sung_bars(song.score, ("verse",))]
    if blues:
        report.add("sung_blues_in_twelve_pct", share(abs(bars - 12) < EPS for bars in blues), at_least=70)
    spoken = [bars for song in raps for bars in _sung_bars(song.score, ("verse", "chorus"))]
    if spoken:
        report.add("rap_in_fours_pct", share(abs(bars % 4) < EPS for bars in spoken), at_least=100)


def _sung_bars(score: Score, kinds: Sequence[str]) -> list[float]:
    """Return the bars of each section of these kinds in which the lead begins a line, except the last
    section, which rings on.
    """
    starts = [line.onsets[-1] for line in score.vocals if line.role == "lead"]
    return [
        section.length / score.metre.bar_quarters
        for section in score.sections[:-1]
        if section.kind in kinds
        and any(section.onset <= start < section.onset + section.length for start in starts)
    ]


def _chorus_height(score: Score) -> float | None:
    """Return how many semitones choruses lie above verses on average; None if either is missing."""
    chorus, verse = (_mean_pitch(score, label) for label in ("Chorus", "Verse"))
    return None if chorus is None or verse is None else chorus - verse


def _mean_pitch(score: Score, label: str) -> float | None:
    sung = [line for line in score.vocals if line.role == "lead" and line.style == "sing"]
    lines = [line for line in sung if line.section.startswith(label)]
    pitches = [pitch for line in lines for pitch in line.pitches]
    return float(np.mean(pitches)) if pitches else None
