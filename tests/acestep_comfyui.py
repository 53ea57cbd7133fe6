"""Tiny weights in ComfyUI's layouts, converted from ACE-Step's own layout. The tensor names are repeated
here, in the opposite direction to the product's table."""

import shutil
from dataclasses import replace

import torch
from safetensors.torch import load_file, save_file

from audiomusic.devtools.acestep_weights import TINY, save_weights
from tests.acestep_official import save_official

#: ComfyUI's files carry no config: these values are the ones that all real models share.
PLAIN = replace(
    TINY,
    sliding_window=128,
    text=TINY.text | {"rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0}},
)
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
UNIT = ["snake1", "conv1", "snake2", "conv2"]
IN_BLOCK = {
    "encoder": ["res_unit1", "res_unit2", "res_unit3", "snake1", "conv1"],
    "decoder": ["snake1", "conv_t1", "res_unit1", "res_unit2", "res_unit3"],
}


def save_plain_official(folder, name="acestep-v15-turbo", **wishes):
    """Write ACE-Step's own folder with one model, configured like all real ones; return the folder."""
    save_weights(folder / "diffusers", size=PLAIN, **wishes)
    save_official(folder / "diffusers", folder / "checkpoints", name)
    return folder / "checkpoints"


def save_tokenizer(checkpoints, folder):
    """Copy the files that the `hf download` command fetches."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER:
        shutil.copy(checkpoints / "Qwen3-Embedding-0.6B" / name, folder)


def save_split(checkpoints, name, models):
    """Split an official model into ComfyUI's files in its models folder; return the diffusion model."""
    [vae] = (checkpoints / "vae").glob("*.safetensors")
    [text] = (checkpoints / "Qwen3-Embedding-0.6B").glob("*.safetensors")
    for folder in ("diffusion_models", "text_encoders", "vae"):
        (models / folder).mkdir(parents=True)
    words = {f"model.{name}": tensor for name, tensor in load_file(text).items()}
    save_file(words, models / "text_encoders" / "qwen_0.6b_ace15.safetensors")
    sounds = words | {"model.embed_tokens.weight": torch.zeros(2 * 257, 16)}
    save_file(sounds, models / "text_encoders" / "a_language_model_as_wide.safetensors")
    save_file(comfyui_vae(load_file(vae)), models / "vae" / "ace_1.5_vae.safetensors")
    file = models / "diffusion_models" / "acestep_v1.5_turbo.safetensors"
    shutil.copy(checkpoints / name / "model.safetensors", file)
    return file


def save_comfyui(checkpoints, name, file, *, torch_names=False, dtype=None):
    """Write an official model as ComfyUI's single file, which also holds a language model."""
    [vae] = (checkpoints / "vae").glob("*.safetensors")
    [text] = (checkpoints / "Qwen3-Embedding-0.6B").glob("*.safetensors")
    tensors = {
        f"model.diffusion_model.{name}": tensor
        for shard in sorted((checkpoints / name).glob("*.safetensors"))
        for name, tensor in load_file(shard).items()
    }
    tensors |= {
        f"text_encoders.qwen3_06b.transformer.model.{name}": tensor
        for name, tensor in load_file(text).items()
    }
    tensors |= {f"vae.{name}": tensor for name, tensor in comfyui_vae(load_file(vae), torch_names).items()}
    tensors["text_encoders.qwen3_06b.logit_scale"] = torch.ones(())
    tensors["text_encoders.qwen3_2b.transformer.model.norm.weight"] = torch.ones(1000)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.to(dtype or tensor.dtype) for name, tensor in tensors.items()}, file)
    return file


def comfyui_vae(tensors, torch_names=False):
    """Rename a VAE's tensors from diffusers' names to those of stable-audio-tools."""
    blocks = 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("encoder.block."))
    found = {}
    for name, tensor in tensors.items():
        half, *path, kind = name.split(".")
        if path[0] == "block":
            number = [int(path[1]) + 1, IN_BLOCK[half].index(path[2])]
            number += [UNIT.index(path[3])] if len(path) == 4 else []
        else:
            number = [{"conv1": 0, "snake1": blocks + 1, "conv2": blocks + 2}[path[0]]]
        if torch_names:
            kind = {"weight_g": "parametrizations.weight.original0",
                    "weight_v": "parametrizations.weight.original1"}.get(kind, kind)  # fmt: skip
        where = ".".join(f"layers.{one}" for one in number)
        found[f"{half}.{where}.{kind}"] = tensor.flatten() if kind in ("alpha", "beta") else tensor
    return found
