"""The mapping from ACE-Step's tensor names to those of diffusers' modules, as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Part = Literal["transformer", "condition_encoder", "audio_tokenizer", "audio_token_detokenizer"]

#: Prefix -> the part it belongs to, and its replacement.
STARTS: dict[str, tuple[Part, str]] = {
    "decoder.": ("transformer", ""),
    "encoder.": ("condition_encoder", ""),
    "null_condition_emb": ("condition_encoder", "null_condition_emb"),
    "tokenizer.": ("audio_tokenizer", ""),
    "detokenizer.": ("audio_token_detokenizer", ""),
}
#: Replacements within a part's names.
WORDS: dict[str, str] = {
    "attn.q_proj.": "attn.to_q.",
    "attn.k_proj.": "attn.to_k.",
    "attn.v_proj.": "attn.to_v.",
    "attn.o_proj.": "attn.to_out.0.",
    "attn.q_norm.": "attn.norm_q.",
    "attn.k_norm.": "attn.norm_k.",
    "proj_in.1.": "proj_in_conv.",
    "proj_out.1.": "proj_out_conv.",
}


def place_of(name: str) -> tuple[Part, str] | None:
    """Return the part that one of ACE-Step's tensors belongs to and its name there; None if it is in none."""
    for start, (part, instead) in STARTS.items():
        if name.startswith(start):
            name = instead + name.removeprefix(start)
            for word, other in WORDS.items():
                name = name.replace(word, other)
            return part, name
    return None


def names_by_part(names: Iterable[str]) -> dict[Part, dict[str, str]]:
    """Return part -> the tensor's name in the module -> ACE-Step's name."""
    found: dict[Part, dict[str, str]] = {}
    for name in names:
        if (place := place_of(name)) is not None:
            part, there = place
            found.setdefault(part, {})[there] = name
    return found
