"""Loads a folder of weights from local files only, checks them, and puts them on the right device."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from math import prod
from threading import Lock
from typing import Any

import torch

from audiomusic.engines.acestep.folder import (
    QUANTIZATIONS,
    QUANTIZER,
    FolderFacts,
    Quantization,
    WeightsError,
    has_quantizer,
    missing_packages,
    planner_bytes,
    quantization_problems,
    read_folder,
)
from audiomusic.engines.acestep.layouts.parts import LEAST_VOCABULARY
from audiomusic.engines.acestep.loading import load_pipe
from audiomusic.engines.acestep.network.attention import MaskedAttention, Masks, repeat_keys
from audiomusic.engines.acestep.network.decoder import quicken
from audiomusic.engines.acestep.network.half_precision import keep_lyrics_exact
from audiomusic.engines.acestep.network.quantization import QUANTIZED_PARTS, quantize, stored_bytes
from audiomusic.engines.acestep.placement import (
    GIB,
    PLACEMENTS,
    CardMemory,
    PartSizes,
    Placement,
    Residents,
    card_memory,
    choose_placement,
    sizes_in_int8,
    sizes_of,
)

log = logging.getLogger(__name__)

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
COMPILED_FORMS = 64
ALIGNED_BYTES = 64  # torch's own alignment


@dataclass
class Model:
    """A loaded pipeline and its facts. `masks` controls its attention."""

    facts: FolderFacts
    pipe: Any  # diffusers.AceStepPipeline
    masks: Masks
    device: torch.device
    dtype: torch.dtype
    sample_rate_hz: int
    hop: int  # samples per latent frame
    channels: int  # of a latent
    most_frames: int
    residents: Residents
    placement: Placement
    is_quantized: bool = False  # whether the blocks' weights are int8
    _tokenizing: Lock = field(default_factory=Lock)

    @property
    def quantization(self) -> str:
        return "int8" if self.is_quantized else "none"

    def at_work(self, *parts: str) -> AbstractContextManager[None]:
        """Return a context within which these parts are on the device."""
        return self.residents.at_work(*parts)

    def tokens(self, texts: str | list[str], **how: Any) -> Any:
        """Tokenize texts, one thread at a time: the tokenizer stores its truncation and padding settings in
        itself, and another thread would get this thread's."""
        with self._tokenizing:
            return self.pipe.tokenizer(texts, **how)

    @property
    def frames_per_s(self) -> float:
        return self.sample_rate_hz / self.hop

    @property
    def byte_count(self) -> int:
        parts = self.pipe.components.values()
        modules = [part for part in parts if isinstance(part, torch.nn.Module)]
        return sum(stored_bytes(weight) for module in modules for weight in module.parameters())

    def silence(self, frames: int) -> torch.Tensor:
        """Return the latents that the model treats as silence: [frames, channels]."""
        silence: torch.Tensor = self.pipe.condition_encoder.silence_latent[0, :frames]
        return silence.to(self.device, self.dtype)


def pick_device(name: str) -> torch.device:
    """Return the device called `name`. "auto" is the first GPU if there is one: CUDA's or ROCm's, which torch
    also calls cuda, otherwise Apple's. Raises WeightsError."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise WeightsError(f"The device {name!r} cannot be used: {str(error).splitlines()[0]}") from None
    return device


def pick_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the dtype called `name`. "auto" is what the device computes natively: bfloat16, float16 on cards
    older than 2020, and float32 on a CPU."""
    if name == "auto":
        if device.type == "cuda":
            # Older cards only emulate bfloat16 through float32, several times as slowly.
            has_own = torch.cuda.is_bf16_supported(including_emulation=False)
            return torch.bfloat16 if has_own else torch.float16
        return torch.bfloat16 if device.type == "mps" else torch.float32
    try:
        return DTYPES[name]
    except KeyError:
        raise WeightsError(
            f"No number format is called {name!r}; there are: auto, {', '.join(DTYPES)}."
        ) from None


