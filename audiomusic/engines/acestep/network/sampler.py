"""Denoises many songs at once, each as if it were alone.

The pipeline's own loop shares tempo, source, window and noise between the songs of a batch and lets them
attend to each other's padding. This one keeps all of that separate and matches it for a single song. Noise is
drawn on the CPU from each song's seed, so that every device starts from the same noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin

import torch
from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer, normalized_guidance
from torch import Tensor

from audiomusic.engines.acestep.model_input import PATCH, ModelInput, Sampling
from audiomusic.engines.acestep.network.conditions import Conditions, encode_conditions, outline
from audiomusic.engines.acestep.network.correction import corrected
from audiomusic.engines.acestep.network.guidance import angle_guidance
from audiomusic.engines.acestep.network.model import Model
from audiomusic.engines.base import Cancelled

MOMENTUM, NORM_THRESHOLD = -0.75, 2.5  # of adaptive projected guidance, as ACE-Step sets them

StepReport = Callable[[int, int], None]  # steps done, total steps
_Counts = tuple[list[int], list[int], int]  # frames and tokens of each song, padded token count
Dropped = Callable[[], frozenset[int]]  # indices of songs that are no longer wanted


def noise_levels(steps: int, shift: float) -> Tensor:
    """Return the noise levels at the boundaries of the steps: float32 [steps + 1], 1 down to 0."""
    level = torch.linspace(1.0, 0.0, steps + 1)
    return level if shift == 1.0 else shift * level / (1 + (shift - 1) * level)


class _Noise:
    """A song's noise, from its seed. A retake's noise is the original's rotated towards another on a sphere,
    so that its variance is unchanged."""

    def __init__(self, song: ModelInput) -> None:
        parts = [(1.0, song.seed)]
        if song.old_seed is not None:
            turn = song.variance * pi / 2
            parts = [(cos(turn), song.old_seed), (sin(turn), song.seed)]
        self._parts = [(share, torch.Generator().manual_seed(seed)) for share, seed in parts if share]

    def draw(self, frames: int, channels: int) -> Tensor:
        """Draw the next noise: float32 [frames, channels]."""
        drawn = [share * torch.randn(frames, channels, generator=each) for share, each in self._parts]
        return torch.stack(drawn).sum(0) if len(drawn) > 1 else drawn[0]


@dataclass
class _Batch:
    """The state that changes from step to step; the first axis of every tensor is the songs still wanted.
    Counts are kept on the host, since reading them from a GPU would force a synchronization. `heard`: see
    `_heard`."""

    places: list[int]
    frames: list[int]
    tokens: list[int]
    noises: list[_Noise]
    latents: Tensor
    outlines: Tensor
    states: Tensor
    momentum: MomentumBuffer
    heard: Tensor | None = None
    kept: Tensor | None = None  # True: keep the source; [songs, frames, 1]
    sources: Tensor | None = None
    noise: Tensor | None = None  # the initial noise, if a source is kept

    def __post_init__(self) -> None:
        self.heard = self._heard()

    def keep(self, rows: list[int]) -> None:
        index = torch.tensor(rows, device=self.latents.device)
        for name in ("latents", "outlines", "states", "kept", "sources", "noise"):
            if (tensor := getattr(self, name)) is not None:
                setattr(self, name, tensor[index])
        for name in ("places", "frames", "tokens", "noises"):
            setattr(self, name, [getattr(self, name)[row] for row in rows])
        if isinstance(self.momentum.running_average, Tensor):
            self.momentum.running_average = self.momentum.running_average[index]
        self.heard = self._heard()

    def _heard(self) -> Tensor | None:
        """Return True for a song's frames and False for its padding: [songs, frames, 1]. None if nothing is
        padded."""
        mask = _mask_of(self.frames, self.latents)
        return None if mask is None else mask[..., None]


@torch.no_grad()
def denoise(
    model: Model, songs: Sequence[ModelInput], sampling: Sampling, *, on_step: StepReport, dropped: Dropped
) -> dict[int, Tensor]:
    """Return the latents [frames, channels], float32, of each song still wanted, by its index in `songs`.
    Raises Cancelled once none is left."""
    batch = _begin(model, songs, sampling)
    plain = _plain_conditions(model, songs)
    levels = noise_levels(sampling.steps, sampling.shift)
    masked: _Counts | None = None
    try:
        with model.at_work("transformer"):
            for step in range(sampling.steps):
                _drop(batch, dropped())
                _let_go(model, batch, songs, plain, step, sampling)
                counts = _counts(batch, twice=_is_guided(sampling, float(levels[step])))
                if counts != masked:  # rare: each time, the masks have to be sent to a GPU
                    _mask(model, batch, counts)
                    masked = counts
                velocity = _velocity(model, batch, sampling, float(levels[step]))
                _advance(model, batch, velocity, levels[step], levels[step + 1], sampling)
                _keep_sources(batch, levels[step + 1])
                on_step(step + 1, sampling.steps)
    finally:
        model.masks.clear()
    _drop(batch, dropped())
    return {
        place: latents[: songs[place].frames]
        for place, latents in zip(batch.places, batch.latents, strict=True)
    }


def _begin(model: Model, songs: Sequence[ModelInput], sampling: Sampling) -> _Batch:
    longest = max(song.frames for song in songs)
    noises = [_Noise(song) for song in songs]
    conditions = encode_conditions(model, songs)
    frames = [song.frames for song in songs]
    is_open = "mask" in sampling.trials
    batch = _Batch(
        places=list(range(len(songs))),
        frames=frames,
        tokens=conditions.mask.sum(1).tolist(),
        noises=noises,
        latents=_draw(model, noises, frames, longest),
        outlines=torch.stack([_padded(outline(model, song, is_open=is_open), longest) for song in songs]),
        states=conditions.states.clone(),
        momentum=MomentumBuffer(momentum=MOMENTUM),
    )
    if sampling.keeps_source and any(_keeps(song) for song in songs):
        _note_sources(model, batch, songs, longest)
    return batch


def _keeps(song: ModelInput) -> bool:
    return song.task == "repaint" and song.source is not None and bool(song.windows)


def _note_sources(model: Model, batch: _Batch, songs: Sequence[ModelInput], longest: int) -> None:
    kept = torch.zeros(len(songs), longest, 1, dtype=torch.bool)
    sources = torch.zeros_like(batch.latents)
    for row, song in enumerate(songs):
        if _keeps(song):
            assert song.source is not None
            length = min(song.frames, len(song.source))
            kept[row, :length] = True
            for window in song.windows:
                kept[row, slice(*window)] = False
            sources[row, :length] = song.source[:length].to(sources)
    batch.kept, batch.sources, batch.noise = _sent(kept, model.device), sources, batch.latents.clone()


def _keep_sources(batch: _Batch, level: Tensor) -> None:
    """Reset a repainted song outside its windows to its source, at the noise level of the step, so that the
    generated part continues from its surroundings (Lugmayr et al., "RePaint", arXiv:2201.09865, without its
    resampling jumps)."""
    if batch.kept is not None:
        assert batch.sources is not None and batch.noise is not None
        noisy = level * batch.noise + (1.0 - level) * batch.sources
        batch.latents = torch.where(batch.kept, noisy, batch.latents)


def _draw(model: Model, noises: list[_Noise], frames: list[int], longest: int) -> Tensor:
    """Draw noise for each song from its own seed: float32 [songs, longest, channels]."""
    drawn = [
        _padded(noise.draw(count, model.channels), longest)
        for noise, count in zip(noises, frames, strict=True)
    ]
    return _sent(torch.stack(drawn), model.device)


def _sent(drawn: Tensor, device: torch.device) -> Tensor:
    """Copy `drawn` to the device without waiting for a GPU to finish its queued work."""
    if device.type != "cuda":
        return drawn.to(device)
    return drawn.pin_memory().to(device, non_blocking=True)


def _padded(frames: Tensor, longest: int) -> Tensor:
    return torch.nn.functional.pad(frames, (0, 0, 0, longest - len(frames)))


def _drop(batch: _Batch, dropped: frozenset[int]) -> None:
    rows = [row for row, place in enumerate(batch.places) if place not in dropped]
    if not rows:
        raise Cancelled
    if len(rows) < len(batch.places):
        batch.keep(rows)


def _plain_conditions(model: Model, songs: Sequence[ModelInput]) -> Conditions | None:
    """Encode the texts of all songs as if none followed an outline; None if no song ever leaves its
    outline."""
    if all(song.cover_strength >= 1.0 or not song.follows for song in songs):
        return None
    return encode_conditions(model, songs, plain=True)


def _let_go(
    model: Model,
    batch: _Batch,
    songs: Sequence[ModelInput],
    plain: Conditions | None,
    step: int,
    sampling: Sampling,
) -> None:
    """From the step that cover strength sets, let songs continue without their outline, as ACE-Step does."""
    if plain is None:
        return
    for row, place in enumerate(batch.places):
        song = songs[place]
        if song.follows and song.cover_strength < 1.0 and step == int(sampling.steps * song.cover_strength):
            is_open = "mask" in sampling.trials
            batch.outlines[row, : song.frames] = outline(model, song, plain=True, is_open=is_open)
            tokens = batch.tokens[row] = int(plain.mask[place].sum())
            missing = max(0, tokens - batch.states.shape[1])
            batch.states = torch.nn.functional.pad(batch.states, (0, 0, 0, missing))
            batch.states[row, :tokens] = plain.states[place, :tokens]


def _is_guided(sampling: Sampling, level: float) -> bool:
    return sampling.guidance_scale > 1.0 and sampling.guided_from <= level <= sampling.guided_to


def _counts(batch: _Batch, *, twice: bool) -> _Counts:
    times = 2 if twice else 1
    return batch.frames * times, batch.tokens * times, batch.states.shape[1]


def _mask(model: Model, batch: _Batch, counts: _Counts) -> None:
    """Set both masks or only the conditions' one, and avoid views with unusual strides: every other
    combination is recompiled, which delays the first songs that have it by half a minute."""
    frames, tokens, _ = counts
    patches = _mask_of([count // PATCH for count in frames], batch.latents[:, ::PATCH])
    model.masks.set(frames=patches, conditions=_mask_of(tokens, batch.states, needed=patches is not None))


def _mask_of(counts: list[int], padded: Tensor, *, needed: bool = False) -> Tensor | None:
    """Return which entries of `padded` [songs, n, …] are valid: bool [songs, n]; None if all are, unless
    `needed`."""
    longest = padded.shape[1]
    if min(counts) == longest and not needed:
        return None
    row = torch.arange(longest, device=padded.device)
    return row < torch.tensor(counts, device=padded.device)[:, None]


def _velocity(model: Model, batch: _Batch, sampling: Sampling, level: float) -> Tensor:
    latents = batch.latents.to(model.dtype)
    if not _is_guided(sampling, level):
        return _predict(model, latents, batch.states, batch.outlines, level)
    nothing = model.pipe.condition_encoder.null_condition_emb.to(batch.states).expand_as(batch.states)
    both = _predict(
        model,
        torch.cat([latents, latents]),
        torch.cat([batch.states, nothing]),
        torch.cat([batch.outlines, batch.outlines]),
        level,
    )
    wanted, unwanted = both.chunk(2)
    if sampling.by_angle:
        return angle_guidance(batch.latents, wanted, unwanted, level, sampling.guidance_scale)
    if batch.heard is not None:  # guidance normalises over the whole length, so padding must be zero
        wanted, unwanted = wanted * batch.heard, unwanted * batch.heard
    guided: Tensor = normalized_guidance(
        pred_cond=wanted,
        pred_uncond=unwanted,
        guidance_scale=sampling.guidance_scale - 1.0,
        momentum_buffer=batch.momentum,
        eta=0.0,
        norm_threshold=NORM_THRESHOLD,
        use_original_formulation=True,
        norm_dim=(1,),
    )
    return guided


def _predict(model: Model, latents: Tensor, states: Tensor, outlines: Tensor, level: float) -> Tensor:
    time = torch.full((len(latents),), level, device=model.device, dtype=model.dtype)
    predicted: Tensor = model.pipe.transformer(
        hidden_states=latents,
        timestep=time,
        timestep_r=time,
        encoder_hidden_states=states,
        context_latents=outlines,
        return_dict=False,
    )[0]
    return predicted


def _advance(
    model: Model, batch: _Batch, velocity: Tensor, level: Tensor, next_level: Tensor, sampling: Sampling
) -> None:
    velocity = velocity.float()
    clean = batch.latents - level * velocity
    if sampling.method == "ode":
        batch.latents = batch.latents + (next_level - level) * velocity
        if "dcw" in sampling.trials:
            batch.latents = corrected(batch.latents, clean, float(level))
        return
    if float(next_level) == 0.0:
        batch.latents = clean
        return
    batch.latents = (1.0 - next_level) * clean + next_level * _draw(
        model, batch.noises, batch.frames, clean.shape[1]
    )
