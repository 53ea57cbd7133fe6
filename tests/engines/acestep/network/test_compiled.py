"""What is compiled, and how often: each new graph costs its first songs half a minute."""

import threading
from dataclasses import replace

import pytest
import torch

from audiomusic.engines.acestep.network.model import compile_blocks, load_model
from audiomusic.engines.acestep.network.sampler import denoise
from audiomusic.engines.acestep.threads import ALL_CORES, use_cores
from tests.engines.acestep.tiny import TURBO, make_song

QUICK = replace(TURBO, steps=1)


@pytest.fixture
def compiled(turbo_folder):
    """Yield a model of one sliding-window layer, and the list of graphs compiled so far."""
    model, graphs = load_model(str(turbo_folder), device="cpu", compiled="off"), []

    def note(graph, inputs):
        graphs.append(graph)
        return graph.forward

    model.pipe.transformer.layers = model.pipe.transformer.layers[:1]
    compile_blocks(model.pipe.transformer, note)
    # As in a thread that did not load the model: torch's own limit must have no effect.
    with torch._dynamo.config.patch(recompile_limit=1):
        yield model, graphs
    torch._dynamo.reset()


def run(model, *songs):
    """Run as the engine does: the compiled graph depends on the number of cores of the thread."""
    with use_cores(ALL_CORES):
        denoise(model, songs, QUICK, on_step=lambda done, total: None, dropped=frozenset)


def test_lengths_prompts_and_company_cost_nothing_anew(compiled):
    model, graphs = compiled
    run(model, make_song(1))
    assert len(graphs) == 1
    run(model, make_song(1, duration_s=31.0, caption="a longer one, of other words"))
    assert len(graphs) == 1
    run(model, make_song(1), make_song(2, duration_s=4.4))  # masks for unpadded words too
    assert len(graphs) == 2
    run(model, make_song(1), make_song(2, duration_s=8.0, caption="another"), make_song(3, duration_s=5.0))
    run(model, *(make_song(seed, duration_s=1.0 + seed, caption="la" * seed) for seed in range(5)))
    # Another thread may have set fewer cores, which a new thread then inherits.
    other = threading.Thread(target=torch.set_num_threads, args=(1,))
    other.start()
    other.join()
    beside = threading.Thread(target=run, args=(model, make_song(1, duration_s=3.0)))
    beside.start()
    beside.join()
    assert len(graphs) == 2
