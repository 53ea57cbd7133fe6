"""The state of one order in the engine: its plan, its songs and its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import floor
from typing import Any

from audiomusic.engines.acestep.model_input import ModelInput, Sampling, frames_of, song_problems
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.conditions import (
    MOST_LYRIC_TOKENS,
    MOST_TEXT_TOKENS,
    shorten,
    texts_of,
)
from audiomusic.engines.acestep.network.model import Model
from audiomusic.engines.acestep.planner.songs import PlannedSong
from audiomusic.engines.acestep.plans import (
    NO_VOICE,
    UNKNOWN_LANGUAGE,
    UNTIMED_LYRICS,
    SongPlanner,
    prompt_bpm,
    prompt_caption,
    prompt_key,
    prompt_metre,
    sampling_facts,
    sampling_of,
)
from audiomusic.engines.acestep.variants import Trial
from audiomusic.engines.base import (
    SAMPLE_RATE_HZ,
    AudioTask,
    Cancelled,
    EngineError,
    Monitor,
    Order,
    Retake,
    SongResult,
    TakeResult,
)

PLANNED = 0.03  # share of a song's progress at which planning is done
RENDERED = 0.95
LEAST_FRAMES = 128  # 5.12 s


@dataclass
class BatchOrder:
    """An order and its plan. It ends exactly once, with a result or an error."""

    order: Order
    songs: list[ModelInput]
    sampling: Sampling
    result: SongResult
    done: int = 0
    is_open: bool = field(default=True)

    def is_wanted(self) -> bool:
        """Return whether to continue; ends the order here if the user cancelled it."""
        if self.is_open and self.order.is_cancelled():
            self.fail(Cancelled())
        return self.is_open

    def report(self, takes: float) -> None:
        """Report progress. `takes`: how many takes beyond `done` are rendered, such as 0.5."""
        share = min(1.0, (self.done + takes) / len(self.songs))
        self.order.on_progress("rendering", PLANNED + (RENDERED - PLANNED) * share)

    def take_done(self, finish: Callable[[], TakeResult]) -> None:
        self.done += 1
        self.order.on_take(finish)
        if self.done == len(self.songs):
            self.is_open = False
            self.order.on_result(self.result)

    def fail(self, error: Exception) -> None:
        if self.is_open:
            self.is_open = False
            self.order.on_error(error)


Take = tuple[BatchOrder, int]  # the order, and the index of its take


def prepare(model: Model, planner: SongPlanner, order: Order, trials: tuple[Trial, ...] = ()) -> BatchOrder:
    """Plan the order's songs. Raises EngineError for anything these weights cannot make."""
    request, audio = order.request, order.audio
    monitor = Monitor(order.on_progress, order.is_cancelled).span("planning", 0, PLANNED)
    retake = audio.retake if audio else None
    plan = planner.plan_song(request, monitor, codes=audio is None or retake is not None)
    notes = dict(plan.not_applied)
    is_timed = request.generate_lrc and bool(plan.lyrics.strip())
    if is_timed and not model.facts.lyric_heads:
        notes["generate_lrc"], is_timed = UNTIMED_LYRICS, False
    sampling = sampling_of(request, model.facts.variant, notes, trials)
    song = replace(_song(model, order, plan, notes), is_timed=is_timed)
    if retake is None:
        songs = [_take(model, song, plan, audio, number, seed) for number, seed in enumerate(request.seeds)]
    else:
        songs = _retakes(model, song, plan, request.seeds, retake)
    problems = song_problems(
        songs[0], model.facts.variant, model.most_frames, has_audio_tokens=model.facts.has_audio_tokens
    )
    if problems:
        raise EngineError(" ".join(problems), "not_possible")
    return BatchOrder(order, songs, sampling, _result(model, order, plan, song, sampling, notes))


def _song(model: Model, order: Order, plan: PlannedSong, notes: dict[str, str]) -> ModelInput:
    """Build the input that all takes share, with its texts truncated to what the encoders read."""
    source = order.audio.source if order.audio else None
    duration_s = plan.duration_s if source is None else source.shape[1] / SAMPLE_RATE_HZ
    samples = round(duration_s * model.sample_rate_hz)
    song = ModelInput(
        caption=prompt_caption(order.request, plan.caption),
        lyrics=plan.lyrics.strip() or NO_VOICE,
        language=plan.language or UNKNOWN_LANGUAGE,
        seed=order.request.seeds[0],
        samples=samples,
        frames=frames_of(samples, model.hop) if source is not None else _room(samples, model),
        duration_s=duration_s,
        bpm=prompt_bpm(plan.bpm),
        keyscale=prompt_key(plan.keyscale),
        timesignature=prompt_metre(plan.timesignature),
        task=order.audio.task if order.audio else "text2music",
        tracks=order.audio.tracks if order.audio else (),
        cover_strength=order.audio.cover_strength if order.audio else 1.0,
    )
    return _fitted(model, song, notes)