def load_model(
    folder: str,
    *,
    variant: str = "",
    device: str = "auto",
    dtype: str = "auto",
    compiled: str = "auto",
    memory_gib: float | None = None,
    quantization: Quantization = "auto",
    planner_folder: str = "",
) -> Model:
    """Load and check the weights in `folder`; of several models, the one that `variant` names.

    `memory_gib`: how much of the card's memory to use; None: whatever is free. `planner_folder`: the folder
    of the language model that will be loaded beside it. Raises WeightsError with one sentence per problem.
    """
    if missing := missing_packages():
        raise WeightsError(f"The ACE-Step engine needs {', '.join(missing)}: run `make acestep`.")
    if quantization not in QUANTIZATIONS:
        raise WeightsError(f"Expected a quantization of {', '.join(QUANTIZATIONS)}, got {quantization!r}.")
    if problems := quantization_problems(quantization):
        raise WeightsError(" ".join(problems))
    facts = read_folder(folder, variant)
    where = pick_device(device)
    number = pick_dtype(dtype, where)
    pipe = load_pipe(facts, number)
    if problems := pipe_problems(pipe):
        raise WeightsError(" ".join(problems))
    if number is torch.float16:
        keep_lyrics_exact(pipe.condition_encoder)
    parts = {name: part for name, part in pipe.components.items() if isinstance(part, torch.nn.Module)}
    needs = _Needs.of(parts, number, planner_folder)
    room = _room(where, memory_gib)
    is_quantized = quantization == "int8" or (quantization == "auto" and needs.want_int8(room))
    if is_quantized:
        for name in sorted(QUANTIZED_PARTS & set(parts)):
            quantize(parts[name], number)
    placement = needs.placement(room, is_quantized)
    _align(pipe)
    masks, on_gpu = Masks(), where.type == "cuda"
    pipe.transformer.set_attn_processor(MaskedAttention(masks, repeats_keys=on_gpu))
    if on_gpu:
        _settle_on_gpu(pipe)
    is_compiled = compiled == "on" or (compiled == "auto" and on_gpu and placement.stay == "all")
    quicken(pipe.vae, compiled=is_compiled, tile_frames=placement.tile_frames)
    residents = Residents(parts, where, placement.stay)
    if is_compiled:
        compile_blocks(pipe.transformer)
    log.info(
        "ACE-Step %s is loaded for %s as %s, with %s; on the card stay: %s",
        facts.variant.name, where, number, "weights of 8 bits" if is_quantized else "plain weights",
        placement.name,
    )  # fmt: skip
    return Model(
        facts=facts,
        pipe=pipe,
        masks=masks,
        device=where,
        dtype=number,
        sample_rate_hz=pipe.sample_rate,
        hop=prod(pipe.vae.config.downsampling_ratios),
        channels=pipe.transformer.config.audio_acoustic_hidden_dim,
        most_frames=pipe.condition_encoder.silence_latent.shape[1],
        residents=residents,
        placement=placement,
        is_quantized=is_quantized,
    )


def _room(device: torch.device, memory_gib: float | None) -> CardMemory | None:
    """Return the memory the model may use: what the operator grants, otherwise the card's own figures."""
    if memory_gib is None:
        return card_memory(device)
    granted = round(memory_gib * GIB)
    return CardMemory(granted, granted)


