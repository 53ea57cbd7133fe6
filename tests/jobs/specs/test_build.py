"""Which engine runs each task when the request names none."""

import pytest

from audiomusic.engines.registry import ENGINES
from jobs.specs.build import build_song_request, resolve_engine
from tests.support.acestep_weights import turbo_folder  # noqa: F401


def test_auto_is_the_studio_where_no_weights_are(settings, tmp_path):
    assert resolve_engine(None).name == "studio"
    settings.ACESTEP_DIR = str(tmp_path)
    assert resolve_engine("audiomusic-v2").name == "studio"


def test_auto_is_acestep_where_weights_are(settings, turbo_folder):  # noqa: F811
    settings.ACESTEP_DIR = str(turbo_folder)
    assert resolve_engine(None, "text2music").name == "acestep"
    assert resolve_engine("studio", "text2music").name == "studio"


def test_what_an_engine_cannot_make_the_studio_makes(settings):
    settings.ENGINE = "acestep"
    assert resolve_engine(None, "text2samples").name == "studio"
    assert resolve_engine(None, "text2rap").name == "acestep"


def test_a_name_that_stands_for_nothing():
    with pytest.raises(LookupError, match="no engine is called 'banjo'"):
        resolve_engine("banjo")


def test_room_is_reserved_for_a_length_that_the_caption_asks_for():
    asked = {"caption": "ambient, nine minutes", "lyrics": ""}
    request = build_song_request("prompt2instrumental", asked, ENGINES["studio"])
    assert (request.duration_s, request.max_duration_s) == (None, 540.0)
    loop = build_song_request("text2samples", {"caption": "loop, 5 minutes"}, ENGINES["studio"])
    assert loop.max_duration_s == 120.0
