"""ComfyUI's layouts: one file with all parts, or one file per part in folders named after the parts.

The tensors are ACE-Step's own, with a prefix per part. There is no config: sizes are read from the tensors,
and the rest is common to all 1.5 models. ComfyUI ships the tokenizer and the silence itself; here the
tokenizer must lie beside the file, and without a silence_latent.pt the VAE's own silence is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from audiomusic.engines.acestep.layouts.beside import find_beside, roots_of
from audiomusic.engines.acestep.layouts.configs import (
    FOR_AUDIO_TOKENS,
    configs_of,
    missing_parts,
    part_config,
    text_encoder_config,
)
from audiomusic.engines.acestep.layouts.heads import (
    Shapes,
    TensorHead,
    WeightsError,
    read_head,
    tensor_shapes,
)
from audiomusic.engines.acestep.layouts.keys import names_by_part
from audiomusic.engines.acestep.layouts.oobleck import vae_config, vae_names
from audiomusic.engines.acestep.layouts.parts import (
    SILENCE_FILE,
    VOCABULARIES,
    silence_problems,
    tokenizer_problems,
)

ComfyLayout = Literal["comfyui", "comfyui-split"]
Family = Literal["turbo", "sft", "base"]
LAYOUTS: tuple[ComfyLayout, ...] = ("comfyui", "comfyui-split")

#: The tensor by which ComfyUI itself detects ACE-Step 1.5.
MARK = "encoder.lyric_encoder.layers.0.input_layernorm.weight"
MODEL_START, VAE_START, TEXT_START = "model.diffusion_model.", "vae.", "text_encoders."
TEXT_ENCODER = f"{TEXT_START}qwen3_06b."
#: Possible prefixes of a text encoder's and a VAE's tensors, in the combined file and in a separate one.
TEXT_ENCODER_STARTS = (f"{TEXT_ENCODER}transformer.model.", f"{TEXT_ENCODER}transformer.", "model.", "")
VAE_STARTS = (VAE_START, "")
#: The folders in which ComfyUI keeps a file of one part.
MODEL_FOLDERS, TEXT_FOLDERS, VAE_FOLDERS = ("diffusion_models", "unet"), ("text_encoders", "clip"), ("vae",)
#: Where to look for single files in a folder.
LOOKED_IN = ("", "*/", "split_files/*/")
#: The dtypes of weights and of a module's counters.
NUMBERS = ("F64", "F32", "F16", "BF16", "I64", "I32", "BOOL")
FAMILIES: tuple[Family, ...] = ("turbo", "sft", "base")
TOKENIZER_FOLDERS = ("Qwen3-Embedding-0.6B", "tokenizer")
TOKENIZER_CONFIG = "tokenizer_config.json"
SPLIT_REPOSITORY = "Comfy-Org/ace_step_1.5_ComfyUI_files"


@dataclass(frozen=True)
class TensorSource:
    """A part's file, and the prefix of its tensors in it."""

    file: Path
    start: str

    @property
    def tensors(self) -> dict[str, TensorHead]:
        """The tensors, by their names without the prefix."""
        tensors = read_head(self.file).tensors.items()
        return {name[len(self.start) :]: one for name, one in tensors if name.startswith(self.start)}

    @property
    def shapes(self) -> Shapes:
        return {name: tensor.shape for name, tensor in self.tensors.items()}

    @property
    def byte_count(self) -> int:
        return sum(tensor.byte_count for tensor in self.tensors.values())


@dataclass(frozen=True)
class ComfyModel:
    """The locations of a model's parts; None for one that is missing."""

    file: Path
    model: TensorSource
    text_encoder: TensorSource | None
    vae: TensorSource | None
    tokenizer: Path | None
    silence: Path | None

    @property
    def sources(self) -> list[TensorSource]:
        return [one for one in (self.model, self.text_encoder, self.vae) if one is not None]


def layout_of(file: Path) -> ComfyLayout | None:
    """Return which of ComfyUI's layouts a file claims to have; None if it is not an ACE-Step 1.5 model."""
    try:
        facts = file.stat()
    except OSError:
        return None
    return _layout_of(file, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=1024)  # a ComfyUI folder may hold hundreds of files