@dataclass(frozen=True)
class _Needs:
    """The size of the weights, plain and in int8, with the language model that will be loaded beside them."""

    plain: PartSizes
    int8: PartSizes

    @classmethod
    def of(cls, parts: Mapping[str, torch.nn.Module], dtype: torch.dtype, planner_folder: str) -> _Needs:
        """Measure loaded parts that are not yet quantized."""
        return cls(
            sizes_of(parts, planner_bytes(planner_folder)),
            sizes_in_int8(parts, dtype, planner_bytes(planner_folder, in_int8=True)),
        )

    def want_int8(self, room: CardMemory | None) -> bool:
        """Whether only int8 weights fit on the card as a whole. Memory that others use at the moment must not
        decide which song a seed gives."""
        if room is None or not has_quantizer() or choose_placement(self.plain, room.total) is not None:
            return False
        return choose_placement(self.int8, room.free) is not None

    def placement(self, room: CardMemory | None, is_quantized: bool) -> Placement:
        """Return the placement that fits on the device. Raises WeightsError if none does."""
        if room is None:
            return PLACEMENTS[0]
        if (found := choose_placement(self.int8 if is_quantized else self.plain, room.free)) is not None:
            return found
        would_fit = not is_quantized and choose_placement(self.int8, room.free) is not None
        install = "" if has_quantizer() else f" and install {QUANTIZER} (`make acestep`)"
        less = f", set AUDIOMUSIC_ACESTEP_QUANTIZATION=int8{install}" if would_fit else ""
        raise WeightsError(
            f"The card has {room.free / GIB:.1f} GiB free; these weights need more even in turns. Close what "
            f"else uses the card, take smaller weights{less}, or set AUDIOMUSIC_ACESTEP_DEVICE=cpu."
        )


def _align(pipe: Any) -> None:
    """Copy unaligned CPU tensors to aligned memory. In a memory-mapped file they may start anywhere, and
    kernels round differently by alignment: the same weights in another file would give another song."""
    for tensor in _tensors(pipe):
        if tensor.device.type == "cpu" and tensor.data_ptr() % ALIGNED_BYTES:
            tensor.data = tensor.data.clone()


def _settle_on_gpu(pipe: Any) -> None:
    for part in (pipe.condition_encoder, pipe.audio_tokenizer, pipe.audio_token_detokenizer):
        if part is not None:
            repeat_keys(part)
    # Otherwise cuDNN may sum transposed convolutions, and attention, in a different order at each call, and
    # the same seed would not give the same song. Nothing else in the process uses cuDNN.
    torch.backends.cudnn.deterministic = True


def pipe_problems(pipe: Any) -> list[str]:
    """Return problems that load without an error but would sound wrong, one sentence each."""
    problems = []
    if len(pipe.tokenizer) < LEAST_VOCABULARY:
        problems.append(
            f"The tokenizer loaded as {len(pipe.tokenizer)} token(s): its vocabulary is missing or empty."
        )
    if any(part.is_meta for part in _tensors(pipe)):
        problems.append("Some weights were not in the files and have no values.")
    elif float(pipe.condition_encoder.silence_latent.float().std()) == 0.0:
        problems.append("silence_latent is all zeros, which sounds like a drone: convert the weights again.")
    config = pipe.transformer.config
    if config.in_channels != 3 * config.audio_acoustic_hidden_dim:
        problems.append(
            f"The transformer takes {config.in_channels} channels; three times its "
            f"expected {config.audio_acoustic_hidden_dim} acoustic ones."
        )
    if pipe.vae.config.decoder_input_channels != config.audio_acoustic_hidden_dim:
        problems.append(
            f"The VAE has {pipe.vae.config.decoder_input_channels} channels and the transformer "
            f"{config.audio_acoustic_hidden_dim}: they do not belong together."
        )
    return problems


def _tensors(pipe: Any) -> list[torch.Tensor]:
    modules = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    return [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]


def compile_blocks(transformer: Any, backend: str | Callable[..., Any] = "inductor") -> None:
    """Compile the transformer's block once, for any length and batch size. The library does not declare its
    repeated block, so it is named here."""
    transformer._repeated_blocks = ["AceStepTransformerBlock"]
    # Sliding or full attention, one song or several, with or without masks: each is compiled separately. The
    # limit is passed here because torch's default, 8, is a per-thread setting, and songs fail beyond it.
    transformer.compile_repeated_blocks(
        fullgraph=True, dynamic=True, backend=backend, recompile_limit=COMPILED_FORMS
    )
