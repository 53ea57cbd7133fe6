"""The model's prompts, byte for byte as in its training.

The chat template is Qwen3's; the instructions are ACE-Step 1.5's (acestep/constants.py,
acestep/llm_inference.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from audiomusic.engines.acestep.planner.base import NO_INPUT

GENERATE = "Generate audio semantic tokens based on the given conditions:"
UNDERSTAND = "Understand the given musical conditions and describe the audio semantics accordingly:"
CREATE = "Expand the user's input into a more detailed and specific musical description:"
FORMAT = "Format the user's input into a more detailed and specific musical description:"

THINK, THINK_END = "<think>", "</think>"
TURN_START, TURN_END = "<|im_start|>", "<|im_end|>"
_MARKS = re.compile(r"<\|[^|<>]*\|>|</?think>")


def plain(text: str) -> str:
    """Remove the model's special tokens from the user's text: they would end a turn or pose as audio."""
    while (bare := _MARKS.sub("", text)) != text:
        text = bare
    return text


def chat(instruction: str, user: str) -> str:
    """Return the system and user turns, with the assistant's turn opened."""
    return (
        f"{TURN_START}system\n# Instruction\n{instruction}\n\n{TURN_END}\n"
        f"{TURN_START}user\n{user}{TURN_END}\n"
        f"{TURN_START}assistant\n"
    )


def song(caption: str, lyrics: str) -> str:
    """Return the user's turn for a song."""
    return f"# Caption\n{plain(caption)}\n\n# Lyric\n{plain(lyrics)}\n"


def thought(words: Mapping[str, str]) -> str:
    """Return a complete think block. Digits become numbers, as in the model's training data."""
    values = {
        name: int(word) if word.isascii() and word.isdigit() else plain(word) for name, word in words.items()
    }
    lines = yaml.dump(values, allow_unicode=True, sort_keys=True).strip() if values else ""
    return f"{THINK}\n{lines}\n{THINK_END}\n\n"


def plan(caption: str, lyrics: str) -> str:
    """Return the first phase's prompt: the model thinks about a song."""
    return chat(GENERATE, song(caption, lyrics))


def codes(caption: str, lyrics: str, words: Mapping[str, str]) -> str:
    """Return the second phase's prompt: the thought is given and audio codes follow. The turn stays open."""
    return plan(caption, lyrics) + thought(words)


def no_codes(negative_prompt: str) -> str:
    """Return the prompt that guidance steers away from: no input, or the negative prompt, with an empty
    thought."""
    return chat(GENERATE, plain(negative_prompt).strip() or NO_INPUT) + thought({})


def create(query: str, instrumental: bool) -> str:
    """Return the prompt of simple mode."""
    asked = plain(query).strip() or NO_INPUT
    return chat(CREATE, f"{asked}\n\ninstrumental: {'true' if instrumental else 'false'}")


def rewrite(caption: str, lyrics: str) -> str:
    """Return the prompt to reformat caption and lyrics. Unlike elsewhere, no newline ends the user's turn."""
    return chat(FORMAT, song(caption, lyrics).removesuffix("\n"))


def understand(code_text: str) -> str:
    """Return the prompt to describe audio codes. They are the model's own tokens, so nothing is removed."""
    return chat(UNDERSTAND, code_text)
