"""The next song is planned in another thread while one is made."""

import sys
from dataclasses import replace
from threading import Thread

import numpy as np
import torch

from audiomusic.engines.acestep.engine import AceStepEngine
from tests.engines.acestep.test_engine import Desk, make, make_request


def test_the_next_song_is_planned_while_one_is_made(turbo_folder, monkeypatch):
    engine, desk, next_desk, planned = AceStepEngine(str(turbo_folder), device="cpu"), Desk(), Desk(), []
    assert not engine.plans_ahead  # the first song loads the weights
    wanted = make(engine, make_request(seeds=(8,))).takes[0]
    assert not engine.plans_ahead  # both would need the same cores
    with monkeypatch.context() as card:
        card.setattr(engine.model, "device", torch.device("cuda"))
        assert engine.plans_ahead
    monkeypatch.setattr(AceStepEngine, "plans_ahead", True)

    def plan_next():
        planned.extend(engine.plan_batch([next_desk.order(make_request(seeds=(8,)))]))

    def on_progress(stage, share):
        if stage == "rendering" and not planned:
            beside = Thread(target=plan_next, daemon=True)
            beside.start()
            beside.join(timeout=20)
            assert not beside.is_alive()

    order = replace(desk.order(make_request(seeds=(7,))), on_progress=on_progress)
    engine.make_batch(engine.plan_batch([order]))
    assert len(desk.takes) == 1 and next_desk.progress == [("planning", 0.0)] * 2
    engine.make_batch(planned)
    np.testing.assert_array_equal(next_desk.takes[0].samples, wanted.samples)


def test_texts_are_read_by_several_threads(turbo_folder):
    """The tokenizer stores its truncation and padding: without a lock, one thread's texts are cut as
    another's."""
    model, found = AceStepEngine(str(turbo_folder), device="cpu").model, set()
    texts = ["calm piano", "a longer caption " * 200]

    def read(name, how):
        for _ in range(40):
            found.add((name, len(model.tokens(texts, **how).input_ids[1])))

    whole = len(model.tokens(texts).input_ids[1])
    hows = {"whole": {}, "cut": {"padding": "longest", "truncation": True, "max_length": 8}}
    threads = [Thread(target=read, args=item) for item in (*hows.items(), *hows.items())]
    switches_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switches_s)
    assert found == {("whole", whole), ("cut", 8)}
