"""How well words are understood that the voice was never tuned to, alone and in the mix."""

from __future__ import annotations

import multiprocessing
import os
import tomllib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from audiomusic.bench.engine import listening, singing, word_judges
from audiomusic.bench.report import Report
from audiomusic.engines.base import SAMPLE_RATE_HZ, silent_monitor

LINES: tuple[str, ...] = tuple(
    tomllib.loads(Path(__file__).with_name("data").joinpath("held_out_lines.toml").read_text())["lines"]
)
QUALITY_EVERY = 3  # lines of which one is judged for its sound
HIGH_MIDI = 64  # E4: a line that goes higher by its mean counts as high
PROCESSES = 2


@dataclass(frozen=True)
class HeldOut:
    """What was heard of one song."""

    genre: str
    words: int
    stem_errors: int
    mix_errors: int
    quality_low: list[float]
    quality_high: list[float]


def hear_held_out(genre: str, singer: str) -> HeldOut:
    """Sing all LINES, and let Whisper write down each, alone and with the band."""
    score, clips = singing.sing_song(genre, singer, LINES)
    mix = import_module("audiomusic.engines.studio.mixdown").mixdown(score, clips, silent_monitor())
    mono = mix.mean(axis=0)
    lead = [clip for clip in clips if clip.role == "lead"]
    words = stem_errors = mix_errors = 0
    quality: dict[bool, list[float]] = {False: [], True: []}
    for place, clip in enumerate(lead):
        line = score.vocals[clip.line]
        sung = word_judges.words_of(line.text)
        alone = clip.samples.numpy()
        words += len(sung)
        stem_errors += word_judges.word_errors(sung, word_judges.heard_words(alone, SAMPLE_RATE_HZ))
        in_mix = mono[singing.clip_slice(clip)]
        mix_errors += word_judges.word_errors(sung, word_judges.heard_words(in_mix, SAMPLE_RATE_HZ))
        if place % QUALITY_EVERY == 0:
            is_high = bool(np.mean(line.pitches) > HIGH_MIDI)
            quality[is_high].append(word_judges.overall_quality(alone, SAMPLE_RATE_HZ))
    return HeldOut(genre, words, stem_errors, mix_errors, quality[False], quality[True])


def add_held_out(report: Report, songs: list[HeldOut]) -> None:
    words = sum(song.words for song in songs)
    report.add("held_out_word_errors_stem", sum(song.stem_errors for song in songs) / words, at_most=0.04)
    report.add("held_out_word_errors_mix", sum(song.mix_errors for song in songs) / words, at_most=0.1)
    for song in songs:
        name = song.genre.lower().replace(" ", "_")
        report.add(f"held_out_word_errors_stem_{name}", song.stem_errors / song.words)
        report.add(f"held_out_word_errors_mix_{name}", song.mix_errors / song.words)
    low = [value for song in songs for value in song.quality_low]
    high = [value for song in songs for value in song.quality_high]
    if low:
        report.add("voice_quality_to_e4", float(np.mean(low)), at_least=2.75)
    if high:
        report.add("voice_quality_above_e4", float(np.mean(high)), at_least=2.5)


def run(*, quick: bool = False) -> Report:
    """Four genres, women and men; `quick`: two."""
    listening.call_judges()
    songs = singing.SONGS[: 2 if quick else singing.QUICK_SONGS]
    report, context = Report(), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=os.nice, initargs=(10,)) as pool:
        add_held_out(report, list(pool.map(hear_held_out, *zip(*songs, strict=True))))
    return report
