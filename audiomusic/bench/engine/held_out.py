"""How intelligible the voice is for words that it was never tuned on, alone and in the mix."""

from __future__ import annotations

import multiprocessing
import os
import tomllib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from audiomusic.bench.engine import listening, singing, word_judges
from audiomusic.bench.report import Report
from audiomusic.engines.base import SAMPLE_RATE_HZ, silent_monitor

#: The newest set: the older ones have been scored, so later fixes may have been tuned to them.
LINES_FILE = "held_out_lines_2.toml"
LINES: tuple[str, ...] = tuple(
    tomllib.loads(Path(__file__).with_name("data").joinpath(LINES_FILE).read_text())["lines"]
)
WAYS = 20  # lines among which the recognizer chooses
QUALITY_EVERY = 3  # judge the sound quality of every third line
HIGH_MIDI = 64  # E4: a line whose mean pitch is higher counts as high
PROCESSES = 2
#: (genre, singer), two of each sex.
SONGS = (("Modern Pop", "nora"), ("Rock", "arlo"), ("Folk", "cleo"), ("Country", "milo"))
QUICK_SONGS = 2


@dataclass(frozen=True)
class HeldOut:
    """The results of one song: `errors` and `recognised` are (alone, in the mix)."""

    genre: str
    words: int
    errors: tuple[int, int]
    choices: int  # lines that the recognizer had to tell from the others
    recognised: tuple[int, int]
    quality_low: list[float]
    quality_high: list[float]


def hear_held_out(genre: str, singer: str) -> HeldOut:
    """Sing all LINES. Whisper transcribes each, alone and with the band, and pocketsphinx chooses among WAYS
    lines.
    """
    score, clips = singing.sing_song(genre, singer, LINES)
    mono = import_module("audiomusic.engines.studio.mixdown").mixdown(score, clips, silent_monitor()).mean(0)
    lead = [clip for clip in clips if clip.role == "lead"]
    texts = [score.vocals[clip.line].text for clip in lead]
    alone = [clip.samples.numpy() for clip in lead]
    mixed = [mono[singing.clip_slice(clip)] for clip in lead]
    judged = range(0, len(lead), QUALITY_EVERY)
    is_high = [float(np.mean(score.vocals[clip.line].pitches)) > HIGH_MIDI for clip in lead]
    quality = {place: word_judges.overall_quality(alone[place], SAMPLE_RATE_HZ) for place in judged}
    return HeldOut(
        genre=genre,
        words=sum(len(word_judges.words_of(text)) for text in texts),
        errors=(_errors(texts, alone), _errors(texts, mixed)),
        choices=sum(text in LINES[:WAYS] for text in texts),
        recognised=(_recognised(texts, alone), _recognised(texts, mixed)),
        quality_low=[value for place, value in quality.items() if not is_high[place]],
        quality_high=[value for place, value in quality.items() if is_high[place]],
    )


def _errors(texts: Sequence[str], sounds: Sequence[listening.Array]) -> int:
    """Count the words that Whisper gets wrong."""
    return sum(
        word_judges.word_errors(word_judges.words_of(text), word_judges.heard_words(sound, SAMPLE_RATE_HZ))
        for text, sound in zip(texts, sounds, strict=True)
    )


def _recognised(texts: Sequence[str], sounds: Sequence[listening.Array]) -> int:
    """Count how many of the first WAYS lines pocketsphinx, which knows all of them, recognizes."""
    with listening.closed_set(LINES[:WAYS]) as decoder:
        return sum(
            listening.heard_line(decoder, sound, SAMPLE_RATE_HZ) == text
            for text, sound in zip(texts, sounds, strict=True)
            if text in LINES[:WAYS]
        )


def add_held_out(report: Report, songs: Sequence[HeldOut]) -> None:
    """Add the figures of all songs together and of each, and the lines recognized in the worst one."""
    words = sum(song.words for song in songs)
    for place, (where, most, least) in enumerate((("stem", 0.04, 0.97), ("mix", 0.1, 0.85))):
        report.add(
            f"held_out_word_errors_{where}", sum(song.errors[place] for song in songs) / words, at_most=most
        )
        worst = min(song.recognised[place] / song.choices for song in songs)
        report.add(f"held_out_recognised_{where}_worst", worst, at_least=least)
        for song in songs:
            name = song.genre.lower().replace(" ", "_")
            report.add(f"held_out_word_errors_{where}_{name}", song.errors[place] / song.words)
            report.add(f"held_out_recognised_{where}_{name}", song.recognised[place] / song.choices)
    low = [value for song in songs for value in song.quality_low]
    high = [value for song in songs for value in song.quality_high]
    if low:
        report.add("voice_quality_to_e4", float(np.mean(low)), at_least=2.75)
    if high:
        report.add("voice_quality_above_e4", float(np.mean(high)), at_least=2.5)


def run(*, quick: bool = False) -> Report:
    """Measure four genres with two women and two men; `quick` measures two."""
    listening.call_judges()
    songs = SONGS[: QUICK_SONGS if quick else None]
    report, context = Report(), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=os.nice, initargs=(10,)) as pool:
        add_held_out(report, list(pool.map(hear_held_out, *zip(*songs, strict=True))))
    return report
