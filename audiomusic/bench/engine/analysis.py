"""`manage.py bench analysis`: the accuracy of the analysis for audio with a known score, and its time.

The analysis was tuned on seeds from 1000; the benchmark uses lower ones.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from audiomusic.bench.engine.tools import LYRICS
from audiomusic.bench.report import Report
from audiomusic.engines.base import SongRequest, TakeResult
from audiomusic.engines.encoding import encode
from audiomusic.engines.foreign.analyser import analyse_file
from audiomusic.engines.foreign.bounds import DecodeBounds
from audiomusic.engines.theory import parse_key, pitch_class

SONGS, QUICK_SONGS = 30, 6
DURATION_S, LONG_S = 40.0, 180.0
METRES = {4: "3/4", 9: "6/8"}  # number in each ten songs -> metre; the other songs choose
TEMPO_TOLERANCE = 0.02
OCTAVES = (0.5, 1.0, 2.0)
MOST_LONG_S = 25.0


class Understood(NamedTuple):
    """Which results of one song are correct; `chords` is the share of its bars."""

    tempo: bool
    tempo_and_octave: bool
    key: bool
    metre: bool
    chords: float


def run(*, quick: bool = False) -> Report:
    report = Report()
    count = QUICK_SONGS if quick else SONGS
    songs = [judge(make(number, DURATION_S)) for number in range(count)]
    report.add("tempo within 2 %, or twice or half", _share(song.tempo for song in songs), at_least=0.9)
    report.add(
        "tempo within 2 %, octave and all", _share(song.tempo_and_octave for song in songs), at_least=0.9
    )
    report.add("key", _share(song.key for song in songs), at_least=0.8)
    report.add("metre", _share(song.metre for song in songs), at_least=0.8)
    report.add("chord's root, by bar", _share(song.chords for song in songs), at_least=0.7)
    with _file(make(1, LONG_S / 4 if quick else LONG_S)) as path:
        began_at = time.perf_counter()
        analyse_file(path, DecodeBounds())
        report.add("three minutes analysed, s", time.perf_counter() - began_at, at_most=MOST_LONG_S)
    return report


def make(number: int, duration_s: float) -> TakeResult:
    """Return a song to encode as MP3; every third one has no singing."""
    genres = sorted(import_module("audiomusic.engines.studio.compose.genres").load_genres())
    genre, is_sung = genres[number * 7 % len(genres)], number % 3 != 2
    takes: list[TakeResult] = []
    import_module("audiomusic.engines.studio.engine").StudioEngine().generate(
        SongRequest(
            kind="song" if is_sung else "instrumental", caption=genre, genre=genre, seeds=(number,),
            lyrics=LYRICS if is_sung else "", duration_s=duration_s, max_duration_s=duration_s,
            timesignature=METRES.get(number % 10), calculate_quality=False,
        ),
        on_progress=lambda stage, share: None,
        is_cancelled=lambda: False,
        on_take=takes.append,
    )  # fmt: skip
    return takes[0]


@contextmanager
def _file(take: TakeResult) -> Iterator[Path]:
    """Yield the song as a temporary MP3 file."""
    with tempfile.TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / "song.mp3"
        encode(take.samples, path, "mp3")
        yield path


def judge(take: TakeResult) -> Understood:
    score: Mapping[str, Any] = take.score or {}
    with _file(take) as path:
        found = analyse_file(path, DecodeBounds())
    ratio = found["bpm"] / score["bpm"]
    return Understood(
        any(abs(ratio * octave - 1) <= TEMPO_TOLERANCE for octave in OCTAVES),
        abs(ratio - 1) <= TEMPO_TOLERANCE,
        parse_key(found["keyscale"]).key == parse_key(score["key"]).key,
        found["timesignature"] == score["timesignature"],
        roots_right(score, found["chords"]),
    )


def roots_right(score: Mapping[str, Any], chords: list[list[Any]]) -> float:
    """Return the share of the score's bars whose longest root was found."""
    beats, unit = (int(figure) for figure in score["timesignature"].split("/"))
    bar_s = score["quarter_s"] * beats * 4 / unit
    wanted, found = [_rooted(chord) for chord in score["chords"]], [_rooted(chord) for chord in chords]
    bars = [number * bar_s for number in range(int(score["duration_s"] / bar_s))]
    pairs = [
        (_root_in(wanted, start, start + bar_s), _root_in(found, start, start + bar_s)) for start in bars
    ]
    return _share(one == other for one, other in pairs if one is not None)


def _rooted(chord: list[Any]) -> tuple[float, float, int]:
    name = chord[2]
    return chord[0], chord[1], pitch_class(name[: 2 if name[1:2] in ("#", "b") else 1])


def _root_in(chords: list[tuple[float, float, int]], start: float, stop: float) -> int | None:
    held: dict[int, float] = {}
    for begins, ends, root in chords:
        overlap = min(ends, stop) - max(begins, start)
        if overlap > 0:
            held[root] = held.get(root, 0.0) + overlap
    return max(held, key=lambda root: held[root]) if held else None


def _share(values: Any) -> float:
    listed = [float(value) for value in values]
    return sum(listed) / max(1, len(listed))
