"""What a language model hears beyond the measurements: that it is asked, and how its answer is used."""

import numpy as np
import pytest

from audiomusic.engines.base import EngineError
from audiomusic.engines.encoding import encode
from jobs.tools.estimates import estimate_body
from jobs.worker.threads import analyst

MEASURED = {
    "bpm": 120.0, "keyscale": "A Minor", "timesignature": "4/4", "duration": 8.0, "confidence": {},
    "chords": [], "beats": [], "downbeats": [], "pulse_bpm": [], "melody": [], "loudness_lufs": -14.0,
    "sections": [],
}  # fmt: skip
TOLD = {
    "caption": "a slow waltz", "lyrics": "la", "language": "en", "audio_codes": "<|audio_code_1|>",
    "lrc": "[00:01.00]la",
}  # fmt: skip


class Listener:
    answer = TOLD

    def understand(self, samples):
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict(self.answer, seen=samples.shape)


@pytest.fixture
def listener(monkeypatch, settings, tmp_path):
    one = Listener()
    monkeypatch.setattr(analyst, "load_engine", lambda name: one)
    monkeypatch.setattr(analyst, "is_set_up", lambda: True)
    return one


@pytest.fixture
def wave(tmp_path):
    encode(np.full((2, 48_000), 0.1, np.float32), tmp_path / "a.wav", "wav")
    return tmp_path / "a.wav"


def test_what_is_told_stands_beside_what_is_measured(listener, wave, monkeypatch):
    monkeypatch.setattr(analyst, "analyse_decoded", lambda path: dict(MEASURED))
    found = analyst._heard(wave)
    assert found["understood"] == TOLD | {"seen": (2, 48_000)}
    body = estimate_body(found, {})
    assert (body["caption"], body["lyrics"], body["language"]) == ("a slow waltz", "la", "en")
    assert (body["audio_codes"], body["lrc_content"]) == ("<|audio_code_1|>", "[00:01.00]la")
    assert body["bpm"] == 120


def test_a_model_that_fails_costs_nothing(listener, wave):
    listener.answer = EngineError("The weights cannot be loaded.")
    assert analyst.understood(wave) is None
    assert estimate_body(MEASURED, {})["caption"].startswith("mid-tempo")


def test_without_one_none_is_asked(wave, settings):
    settings.ACESTEP_PLANNER_DIR = ""
    assert not analyst.is_set_up() and analyst.understood(wave) is None
