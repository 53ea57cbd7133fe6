"""Drawings of the studio engine's output: one song with its score, and twenty seconds of each genre."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from audiomusic.bench.engine.music import GENRES
from audiomusic.engines.base import SongRequest, TakeResult
from audiomusic.engines.registry import load_engine

SONG = SongRequest(
    kind="song", caption="bright modern pop, female voice", query="a song about the summer",
    genre="Modern Pop", seeds=(11,), duration_s=110.0, max_duration_s=110.0,
)  # fmt: skip
GENRE_S = 20.0
GENRE_SEED = 3
RATE_HZ = 48_000
MEL_BANDS, HIGHEST_HZ = 128, 16_000
FLOOR_DB = -70.0
COLUMNS = 3

Samples = npt.NDArray[np.float32]


def draw_studio(folder: Path) -> list[Path]:
    """Draw studio-song.png and studio-genres.png. Raises ImportError without librosa or matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    return [draw_song(folder / "studio-song.png"), draw_genres(folder / "studio-genres.png")]


def make(request: SongRequest) -> TakeResult:
    """Return the request's first take."""
    takes: list[TakeResult] = []
    load_engine("studio").generate(
        request, on_progress=lambda stage, share: None, is_cancelled=lambda: False, on_take=takes.append
    )
    return takes[0]


def mel_db(samples: Samples) -> npt.NDArray[np.float32]:
    """Return [bands, frames] in dB relative to the loudest."""
    import librosa

    power = librosa.feature.melspectrogram(
        y=np.asarray(samples).mean(axis=0), sr=RATE_HZ, n_mels=MEL_BANDS, fmax=HIGHEST_HZ, hop_length=1024
    )
    found: npt.NDArray[np.float32] = librosa.power_to_db(power, ref=np.max)
    return found


def draw_song(path: Path) -> Path:
    from matplotlib import pyplot

    take = make(SONG)
    score: dict[str, Any] = take.score or {}
    figure, (names, chords, spectrum, parts) = pyplot.subplots(
        4, 1, figsize=(11, 6.6), sharex=True, height_ratios=[1, 1, 7, 6], layout="constrained"
    )
    length_s = score["duration_s"]
    kinds = {section["kind"]: None for section in score["sections"]}
    palette: Any = pyplot.get_cmap("Set2")  # has `colors`, which not every colormap has
    colours = dict(zip(kinds, palette.colors, strict=False))
    for section in score["sections"]:
        start_s, end_s = section["start_s"], section["end_s"]
        names.axvspan(start_s, end_s, color=colours[section["kind"]], ec="white")
        names.text((start_s + end_s) / 2, 0.5, section["label"], ha="center", va="center", fontsize=8)
    for start_s, end_s, name, *_ in score["chords"]:
        chords.axvline(start_s, color="silver", lw=0.6)
        chords.text((start_s + end_s) / 2, 0.5, name, ha="center", va="center", fontsize=6)
    spectrum.imshow(
        mel_db(take.samples), origin="lower", aspect="auto", cmap="magma", vmin=FLOOR_DB,
        extent=(0, length_s, 0, MEL_BANDS),
    )  # fmt: skip
    spectrum.set_ylabel("mel band")
    rows = played(score)
    for number, (name, spans) in enumerate(rows):
        parts.broken_barh(spans, (len(rows) - number - 0.9, 0.8), color=f"C{number % 10}")
        parts.text(-0.5, len(rows) - number - 0.5, name, ha="right", va="center", fontsize=7)
    for axis in (names, chords, parts):
        axis.set_yticks([])
    parts.set_xlabel("seconds")
    parts.set_xlim(0, length_s)
    figure.suptitle(f"“{score['title']}”: {score['key']}, {score['bpm']:g} bpm, {score['timesignature']}")
    figure.savefig(path, dpi=84)
    pyplot.close(figure)
    return path


def played(score: dict[str, Any]) -> list[tuple[str, list[tuple[float, float]]]]:
    """Return part -> where it sounds, as (start, length) in seconds; singers first."""
    sung: dict[str, list[tuple[float, float]]] = {}
    for line in score["vocals"]:
        spans = sung.setdefault(f"voice: {line['part'].replace('_', '-')}", [])
        spans += [(row[0], row[1]) for row in line["syllables"]]
    rows = list(sung.items())
    for track in score["tracks"]:
        name = f"{track['role']}: {track['instrument'].replace('_', ' ')}"
        rows.append((name, [(row[0], row[1]) for row in track["notes"]]))
    if score["drums"]:
        rows.append(("drums", [(row[0], 0.08) for row in score["drums"]["hits"]]))
    return rows


def draw_genres(path: Path) -> Path:
    from matplotlib import pyplot

    count = len(GENRES)
    figure, axes = pyplot.subplots(
        -(-count // COLUMNS), COLUMNS, figsize=(11, 10), sharex=True, sharey=True, layout="constrained"
    )
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    for axis, genre in zip(axes.flat, GENRES, strict=False):
        request = SongRequest(
            kind="instrumental", caption="", seeds=(GENRE_SEED,), duration_s=GENRE_S, max_duration_s=GENRE_S,
            genre=genre,
        )  # fmt: skip
        take = make(request)
        score: dict[str, Any] = take.score or {}
        axis.imshow(
            mel_db(take.samples), origin="lower", aspect="auto", cmap="magma", vmin=FLOOR_DB,
            extent=(0, GENRE_S, 0, MEL_BANDS),
        )  # fmt: skip
        who = ", ".join(dict.fromkeys(track["instrument"].replace("_", " ") for track in score["tracks"]))
        axis.set_title(f"{genre}, {score['bpm']:g} bpm", fontsize=9)
        axis.text(0.3, MEL_BANDS - 4, textwrap.fill(who, 60), va="top", fontsize=5.5, color="white")
        axis.set_yticks([])
    figure.supxlabel("seconds")
    figure.savefig(path, dpi=84)
    pyplot.close(figure)
    return path
