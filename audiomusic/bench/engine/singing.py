"""How the embedded engine's singing measures up: words, pitch, and the onsets of vowels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from audiomusic.bench.engine import listening
from audiomusic.bench.engine.sung_lines import CHANGED_WORDS, LINES, STOPPED_LINES
from audiomusic.bench.report import Report
from audiomusic.engines.base import SAMPLE_RATE_HZ, SongRequest, silent_monitor

#: (genre, singer) in which the closed set is sung. Quick runs use the first few.
SONGS = (
    ("Modern Pop", "female"), ("Rock", "male"), ("Folk", "female"), ("Country", "male"), ("Metal", "male"),
    ("Electronic", "female"), ("Hip Hop", "male"), ("R&B", "female"), ("Jazz", "male"), ("Latin", "female"),
    ("Reggae", "male"), ("Blues", "male"), ("Classical", "female"),
)  # fmt: skip
QUICK_SONGS = 4
SEED = 3
PITCH_EVERY = 4  # measure the pitch of every fourth line, because that judge is the slowest
#: A frame counts for pitch after the glide into its note and before the glide out of it.
STEADY_AFTER_S, STEADY_SHARE = 0.05, 0.6
WORDS_HZ = (300.0, 4000.0)  # the band that distinguishes vowels and most consonants
LEAST_ABOVE_DB, MOST_ABOVE_DB = 9.0, 15.0  # lower, the words are masked; higher, the band is too quiet


@dataclass(frozen=True)
class Sung:
    """The measurements of one song."""

    genre: str
    lines: int
    stem: int  # lines recognized in the voice alone
    mix: int
    control: int  # in the band alone
    changed: int  # lines recognized among five that differ in one word, in the voice alone
    cents: list[float]  # each steady frame's distance from its written note
    late_ms: list[float]  # each vowel's delay after its note, behind a stop
    above_db: float  # level of the voice over the band in the master, in WORDS_HZ, during singing


def hear_song(genre: str, singer: str) -> Sung:
    """Sing all LINES and let the recognizer choose among them: voice alone, in the mix, band alone."""
    score, clips = sing_song(genre, singer, LINES)
    mixing = import_module("audiomusic.engines.studio.mixdown")
    mixed = mixing.mix_with_curves(score, clips, silent_monitor())
    mix = mixed.samples.mean(axis=0)
    sung = mixing.mix_part(score, clips, mixed.curves, silent_monitor(), plays=lambda player: False)
    band = mixing.mixdown(score, [], silent_monitor()).mean(axis=0)
    lead = [clip for clip in clips if clip.role == "lead"]
    wanted = [score.vocals[clip.line].text for clip in lead]
    spans = [clip_slice(clip) for clip in lead]
    voices = [clip.samples.numpy() for clip in lead]
    with listening.closed_set(LINES) as decoder:
        stem, in_mix, control = (
            sum(
                listening.heard_line(decoder, sound, SAMPLE_RATE_HZ) == text
                for text, sound in zip(wanted, sounds, strict=True)
            )
            for sounds in (voices, [mix[span] for span in spans], [band[span] for span in spans])
        )
    changed = sum(_tells_changed(text, voice) for text, voice in zip(wanted, voices, strict=True))
    cents = [error for clip in lead[::PITCH_EVERY] for error in _cents_off(score, clip)]
    voice = sung.mean(axis=0)
    above_db = level_above_db(voice, mix - voice, spans)
    return Sung(genre, len(lead), stem, in_mix, control, changed, cents, _late_ms(genre, singer), above_db)


def level_above_db(voice: listening.Array, band: listening.Array, spans: list[slice]) -> float:
    """Return how much louder one sound is than another in WORDS_HZ, over all spans together."""
    powers = [sum(_words_power(sound[span]) for span in spans) for sound in (voice, band)]
    return float(10 * np.log10(powers[0] / max(powers[1], 1e-12)))


def _words_power(mono: listening.Array) -> float:
    frequencies_hz = np.fft.rfftfreq(len(mono), 1 / SAMPLE_RATE_HZ)
    power = np.abs(np.fft.rfft(mono.astype(np.float64))) ** 2 / max(1, len(mono))
    return float(power[(frequencies_hz >= WORDS_HZ[0]) & (frequencies_hz < WORDS_HZ[1])].sum())


def sing_song(genre: str, singer: str, lines: tuple[str, ...]) -> tuple[Any, list[Any]]:
    """Return (score, clips) of a song with these lines. `singer` is a name or a kind of voice."""
    studio = "audiomusic.engines.studio"
    plan_module, voice = import_module(f"{studio}.plan"), import_module(f"{studio}.voice")
    named = voice.SINGERS.get(singer)
    request = SongRequest(
        kind="song", caption=f"{named.kind if named else singer} voice",
        lyrics="[Verse]\n" + "\n".join(lines), seeds=(SEED,), max_duration_s=240.0, genre=genre,
        timesignature="4/4",
    )  # fmt: skip
    plan = plan_module.make_plan(request, SEED)
    reader = voice.choose_reader("en")
    score = import_module(f"{studio}.compose").compose(plan, SEED, partial(voice.syllabify, reader=reader))
    score.reader = reader
    if named:
        score.voice = singer
    return score, voice.sing(score, silent_monitor(), 2)


def clip_slice(clip: Any) -> slice:
    start = max(0, round(clip.start_s * SAMPLE_RATE_HZ))
    return slice(start, start + len(clip.samples))


def changed_lines(text: str) -> list[str]:
    """Return `text` and five lines that differ from it in one word."""
    word, *others = CHANGED_WORDS[LINES.index(text)].split()
    words = text.split()
    place = words.index(word)
    return [text, *(" ".join([*words[:place], other, *words[place + 1 :]]) for other in others)]


def _tells_changed(text: str, voice: listening.Array) -> bool:
    with listening.closed_set(changed_lines(text)) as decoder:
        return listening.heard_line(decoder, voice, SAMPLE_RATE_HZ) == text


def _cents_off(score: Any, clip: Any) -> list[float]:
    """Return each steady frame's distance from the written note in cents, including vibrato."""
    times_s, f0_hz = listening.pitch_track(clip.samples.numpy(), SAMPLE_RATE_HZ)
    line = score.vocals[clip.line]
    errors: list[float] = []
    for onset, length, midi in zip(line.onsets, line.lengths, line.pitches, strict=True):
        start_s = score.performed_seconds(onset) - clip.start_s
        end_s = start_s + STEADY_SHARE * score.seconds(length)
        steady = (times_s > start_s + STEADY_AFTER_S) & (times_s < end_s) & (f0_hz > 0)
        errors.extend(np.abs(1200 * np.log2(f0_hz[steady] / (440 * 2 ** ((midi - 69) / 12)))))
    return errors


