"""Drafts by a language model on a complete server: a worker calls the model while it makes a song."""

import pytest

from tests.support import language_model_server as fake
from tests.support.prepared import PreparedServer

pytestmark = pytest.mark.e2e
KEY = "sk-e2e-1d1bd9cadd36bdaa"
MIA = {"query": "a birthday song for my sister Mia, who loves cats and disco", "seed": 7}


@pytest.fixture(scope="module")
def model():
    with fake.LanguageModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def server(model, prepared_folder):
    settings = {"URL": model.url, "MODEL": fake.MODEL, "KEY": KEY, "TIMEOUT_S": "20"}
    settings = {f"AUDIOMUSIC_LLM_{name}": value for name, value in settings.items()}
    with PreparedServer(prepared_folder, **settings) as running:
        yield running


def test_it_is_written_while_the_only_worker_makes_a_song(server, model):
    model.answers = fake.good
    long_song = {"caption": "slow piano and strings", "instrumental": True, "duration": 300, "seed": 1}
    job = server.call("POST", "/api/v1/music/text2music", long_song)[1]["job"]
    server.wait_for(job["id"], "PROCESSING")
    status, draft = server.call("POST", "/api/v1/music/draft", MIA)
    assert status == 200 and draft["written_by"] == fake.MODEL and draft["lyrics"] == fake.LYRICS
    assert server.wait_for(job["id"], "PROCESSING", "COMPLETED")["status"] == "PROCESSING"
    server.call("POST", f"/api/v1/music/jobs/{job['id']}/cancel")
    server.wait_for(job["id"], "CANCELLED")


def test_its_request_makes_that_song(server, model):
    model.answers = fake.good
    draft = server.call("POST", "/api/v1/music/draft", MIA | {"duration": 8})[1]
    model.answers = fake.refusing(500)  # from here on, nothing needs to call it
    asked = len(model.requests)
    job = server.call("POST", "/api/v1/music/text2music", draft["request"])[1]["job"]
    job = server.wait_for(job["id"], "COMPLETED", "FAILED")
    assert job["status"] == "COMPLETED", job["error_message"]
    assert (job["display_name"], job["lyrics"]) == (draft["title"], draft["lyrics"])
    assert (job["bpm"], job["keyscale"]) == (draft["bpm"], draft["keyscale"])
    assert (job["timesignature"], job["vocal_language"]) == (draft["timesignature"], draft["vocal_language"])
    assert job["audio_duration"] == pytest.approx(draft["duration"], abs=0.05)
    assert len(model.requests) == asked


def test_its_key_is_in_no_log(server, model):
    model.answers = fake.refusing(401)
    draft = server.call("POST", "/api/v1/music/draft", MIA)[1]
    assert "status 401" in draft["not_applied"]["language_model"]
    job = server.call("POST", "/api/v1/music/simple", {"query": "a song for Mia", "duration": 5})[1]["job"]
    job = server.wait_for(job["id"], "COMPLETED", "FAILED")
    assert "status 401" in job["effective"]["not_applied"]["language_model"]
    assert server.manage("doctor").count("Language model: in order.") == 1
    assert KEY not in server.log_path.read_text() + str(job) + str(draft)
    state = server.call("GET", "/api/v1/music/model/status")[1]["language_model"]
    assert state["model"] == fake.MODEL
