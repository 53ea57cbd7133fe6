"""What the language model hears in a sound, with tiny weights: the content is meaningless, but its form must
be valid."""

import json
import shutil
import threading
from dataclasses import replace

import pytest
import torch

from audiomusic.engines.acestep import engine as engines
from audiomusic.engines.acestep.engine import AceStepEngine
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.conditions import codes_to_latents, through_tokens
from audiomusic.engines.acestep.planner import hearing
from audiomusic.engines.acestep.planner.base import PlanAnswer
from audiomusic.engines.acestep.planner.hearing import sound_codes
from tests.engines.acestep.planner.tiny import CODES, save_planner
from tests.engines.acestep.test_engine import noise
from tests.engines.acestep.tiny import tone
from tests.support.lrc_reader import parse_lrc


@pytest.fixture(scope="module")
def listener(turbo_folder, tmp_path_factory):
    """Return an engine whose config names heads that follow the lyrics."""
    folder = shutil.copytree(turbo_folder, tmp_path_factory.mktemp("timed") / "turbo")
    config = folder / "transformer" / "config.json"
    told = {"lyric_alignment_layers_config": {"0": [0, 1]}}
    config.write_text(json.dumps(json.loads(config.read_text()) | told))
    planner = save_planner(tmp_path_factory.mktemp("language-model"))
    return AceStepEngine(str(folder), device="cpu", planner_folder=str(planner))


def few_codes(model, latents):
    """Map codes to those that the tiny language model knows: the first CODES."""
    return tuple(code % CODES for code in sound_codes(model, latents))


def test_codes_of_a_sound_keep_what_a_cover_follows(turbo):
    latents = vae.encode(turbo, tone(4.0), 1)
    codes = sound_codes(turbo, latents)
    assert len(codes) == 20
    text = "".join(f"<|audio_code_{code}|>" for code in codes)
    torch.testing.assert_close(codes_to_latents(turbo, text)[: len(latents)], through_tokens(turbo, latents))


def test_a_sound_is_described(listener, monkeypatch):
    monkeypatch.setattr(hearing, "sound_codes", few_codes)
    monkeypatch.setattr("audiomusic.engines.acestep.planner.language_model.MAX_LYRICS_TOKENS", 40)
    heard, again = (listener.understand(noise(3.0)) for _ in "12")
    assert heard == again and heard["caption"] and heard["lyrics"]
    assert heard["audio_codes"].count("<|audio_code_") == 15


def test_words_that_are_heard_get_their_times(listener, monkeypatch):
    answer = PlanAnswer(caption="calm", lyrics="[Verse]\nla la rain\nfalling", language="en")
    monkeypatch.setattr(listener.planner.planner, "understand", lambda codes, seed: answer)
    heard = listener.understand(noise(3.0))
    lines = parse_lrc(heard["lrc"]).lines
    assert [[word.text for word in line] for line in lines] == [["la la rain"], ["falling"]]
    assert 0 <= lines[0][0].start_s <= lines[1][0].start_s <= 3
    silent = replace(answer, lyrics="[Instrumental]")
    monkeypatch.setattr(listener.planner.planner, "understand", lambda codes, seed: silent)
    assert (listener.understand(noise(3.0))["lyrics"], listener.understand(noise(3.0))["lrc"]) == (None, None)


def test_without_a_language_model_nothing_is_told(turbo_folder):
    assert AceStepEngine(str(turbo_folder), device="cpu").understand(noise(1.0)) is None


def test_songs_are_not_kept_waiting(listener, monkeypatch):
    monkeypatch.setattr(engines, "LISTENING_WAIT_S", 0.01)
    is_held, is_done = threading.Event(), threading.Event()

    def make_songs():
        with listener._at_work:
            is_held.set()
            is_done.wait(5)

    maker = threading.Thread(target=make_songs)
    maker.start()
    is_held.wait(5)
    assert listener.understand(noise(1.0)) is None
    is_done.set()
    maker.join()
