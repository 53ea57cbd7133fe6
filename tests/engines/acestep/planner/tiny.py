"""A tiny language model like the planner's: byte pairs, marks, audio codes, and random weights."""

from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from transformers import Qwen2Tokenizer, Qwen3Config, Qwen3ForCausalLM

from audiomusic.engines.acestep.planner.vocabulary import MARKS

CODES = 40
CONTEXT_TOKENS = 2048
# Some of the real tokenizer's merges, so that a token may be a word or end a line.
MERGES = ("m a", "ma j", "maj o", "majo r", "Ġ maj", "Ġ 1", "1 2", ". Ċ", "a n", "Ġ an")
_PAIRS = ("ma", "maj", "majo", "major", "Ġmaj", "Ġ1", "12", ".Ċ", "an", "Ġan")


def make_tokenizer(marks=MARKS, codes=range(CODES), merges=MERGES):
    """Return a byte-level tokenizer with special tokens and then audio codes after the bytes."""
    words = ["<|endoftext|>", *sorted(pre_tokenizers.ByteLevel.alphabet()), *(_PAIRS if merges else ())]
    tokenizer = Qwen2Tokenizer(
        vocab={word: token for token, word in enumerate(words)},
        merges=[tuple(merge.split()) for merge in merges],
    )
    tokenizer.add_tokens([mark for mark in marks if mark != "<|endoftext|>"], special_tokens=True)
    tokenizer.add_tokens([f"<|audio_code_{code}|>" for code in codes], special_tokens=True)
    return tokenizer


def make_model(rows, seed=0):
    """Return a model whose random weights vary enough that its answers vary."""
    config = Qwen3Config(
        vocab_size=rows,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=CONTEXT_TOKENS,
        tie_word_embeddings=True,
        initializer_range=0.4,
    )
    torch.manual_seed(seed)
    return Qwen3ForCausalLM(config).eval()


def save_planner(folder: Path, tokenizer=None, model=None) -> Path:
    """Save both like the real weights: config, tokenizer, safetensors."""
    tokenizer = tokenizer or make_tokenizer()
    (model or make_model(len(tokenizer))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
