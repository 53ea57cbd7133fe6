"""Songs by the real engine, and a language model server."""

import pytest

from audiomusic.engines.registry import load_engine
from audiomusic.engines.studio.engine import StudioEngine
from tests.support import language_model_server as fake
from tests.support.made_songs import generate_once, run


@pytest.fixture
def model_server(settings):
    """A fake language model server that the studio's lyrics writer calls."""
    with fake.LanguageModelServer() as server:
        load_engine.cache_clear()
        settings.ENGINE = "studio"
        settings.LLM_URL, settings.LLM_MODEL, settings.LLM_TIMEOUT_S = server.url, fake.MODEL, "20"
        yield server
    load_engine.cache_clear()


@pytest.fixture
def make_song(storage_folder, make_job, settings, monkeypatch):
    """make_song(**wishes): a sung song with a band. Equal parameters are rendered once per test run."""
    monkeypatch.setattr(StudioEngine, "generate", generate_once)

    def make(**wishes):
        settings.ENGINE = "studio"
        return run(make_job(caption="pop", instrumental=False, **wishes))

    return make