def _room(samples: int, model: Model) -> int:
    """Return the number of frames to generate. The model was not trained on anything shorter than
    LEAST_FRAMES; frames beyond the song are cut off."""
    return max(LEAST_FRAMES, frames_of(samples, model.hop))


def _fitted(model: Model, song: ModelInput, notes: dict[str, str]) -> ModelInput:
    frame, lyric_frame = texts_of(model, replace(song, caption="", lyrics=""))
    caption, lost = shorten(model, song.caption, frame, MOST_TEXT_TOKENS)
    if lost:
        notes["caption"] = f"It is too long for the model: its last {lost} tokens were not read."
    lyrics, lost = shorten(model, song.lyrics, lyric_frame, MOST_LYRIC_TOKENS)
    if lost:
        notes["lyrics"] = f"They are too long for the model: the last {lost} tokens were not sung."
    return replace(song, caption=caption, lyrics=lyrics)


def _take(
    model: Model, song: ModelInput, plan: PlannedSong, audio: AudioTask | None, number: int, seed: int
) -> ModelInput:
    extra: dict[str, Any] = {"seed": seed}
    if plan.codes and audio is None:
        extra["codes"] = plan.codes[number]
    if audio is not None and audio.source is not None:
        extra["source"] = vae.encode(model, vae.to_model(model, audio.source), seed)
        extra["windows"] = tuple(_window(model, song, window_s) for window_s in audio.windows_s)
    if audio is not None and audio.reference is not None:
        extra["reference"] = vae.encode_reference(model, vae.to_model(model, audio.reference), seed)
    return replace(song, **extra)


def _retakes(
    model: Model, song: ModelInput, plan: PlannedSong, seeds: Sequence[int], retake: Retake
) -> list[ModelInput]:
    old = retake.take - 1
    again = _take(model, song, plan, None, old, seeds[old])
    return [replace(again, seed=seed, old_seed=seeds[old], variance=retake.variance) for seed in retake.seeds]


def _window(model: Model, song: ModelInput, window_s: tuple[float, float]) -> tuple[int, int]:
    """Return the window in frames, as ACE-Step counts them: rounded down, at least one frame."""
    start_s, stop_s = window_s
    start, stop = _whole_frames(model, start_s), song.frames
    if 0 < stop_s < song.duration_s:
        stop = max(_whole_frames(model, stop_s), start + (stop_s > start_s))
    return start, stop


def _whole_frames(model: Model, time_s: float) -> int:
    return floor(round(time_s * model.frames_per_s, 6))  # 1.16 s is 29 frames, not 28.999…


def _result(
    model: Model, order: Order, plan: PlannedSong, song: ModelInput, sampling: Sampling, notes: dict[str, str]
) -> SongResult:
    retake = order.audio.retake if order.audio else None
    prompt_fields = {
        "caption": song.caption, "bpm": song.bpm, "keyscale": song.keyscale, "language": song.language,
        "timesignature": song.timesignature, "duration_s": song.duration_s, "task": song.task,
    }  # fmt: skip
    return SongResult(
        effective={
            "seeds": list(retake.seeds if retake else order.request.seeds),
            "model": {
                "variant": model.facts.variant.name, "folder_name": model.facts.name,
                "device": str(model.device), "dtype": str(model.dtype).removeprefix("torch."),
                "quantization": model.quantization,
            },
            "sampling": sampling_facts(sampling),
            "told": prompt_fields,
        },
        caption=plan.caption,
        lyrics=plan.lyrics,
        bpm=plan.bpm,
        keyscale=plan.keyscale,
        timesignature=plan.timesignature,
        vocal_language=plan.language,
        not_applied=notes,
        title=plan.title,
    )  # fmt: skip


def together(works: Sequence[BatchOrder]) -> dict[Sampling, list[Take]]:
    """Group the takes by sampling settings, keeping their order."""
    groups: dict[Sampling, list[Take]] = {}
    for work in works:
        groups.setdefault(work.sampling, []).extend((work, number) for number in range(len(work.songs)))
    return groups


def batches(takes: Sequence[Take], most_frames: float) -> Iterator[list[Take]]:
    """Yield the takes in order, as many per batch as fit into `most_frames`, padding included."""
    batch: list[Take] = []
    longest = 0
    for take in takes:
        frames = take[0].songs[take[1]].frames
        if batch and max(longest, frames) * (len(batch) + 1) > most_frames:
            yield batch
            batch, longest = [], 0
        batch.append(take)
        longest = max(longest, frames)
    if batch:
        yield batch
