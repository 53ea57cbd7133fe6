"""The form that requests a song, and its price."""

import json
import re

import pytest

from audiomusic.engines.registry import find_engine
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.plan import make_plan
from jobs.specs.build import build_song_request
from jobs.specs.parameters import OPTIONS, TASKS
from jobs.specs.spelling import LANGUAGES
from library.create.examples import examples
from library.create.languages import language_groups
from library.create.model_settings import model_settings
from library.create.options import KEYSCALES, SONG_KINDS
from tests.jobs.api.conftest import job_row  # noqa: F401

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def page_of(client):
    """page_of(user, query=""): the form as that user gets it."""

    def get(user, query=""):
        client.force_login(user)
        return client.get(f"/create{query}")

    return get


@pytest.fixture
def estimate(client, owner):
    client.force_login(owner)
    return lambda **asked: client.post("/create/estimate", {"task": "text2music"} | asked)


def table_in(page, name):
    return json.loads(re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page)[1])


def test_it_asks_strangers_to_sign_in(client, db):
    assert client.get("/create")["Location"] == "/sign-in?next=/create"


def test_it_offers_every_kind(page_of, owner):
    page = page_of(owner).content.decode()
    for kind in SONG_KINDS:
        assert (f'name="kind" value="{kind.name}"' in page) == (kind.name != "simple")
    assert 'name="mode" value="simple"' in page


def test_it_keeps_to_a_strict_policy(page_of, owner, refused_by_policy):
    assert refused_by_policy(page_of(owner)) == []


def test_it_carries_the_limits_of_each_endpoint(page_of, owner):
    table = table_in(page_of(owner).content.decode(), "song-kinds")
    assert table["simple"]["prompt_field"] == "query"
    assert table["simple"]["bounds"]["query"] == [1, 1000]
    assert table["song"]["bounds"]["caption"] == [1, 2048]
    assert table["samples"]["bounds"]["duration"] == [1, 120]
    assert "lyrics" not in table["simple"]["bounds"]


def test_every_kind_is_sent_to_an_endpoint_that_is_there():
    for kind in SONG_KINDS:
        assert kind.prompt_field in TASKS[kind.task].names


def test_the_keys_are_spelled_as_the_api_spells_them():
    assert len(KEYSCALES) == len(set(KEYSCALES)) == 24
    assert {"C Major", "Eb Major", "F# Minor"} <= set(KEYSCALES)


def test_it_offers_the_genre_presets(page_of, owner, rock):
    page = page_of(owner).content.decode()
    assert 'name="genre_preset" value="Rock"' in page
    assert 'name="genre_preset" value="Custom"' not in page


def test_it_escapes_a_hostile_preset(page_of, owner, rock):
    rock.label = rock.description = HOSTILE
    rock.save()
    assert HOSTILE not in page_of(owner).content.decode()


def test_model_settings_speak_people_s_words_and_name_who_reads_them(page_of, owner):
    page = page_of(owner).content.decode()
    field = re.search(r'<div class="field" data-field="guidance_scale".*?</div>', page, re.DOTALL)[0]
    assert 'data-engines="acestep" hidden' in field and 'name="guidance_scale"' in field
    assert "Closeness to your words" in field and "1 to 30" in field
    assert "Use cot" not in page and "No effect here" not in page


def test_every_setting_that_an_engine_reads_has_its_words():
    assert [setting.parameter for setting in model_settings()] == list(OPTIONS)
    assert all(setting.label and setting.help.endswith(".") for setting in model_settings())


def test_languages_stand_by_their_own_names_in_order(page_of, owner):
    written, sung = ([language.name for language in group.languages] for group in language_groups())
    assert written == [
        "Deutsch", "English", "Español", "Français", "Italiano", "Português", "中文", "日本語",
    ]  # fmt: skip
    assert sung[:3] == ["Bahasa Indonesia", "Čeština", "Dansk"] and "한국어" in sung
    assert {code for group in language_groups() for code, _ in group.languages} <= LANGUAGES
    assert '<option value="es" lang="es">Español</option>' in page_of(owner).content.decode()


def test_it_says_what_a_preset_sets(page_of, owner, rock):
    page = page_of(owner).content.decode()
    effects = table_in(page, "preset-table")["Rock"]
    assert effects == {name: rock.parameters[name] for name in ("genre", "bpm", "timesignature")}
    assert f"<small>{rock.parameters['bpm']} bpm</small>" in page


def test_an_example_stands_there_for_every_genre():
    assert sorted(example["genre"] for example in examples()) == sorted(load_genres())


@pytest.mark.parametrize("example", examples(), ids=lambda example: example["genre"])
def test_an_example_is_understood_and_made(example):
    task = {kind.name: kind.task for kind in SONG_KINDS}[example["kind"]]
    request = example["request"] | {"seed": 5}
    table = {parameter.name: parameter for parameter in TASKS[task].parameters}
    assert request.keys() <= table.keys()
    values = {table[name].key: value for name, value in request.items()}
    plan = make_plan(build_song_request(task, values, find_engine("studio")), 5)
    assert (plan.genre, plan.not_understood, plan.not_applied) == (example["genre"], (), {})
    assert plan.language == request.get("vocal_language")
    assert plan.bpm == request["bpm"]


def test_it_recalls_an_earlier_song(page_of, owner, job_row):  # noqa: F811
    job = job_row(owner, task="text2rap", params={"caption": "boom bap", "bpm": 90, "lyrics": None})
    recalled = table_in(page_of(owner, f"?from={job.id}").content.decode(), "recalled")
    assert recalled == {"kind": "rap", "request": {"caption": "boom bap", "bpm": 90}}


def test_it_recalls_nobody_elses_song(page_of, owner, other, job_row):  # noqa: F811
    assert page_of(other, f"?from={job_row(owner).id}").status_code == 404


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "²"])
def test_it_leaves_out_a_number_that_is_none(page_of, owner, number):
    assert page_of(owner, f"?from={number}").status_code == 200


def test_the_estimate_is_that_of_the_services(estimate):
    answer = estimate(duration=60, batch_size=2).json()
    assert answer == {"duration": "1:00", "is_asked": True, "takes": 2, "credits": 1980}


def test_without_words_they_are_written(estimate):
    assert estimate().json()["duration"] == "1:56"
    assert estimate(instrumental="true").json()["duration"] == "1:40"
    assert estimate(lyrics="One line").json()["duration"] == "0:24"


def test_the_estimate_hears_a_length_in_the_words_and_in_the_preset(estimate, rock):
    assert estimate(caption="a song of 45 seconds").json()["duration"] == "0:45"
    rock.parameters |= {"duration": 30}
    rock.save()
    answer = estimate(genre_preset="Rock").json()
    assert (answer["duration"], answer["is_asked"]) == ("0:30", True)
    assert estimate(genre_preset="Rock", duration=60).json()["duration"] == "1:00"
    assert estimate(genre_preset="no such preset").json()["duration"] == "1:56"


@pytest.mark.parametrize(
    "wrong", [{"task": "nothing"}, {"duration": "-3"}, {"batch_size": "9"}, {"lyrics": "x" * 10_001}]
)
def test_the_estimate_refuses_what_no_request_may_say(estimate, wrong):
    answer = estimate(**wrong)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [*wrong]
