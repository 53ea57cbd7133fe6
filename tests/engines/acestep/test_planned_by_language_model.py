"""The full path: a tiny language model plans with audio codes, and the tiny model follows them."""

from threading import Thread

import numpy as np
import pytest
import torch

from audiomusic.engines.acestep.engine import AceStepEngine
from audiomusic.engines.acestep.placement import PLACEMENTS
from audiomusic.engines.base import EngineError
from tests.engines.acestep.planner.tiny import save_planner
from tests.engines.acestep.test_engine import Desk, make, make_request


@pytest.fixture(scope="module")
def planned_engine(turbo_folder, tmp_path_factory):
    folder = save_planner(tmp_path_factory.mktemp("language-model"))
    return AceStepEngine(str(turbo_folder), device="cpu", planner_folder=str(folder))


OPTIONS = {"inference_steps": 2, "use_constrained_decoding": True, "use_cot_caption": False}


def test_it_plans_and_the_song_follows_its_codes(planned_engine):
    request = make_request(options=OPTIONS, seeds=(7, 8))
    desk, again = make(planned_engine, request), make(planned_engine, request)
    [result] = desk.results
    assert 30 <= result.bpm <= 300 and result.keyscale and result.timesignature
    assert "thinking" not in result.not_applied
    for take, same in zip(desk.takes, again.takes, strict=True):
        np.testing.assert_array_equal(take.samples, same.samples)
    assert planned_engine.facts()["planner"] == "language model"


def test_it_plans_beside_songs_on_a_card_with_room_alone(planned_engine, monkeypatch):
    """Otherwise both want the same cores or the same memory, and the next plan waits."""
    make(planned_engine, make_request(options=OPTIONS | {"thinking": False}))
    assert not planned_engine.plans_ahead
    order, planned = Desk().order(make_request(options=OPTIONS | {"thinking": False})), []
    beside = Thread(target=lambda: planned.extend(planned_engine.plan_batch([order])), daemon=True)
    with planned_engine._at_work:
        beside.start()
        beside.join(timeout=0.3)
        assert beside.is_alive() and planned == []
    beside.join(timeout=20)
    assert len(planned) == 1
    monkeypatch.setattr(planned_engine.model, "device", torch.device("cuda"))
    assert planned_engine.plans_ahead
    monkeypatch.setattr(planned_engine.model, "placement", PLACEMENTS[1])
    assert not planned_engine.plans_ahead


def test_without_thinking_there_are_no_codes_and_another_song(planned_engine):
    wishes = {"bpm": 97.0, "keyscale": "C Major", "timesignature": "4/4", "vocal_language": "en"}
    thought = make(planned_engine, make_request(options=OPTIONS, **wishes)).takes[0]
    plain = make(planned_engine, make_request(options=OPTIONS | {"thinking": False}, **wishes)).takes[0]
    assert not np.array_equal(thought.samples, plain.samples)


def test_a_folder_that_is_no_language_model_is_a_sentence(turbo_folder, tmp_path):
    engine = AceStepEngine(str(turbo_folder), device="cpu", planner_folder=str(tmp_path))
    with pytest.raises(EngineError, match="the server's log says why") as told:
        make(engine, make_request())
    assert "no config.json" in str(told.value.__cause__)