def _layout_of(file: Path, size: int, changed_ns: int) -> ComfyLayout | None:
    if file.suffix != ".safetensors":
        return None
    try:
        tensors = read_head(file).tensors
    except (OSError, WeightsError):
        return None
    if MODEL_START + MARK in tensors:
        return "comfyui"
    return "comfyui-split" if MARK in tensors else None


def models_in(folder: Path) -> Iterator[tuple[Path, ComfyLayout]]:
    """Iterate over ComfyUI's files in a folder and its subfolders. A file with only the model looks like
    ACE-Step's own, and only counts in a folder where ComfyUI keeps such files."""
    for place in LOOKED_IN:
        for file in sorted(folder.glob(f"{place}*.safetensors")):
            layout = layout_of(file)
            if layout == "comfyui" or (layout is not None and file.parent.name in MODEL_FOLDERS):
                yield file, layout


def family_of(name: str) -> Family | None:
    """Return the variant that a file's name states; None if it states none or several."""
    words = re.split(r"[^a-z0-9]+", name.lower())
    found = [family for family in FAMILIES if family in words]
    return found[0] if len(found) == 1 else None


def model_config(file: Path, family: Family) -> dict[str, Any]:
    """Return the config that identifies the variant, in the form of ACE-Step's config.json. Raises
    WeightsError."""
    sizes = part_config("transformer", {}, _model_source(file).shapes)
    return sizes | {"is_turbo": family == "turbo", "model_version": family}


def find_model(file: Path) -> ComfyModel:
    """Find the model in `file`, with its parts in the file or beside it. Raises WeightsError."""
    model = _model_source(file)
    shapes = model.shapes
    return ComfyModel(
        file=file,
        model=model,
        text_encoder=_text_encoder(file, _width(shapes, "encoder.text_projector.weight")),
        vae=_vae(file, _width(shapes, "encoder.timbre_encoder.embed_tokens.weight")),
        tokenizer=_tokenizer(file),
        silence=_silence(file),
    )


def has_audio_tokens(file: Path) -> bool:
    """Return whether the weights include the parts for audio codes. Raises WeightsError."""
    return all(part in names_by_part(_model_source(file).tensors) for part in FOR_AUDIO_TOKENS)


def used_bytes(file: Path) -> int:
    """Return the size of what is loaded, without the language model that may be in the same file."""
    return sum(source.byte_count for source in find_model(file).sources)


def notes_on(file: Path, *, is_named: bool) -> Iterator[str]:
    """Iterate over notes on a loadable model for the operator. `is_named`: the setting names the variant."""
    if not is_named and family_of(file.stem) is None:
        yield (
            f"The name of {file.name} tells no variant: it is taken as turbo. If it is another, set "
            "AUDIOMUSIC_ACESTEP_VARIANT to sft or base."
        )
    if find_model(file).silence is None:
        yield f"No {SILENCE_FILE} lies beside {file.name}: the VAE's own silence is taken."
    for name, byte_count in _language_models(file):
        yield (
            f"The language model in {file.name} ({name}, {byte_count / 1e9:.1f} GB) is not used: "
            "AUDIOMUSIC_ACESTEP_PLANNER_DIR takes a folder of ACE-Step's own."
        )


def comfyui_problems(file: Path) -> list[str]:
    """Return the reasons why a file in one of these layouts cannot be loaded, one sentence each."""
    found = find_model(file)
    for source in found.sources:
        tensor_shapes(source.file)  # raises if it is truncated
    problems = [
        *_missing_parts(found),
        *_number_problems(found),
        *_tokenizer_problems(found),
        *(silence_problems(found.silence) if found.silence else ()),
    ]
    return problems or list(_tensor_problems(found))


def _language_models(file: Path) -> Iterator[tuple[str, int]]:
    sizes: dict[str, int] = {}
    for name, tensor in TensorSource(file, TEXT_START).tensors.items():
        kind = name.split(".")[0]
        sizes[kind] = sizes.get(kind, 0) + tensor.byte_count
    return ((name, size) for name, size in sizes.items() if f"{TEXT_START}{name}." != TEXT_ENCODER)


def _model_source(file: Path) -> TensorSource:
    return TensorSource(file, MODEL_START if layout_of(file) == "comfyui" else "")


def _width(shapes: Shapes, name: str) -> int | None:
    """Return a layer's input width; None if the weights lack the layer."""
    shape = shapes.get(name, ())
    return shape[1] if len(shape) == 2 else None