def _late_ms(genre: str, singer: str) -> list[float]:
    """Return the delay of each vowel in STOPPED_LINES, whose stops make its onset audible."""
    score, clips = sing_song(genre, singer, STOPPED_LINES)
    late: list[float] = []
    for clip in (clip for clip in clips if clip.role == "lead"):
        onsets = score.vocals[clip.line].onsets
        wanted_s = np.array([score.performed_seconds(onset) for onset in onsets]) - clip.start_s
        found_s = listening.voice_onsets_s(clip.samples.numpy(), SAMPLE_RATE_HZ, wanted_s)
        late.extend(1000 * (found_s - wanted_s))
    return late


def add_singing(report: Report, songs: list[Sung]) -> None:
    """Add the figures of all songs together, and the words in the mix for each song."""
    lines = sum(song.lines for song in songs)
    cents = np.concatenate([song.cents for song in songs])
    late_ms = np.abs(np.concatenate([song.late_ms for song in songs]))
    report.add("words_stem_share", sum(song.stem for song in songs) / lines, at_least=0.9)
    report.add("words_changed_share", sum(song.changed for song in songs) / lines, at_least=0.75)
    report.add("words_mix_share", sum(song.mix for song in songs) / lines, at_least=0.8)
    report.add("words_mix_share_worst", min(song.mix / song.lines for song in songs), at_least=0.8)
    for song in songs:
        report.add(f"words_mix_{song.genre.lower().replace(' ', '_')}", song.mix / song.lines)
    for song in songs:
        report.add(f"voice_above_band_db_{song.genre.lower().replace(' ', '_')}", song.above_db)
    above_db = [song.above_db for song in songs]
    report.add("voice_above_band_db_least", min(above_db), at_least=LEAST_ABOVE_DB)
    report.add("voice_above_band_db_most", max(above_db), at_most=MOST_ABOVE_DB)
    report.add("words_control_share", sum(song.control for song in songs) / lines, at_most=0.1)
    report.add("voice_cents_off", float(np.median(cents)), at_most=5)
    report.add("voice_cents_off_p90", float(np.percentile(cents, 90)), at_most=30)
    report.add("vowel_ms_off", float(np.median(late_ms)), at_most=10)
    report.add("vowel_ms_off_p90", float(np.percentile(late_ms, 90)), at_most=20)
