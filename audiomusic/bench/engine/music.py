"""How the embedded engine's music measures up: tempo, key, genre, words, level, repeatability."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from audiomusic.bench.engine import held_out, listening, singing
from audiomusic.bench.report import Report
from audiomusic.engines.base import SAMPLE_RATE_HZ, SongRequest

GENRES = (
    "Modern Pop", "Rock", "Hip Hop", "Jazz", "Classical", "Electronic", "Country", "Folk", "Blues",
    "Reggae", "Latin", "R&B", "Metal",
)  # fmt: skip
DURATION_S = 20.0
SEEDS, QUICK_SEEDS = 12, 6
TEMPO_SEEDS = 3  # of these, tempo and key also count
PROCESSES = 2
LYRICS = """[Verse]
The morning light is on the water
And every boat is drifting home
I hear you singing down the harbour
[Chorus]
Stay with me until the summer
Stay until the rivers run
"""


@dataclass(frozen=True)
class Heard:
    """The measurements of one piece."""

    genre: str
    seed: int
    digest: str
    melody: str
    metre: str
    wanted_bpm: float
    found_bpm: float
    wanted_key: str
    found_key: str
    lufs: float
    true_peak_db: float
    dc: float
    clicks: int
    length_error_s: float
    features: list[float]


def ask(genre: str, seed: int) -> SongRequest:
    """Return the request for a piece of DURATION_S, sung for odd seeds. Tempo and key are the genre's own."""
    return SongRequest(
        kind="song" if seed % 2 else "instrumental", caption="", lyrics=LYRICS if seed % 2 else "",
        seeds=(seed,), duration_s=DURATION_S, max_duration_s=DURATION_S, genre=genre,
        calculate_quality=False,
    )  # fmt: skip


def hear_piece(genre: str, seed: int) -> Heard:
    """Make one piece and measure it."""
    engine = import_module("audiomusic.engines.studio.engine").StudioEngine()
    takes: list[Any] = []
    result = engine.generate(
        ask(genre, seed),
        on_progress=lambda stage, share: None,
        is_cancelled=lambda: False,
        on_take=takes.append,
    )
    samples, outline = takes[0].samples, takes[0].score
    low = listening.resampled(samples.mean(axis=0), SAMPLE_RATE_HZ, listening.RATE_HZ)
    chroma, bpm = listening.chroma_of(low), listening.tempo_bpm(low)
    return Heard(
        genre=genre,
        seed=seed,
        digest=hashlib.sha256(samples.tobytes()).hexdigest(),
        melody=_melody(outline),
        metre=result.timesignature,
        wanted_bpm=result.bpm,
        found_bpm=bpm,
        wanted_key=result.keyscale,
        found_key=listening.key_of(chroma),
        lufs=listening.lufs(samples, SAMPLE_RATE_HZ),
        true_peak_db=listening.true_peak_db(samples),
        dc=float(np.abs(samples.mean(axis=1)).max()),
        clicks=listening.count_clicks(samples.mean(axis=0), SAMPLE_RATE_HZ),
        length_error_s=abs(samples.shape[1] / SAMPLE_RATE_HZ - DURATION_S),
        features=listening.features_of(low, chroma, bpm).tolist(),
    )


def _melody(outline: dict[str, Any]) -> str:
    """Return a hash of the notes of the lead instrument, or else of the first one, relative to the tonic."""
    tracks = sorted(outline["tracks"], key=lambda track: track["role"] != "lead")
    notes = [(note[0], note[2]) for note in tracks[0]["notes"]]
    return hashlib.sha256(str(notes).encode()).hexdigest()


def run(*, quick: bool = False) -> Report:
    listening.call_judges()
    seeds = QUICK_SEEDS if quick else SEEDS
    songs = singing.SONGS[: singing.QUICK_SONGS] if quick else singing.SONGS
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=os.nice, initargs=(10,)) as pool:
        pieces = [pool.submit(hear_piece, genre, seed) for genre in GENRES for seed in range(seeds)]
        again = [pool.submit(hear_piece, genre, 1) for genre in GENRES[:3]]
        sung = [pool.submit(singing.hear_song, *song) for song in songs]
        heard = [piece.result() for piece in pieces]
        repeated = [piece.result() for piece in again]
        report = make_report(heard, repeated, [song.result() for song in sung])
    report.include(held_out.run(quick=quick))
    return report


def make_report(heard: list[Heard], repeated: list[Heard], sung: list[singing.Sung]) -> Report:
    report = Report()
    _add_tempo_and_key(report, heard)
    _add_genres(report, heard)
    singing.add_singing(report, sung)
    _add_levels(report, heard)
    first = {(piece.genre, piece.seed): piece.digest for piece in heard}
    same = [first[piece.genre, piece.seed] == piece.digest for piece in repeated]
    report.add("same_seed_identical_share", float(np.mean(same)), at_least=1)
    melodies = {(piece.genre, piece.melody) for piece in heard}
    report.add("other_seed_other_melody_share", len(melodies) / len(heard), at_least=1)
    return report


def _add_tempo_and_key(report: Report, heard: list[Heard]) -> None:
    chosen = [piece for piece in heard if piece.seed < TEMPO_SEEDS]
    counted = [piece for piece in chosen if piece.metre in ("2/4", "4/4")]
    tempos = [listening.is_tempo(piece.found_bpm, piece.wanted_bpm) for piece in counted]
    keys = [listening.key_score(piece.found_key, piece.wanted_key) for piece in chosen]
    report.add("tempo_found_share", float(np.mean(tempos)), at_least=0.9)
    report.add("key_found_share", float(np.mean(keys)), at_least=0.8)


def _add_genres(report: Report, heard: list[Heard]) -> None:
    """Add the share of pieces whose genre is recognized; each seed is classified from the other seeds."""
    right = listening.classified(
        np.array([piece.features for piece in heard]),
        [piece.genre for piece in heard],
        [piece.seed for piece in heard],
    )
    report.add("genre_told_share", float(right.mean()), at_least=0.75)
    by_genre: dict[str, list[bool]] = defaultdict(list)
    for piece, is_right in zip(heard, right, strict=True):
        by_genre[piece.genre].append(bool(is_right))
    for genre, verdicts in by_genre.items():
        report.add(f"genre_told_{genre.lower().replace(' ', '_')}", float(np.mean(verdicts)))


def _add_levels(report: Report, heard: list[Heard]) -> None:
    report.add("lufs_error_worst", max(abs(piece.lufs + 14) for piece in heard), at_most=0.3)
    report.add("true_peak_db_worst", max(piece.true_peak_db for piece in heard), at_most=-1)
    report.add("dc_worst", max(piece.dc for piece in heard), at_most=0.001)
    report.add("clicks", sum(piece.clicks for piece in heard), at_most=0)
    report.add("length_error_s_worst", max(piece.length_error_s for piece in heard), at_most=0.05)