def _text_encoder(file: Path, width: int | None) -> TensorSource | None:
    """Return, of several encoders that fit, the one with the smallest vocabulary: a language model's also
    contains audio codes."""
    found = [
        (source.shapes["embed_tokens.weight"][0], source)
        for source in _candidates(file, TEXT_FOLDERS, TEXT_ENCODER_STARTS)
        if source.shapes.get("norm.weight") == (width,) and "embed_tokens.weight" in source.shapes
    ]
    own = [source for _, source in found if source.file == file]
    return own[0] if own else min(found, key=lambda row: row[0])[1] if found else None


def _vae(file: Path, channels: int | None) -> TensorSource | None:
    for source in _candidates(file, VAE_FOLDERS, VAE_STARTS):
        shapes = vae_shapes(source)
        if (first := shapes.get("decoder.conv1.weight_v")) is not None and first[1] == channels:
            return source
    return None


def vae_shapes(source: TensorSource) -> Shapes:
    """Return the VAE's shapes under the names of diffusers' module."""
    shapes = source.shapes
    return {there: shapes[own] for there, own in vae_names(shapes).items()}


def _candidates(file: Path, folders: Iterable[str], starts: Iterable[str]) -> Iterator[TensorSource]:
    """Iterate over the places of a part: the file itself, then separate files in the folders for such
    parts."""
    beside = (sorted((file.parent.parent / name).glob("*.safetensors")) for name in folders)
    for place in (file, *chain.from_iterable(beside)):
        for start in starts:
            if place == file and start in ("model.", ""):
                continue  # here these are the model's own names
            try:
                source = TensorSource(place, start)
                if source.tensors:
                    yield source
            except (OSError, WeightsError):
                break


def _tokenizer(file: Path) -> Path | None:
    folder = file.parent
    found = (find_beside(folder, name) for name in TOKENIZER_FOLDERS)
    roots = (root for root in roots_of(folder) if any((root / name).is_file() for name in VOCABULARIES))
    return next((place for place in (*found, *roots) if place is not None), None)


def _silence(file: Path) -> Path | None:
    places = (root / SILENCE_FILE for root in roots_of(file.parent))
    return next((place for place in places if place.is_file()), None)


def _missing_parts(found: ComfyModel) -> Iterator[str]:
    beside = found.file.parent.parent
    if found.text_encoder is None:
        yield (
            f"{found.file} has no text encoder that fits the model, and none lies in "
            f"{beside / TEXT_FOLDERS[0]}: put qwen_0.6b_ace15.safetensors of {SPLIT_REPOSITORY} there."
        )
    if found.vae is None:
        yield (
            f"{found.file} has no VAE that fits the model, and none lies in {beside / VAE_FOLDERS[0]}: put "
            f"ace_1.5_vae.safetensors of {SPLIT_REPOSITORY} there."
        )


def _number_problems(found: ComfyModel) -> Iterator[str]:
    for source in found.sources:
        numbers = {tensor.number for tensor in source.tensors.values()} - {*NUMBERS}
        if numbers:
            yield (
                f"{source.file} is quantized ({', '.join(sorted(numbers))}), which cannot be read here. "
                "Fetch the same weights in bf16, fp16 or fp32."
            )


def _tokenizer_problems(found: ComfyModel) -> Iterator[str]:
    place = found.file.parent / TOKENIZER_FOLDERS[0]
    fetch = (
        f"`hf download Qwen/{TOKENIZER_FOLDERS[0]} tokenizer.json {TOKENIZER_CONFIG} --local-dir {place}` "
        "fetches it (11 MB)."
    )
    if found.tokenizer is None:
        yield f"ComfyUI's files hold no tokenizer, and none lies beside {found.file}. {fetch}"
    elif not (found.tokenizer / TOKENIZER_CONFIG).is_file():
        yield f"The tokenizer in {found.tokenizer} has no {TOKENIZER_CONFIG}. {fetch}"
    else:
        yield from tokenizer_problems(found.tokenizer)


def _tensor_problems(found: ComfyModel) -> Iterator[str]:
    try:
        configs = configs_of({}, found.model.shapes)
        if found.text_encoder is not None:
            text_encoder_config(found.text_encoder.shapes)
        if found.vae is not None:
            vae_config(vae_shapes(found.vae))
    except WeightsError as error:
        yield f"{found.file}: {error}"
        return
    yield from missing_parts(found.file, configs)
