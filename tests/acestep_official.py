"""Tiny weights in ACE-Step's own layout, converted from diffusers'. The tensor names are repeated here, so
that a mistake in the product's table does not cancel itself out."""

import json
import shutil

import torch
from safetensors.torch import load_file, save_file

PARTS = {
    "transformer": "decoder.",
    "condition_encoder": "encoder.",
    "audio_tokenizer": "tokenizer.",
    "audio_token_detokenizer": "detokenizer.",
}
NAMES = {
    ".to_q.": ".q_proj.", ".to_k.": ".k_proj.", ".to_v.": ".v_proj.", ".to_out.0.": ".o_proj.",
    ".norm_q.": ".q_norm.", ".norm_k.": ".k_norm.", "proj_in_conv.": "proj_in.1.",
    "proj_out_conv.": "proj_out.1.",
}  # fmt: skip
CODE = "modeling_acestep.py"  # comes with the weights and is never run


def save_official(folder, checkpoints, name, *, shards=1):
    """Write the model of a diffusers folder into `checkpoints`, as ACE-Step's downloader does."""
    place = checkpoints / name
    place.mkdir(parents=True)
    tensors = dict(_tensors(folder))
    silence = tensors.pop("encoder.silence_latent")
    torch.save(silence.transpose(1, 2).contiguous(), place / "silence_latent.pt")
    _save(tensors, place, shards)
    config = json.loads((folder / "transformer" / "config.json").read_text())
    told = {name: value for name, value in config.items() if not name.startswith("_")}
    told |= {"model_type": "acestep", "architectures": ["AceStepConditionGenerationModel"]}
    (place / "config.json").write_text(json.dumps(told))
    (place / CODE).write_text("raise AssertionError('code beside weights was run')\n")
    if not (checkpoints / "vae").exists():
        shutil.copytree(folder / "vae", checkpoints / "vae")
        shutil.copytree(folder / "text_encoder", checkpoints / "Qwen3-Embedding-0.6B")
        shutil.copytree(folder / "tokenizer", checkpoints / "Qwen3-Embedding-0.6B", dirs_exist_ok=True)
    return place


def _tensors(folder):
    for part, start in PARTS.items():
        [file] = (folder / part).glob("*.safetensors")
        for name, tensor in load_file(file).items():
            for there, own in NAMES.items():
                name = name.replace(there, own)
            yield name if name == "null_condition_emb" else start + name, tensor


def _save(tensors, place, shards):
    if shards == 1:
        save_file(tensors, place / "model.safetensors", {"format": "pt"})
        return
    files = [f"model-{number + 1:05}-of-{shards:05}.safetensors" for number in range(shards)]
    rows = {name: files[number % shards] for number, name in enumerate(tensors)}
    for file in files:
        some = {name: tensor for name, tensor in tensors.items() if rows[name] == file}
        save_file(some, place / file, {"format": "pt"})
    (place / "model.safetensors.index.json").write_text(json.dumps({"weight_map": rows}))


def save_cache(source, hub, repository):
    """Put a folder into a Hugging Face cache, as links to blobs. Return the repository's folder."""
    place = hub / f"models--{repository.replace('/', '--')}"
    commit = "0123456789abcdef0123456789abcdef01234567"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(commit)
    (place / "blobs").mkdir()
    for number, file in enumerate(sorted(path for path in source.rglob("*") if path.is_file())):
        blob = place / "blobs" / f"{number:064x}"
        shutil.copy(file, blob)
        link = place / "snapshots" / commit / file.relative_to(source)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    return place
