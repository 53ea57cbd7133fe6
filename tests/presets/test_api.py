import pytest
from rest_framework.test import APIClient

from presets.models import Preset


def test_it_lists_presets(owner, client_of):
    answer = client_of(owner).get("/api/v1/music/presets")
    assert answer.status_code == 200
    presets = answer.json()["genre_presets"]
    assert list(presets)[0] == "Modern Pop" and list(presets)[-1] == "Custom" and len(presets) == 24
    assert presets["Rock"] == {
        "label": "Rock",
        "description": "Driven guitars over a live kit, verses that hold back and choruses that do not.",
        "genre": "Rock",
        "caption": "rock, driven electric guitars, live acoustic drums, solid bass, energetic, raw",
        "bpm": 128,
        "keyscale": None,
        "timesignature": "4/4",
    }


def test_it_lists_what_staff_added(owner, client_of):
    Preset.objects.create(name="Polka", label="Polka", parameters={"bpm": 120})
    assert "Polka" in client_of(owner).get("/api/v1/music/presets").json()["genre_presets"]


def test_it_gives_sample_requests(owner, client_of):
    samples = client_of(owner).get("/api/v1/music/sample-data").json()["samples"]
    first = samples["text2music"][0]
    assert first["endpoint"] == "/api/v1/music/text2music"
    assert first["request"]["lyrics"].startswith("[verse]\n")


@pytest.mark.parametrize("path", ["presets", "sample-data"])
def test_it_wants_credentials(db, path):
    answer = APIClient().get(f"/api/v1/music/{path}")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
