import json
import re

import pytest
from django.template.loader import render_to_string

from jobs.api.parameters import TASKS
from library.forms import KEYSCALES, SONG_KINDS

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def page_of(client):
    """page_of(user): the home page as that user gets it."""

    def get(user):
        client.force_login(user)
        return client.get("/")

    return get


def kind_table(page):
    return json.loads(re.search(r'<script id="song-kinds" type="application/json">(.*?)</script>', page)[1])


def test_it_asks_strangers_to_sign_in(client, db):
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/sign-in?next=/")


def test_it_shows_the_form_and_the_shelf(page_of, owner):
    page = page_of(owner).content.decode()
    assert "New song</h1>" in page
    assert "Songs</h2>" in page
    for kind in SONG_KINDS:
        assert f'name="kind" value="{kind.name}"' in page


def test_it_keeps_to_a_strict_policy(page_of, owner, refused_by_policy):
    assert refused_by_policy(page_of(owner)) == []


def test_it_carries_the_limits_of_each_endpoint(page_of, owner):
    table = kind_table(page_of(owner).content.decode())
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


def test_it_escapes_a_hostile_name(page_of, owner):
    owner.first_name, owner.last_name = HOSTILE, '"onload="x'
    owner.save()
    page = page_of(owner).content.decode()
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;" in page


def test_only_staff_is_led_to_the_admin(page_of, owner, staff):
    assert 'href="/admin/"' not in page_of(owner).content.decode()
    assert 'href="/admin/"' in page_of(staff).content.decode()


def test_it_takes_no_post(client, owner):
    client.force_login(owner)
    assert client.post("/").status_code == 405


def test_a_missing_page_is_dressed_too(client, db, refused_by_policy):
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "Nothing on this side" in response.content.decode()
    assert refused_by_policy(response) == []


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_the_error_pages_need_no_context(name):
    assert "Back to the songs" in render_to_string(f"{name}.html")


def test_the_admin_bears_the_name(client, db):
    assert "AudioMusic" in client.get("/admin/login/").content.decode()
