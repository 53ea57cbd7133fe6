"""Tokens per second of ACE-Step's language model: with a growing KV cache, and with a static one, for which a
GPU captures each step as a graph. Random weights, on a GPU in the shape of the 1.7B model.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any, Literal

from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import ROOT

Way = Literal["growing", "fixed"]

PROMPT_TOKENS, TOKENS = 300, 300  # a song's text, and the codes of one minute
REAL_17B = {
    "vocab_size": 217_204, "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28,
    "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": True,
}  # fmt: skip
TINY = {
    "vocab_size": 600, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "tie_word_embeddings": True,
}  # fmt: skip


def add_token_steps(report: Report) -> None:
    """Add the figures, measured in a separate process, which frees the GPU."""
    done = subprocess.run(
        [sys.executable, "-m", "audiomusic.bench.engine.token_steps"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    for name, figure in json.loads(done.stdout.splitlines()[-1]).items():
        report.add(name, figure)


def token_figures() -> dict[str, float]:
    import torch

    on_card = torch.cuda.is_available()
    model = _random_model(REAL_17B if on_card else TINY, "cuda" if on_card else "cpu")
    ways: tuple[Way, ...] = ("growing", "fixed")
    return {
        f"planner_tokens_a_second_{way}_{rows}": _tokens_a_second(model, way, rows, records=on_card)
        for way in ways
        for rows in (1, 4)
    }


def _random_model(shape: dict[str, Any], device: str) -> Any:
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(**shape, max_position_embeddings=4096)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    with torch.device(device):
        model: Any = Qwen3ForCausalLM(config)
        return model.to(dtype).eval()


def _tokens_a_second(model: Any, way: Way, rows: int, *, records: bool) -> float:
    """Return the speed per row in the second run, by which time graphs are captured."""
    import torch

    from audiomusic.engines.acestep.planner.decoder import Decoder
    from audiomusic.engines.acestep.planner.static_cache import StaticCaches

    caches = StaticCaches(model, records=records) if way == "fixed" else None
    seconds = 0.0
    with torch.inference_mode():
        for _ in "12":
            decoder = Decoder(model, [[*range(PROMPT_TOKENS)]] * rows, 0, 4096, caches)
            decoder.logits(slice(0, 8)).tolist()
            started_at = time.perf_counter()
            for _ in range(TOKENS):
                places = decoder.logits(slice(0, 512)).argmax(dim=1).tolist()
                decoder.write_each(places)
            seconds = time.perf_counter() - started_at
            del decoder
    return TOKENS / seconds


if __name__ == "__main__":
    sys.stdout.write(json.dumps(token_figures()) + "\n")
