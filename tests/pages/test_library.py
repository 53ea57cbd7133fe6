import re
from html import unescape
from urllib.parse import quote

import pytest
from django.template.loader import render_to_string

from library.query.facets import FacetSamples, facet_counts
from tests.jobs.api.conftest import job_row  # noqa: F401
from tests.library.conftest import tag  # noqa: F401

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def page_of(client):
    """page_of(user, query=""): the library as that user gets it."""

    def get(user, query=""):
        client.force_login(user)
        return client.get(f"/{query}")

    return get


def test_it_asks_strangers_to_sign_in(client, db):
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/sign-in?next=/")


def test_it_shows_ones_own_songs(page_of, owner, other, job_row):  # noqa: F811
    job_row(owner, display_name="Mine")
    job_row(other, display_name="Theirs")
    page = page_of(owner).content.decode()
    assert "Mine" in page
    assert "1 song<" in page
    assert "Theirs" not in page


def test_an_empty_library_leads_to_the_form(page_of, owner):
    assert "No songs yet" in page_of(owner).content.decode()


def test_an_address_narrows_and_sorts(page_of, owner, job_row):  # noqa: F811
    job_row(owner, display_name="Bravo", status="COMPLETED")
    job_row(owner, display_name="Alpha", status="COMPLETED")
    job_row(owner, display_name="Charlie", status="FAILED")
    page = page_of(owner, "?status=completed&order=name").content.decode()
    assert re.findall(r'data-part="name">(.*?)<', page) == ["Alpha", "Bravo"]
    assert 'href="/?order=name"' in page  # the link that removes the filter


def test_a_wrong_letter_is_forgiven_and_told(page_of, owner, job_row):  # noqa: F811
    job_row(owner, display_name="Late at night", prompt="slow jazz", status="COMPLETED")
    page = page_of(owner, "?search=late+jaxz&status=completed").content.decode()
    assert "No song has “jaxz”. These have “jazz”." in page and "Late at night" in page
    (exact,) = re.findall(r'href="/(\?[^"]*)"[^>]*>Search exactly as written<', page)
    as_written = page_of(owner, unescape(exact)).content.decode()
    assert "No song has" not in as_written and "No songs found" in as_written
    assert 'value="&quot;late&quot; &quot;jaxz&quot;"' in as_written
    assert "No song has" not in page_of(owner, "?search=piano").content.decode()


def test_songs_are_sorted_by_name_tempo_and_plays(page_of, owner, job_row):  # noqa: F811
    job_row(owner, display_name="Track 10", bpm=90.0, play_count=4)
    job_row(owner, display_name="ärger", bpm=120.0)
    job_row(owner, display_name="Track 2", play_count=7)
    wanted = {
        "name": ["ärger", "Track 2", "Track 10"],
        "name-down": ["Track 10", "Track 2", "ärger"],
        "fastest": ["ärger", "Track 10", "Track 2"],
        "slowest": ["Track 10", "ärger", "Track 2"],
        "plays": ["Track 2", "Track 10", "ärger"],
    }
    for order, names in wanted.items():
        page = page_of(owner, f"?order={order}").content.decode()
        assert re.findall(r'data-part="name">(.*?)<', page) == names, order


@pytest.mark.parametrize(
    "query", ["?status=nonsense", "?order=sideways", "?skip=-4", "?liked=perhaps", "?x=1"]
)
def test_what_means_nothing_is_left_out(page_of, owner, job_row, query):  # noqa: F811
    job_row(owner, display_name="Alpha")
    assert "Alpha" in page_of(owner, query).content.decode()


def test_the_counts_are_of_what_each_choice_would_leave(owner, job_row, tag):  # noqa: F811
    for name, status in (("Jazz", "COMPLETED"), ("Jazz", "FAILED"), ("Rock", "FAILED")):
        tag(job_row(owner, status=status), "genre", name)
    counts = facet_counts(owner, {"status": "FAILED"}, FacetSamples(owner, ())).of
    assert counts["genre"] == {"Jazz": 1, "Rock": 1}
    assert counts["status"] == {"COMPLETED": 1, "FAILED": 2}
    assert counts["liked"] == {"false": 2}
    counts = facet_counts(owner, {"genre": "Jazz"}, FacetSamples(owner, ())).of
    assert counts["status"] == {"COMPLETED": 1, "FAILED": 1}
    assert counts["genre"] == {"Jazz": 2, "Rock": 1}


def test_parts_come_alone_for_htmx(page_of, client, owner, job_row):  # noqa: F811
    job_row(owner, display_name="Alpha")
    client.force_login(owner)
    headers = {"HX-Request": "true", "HX-Target": "browse"}
    part = client.get("/?search=alp", headers=headers)
    assert part.content.decode().lstrip().startswith('<div class="browse"')
    assert part["HX-Push-Url"] == "/?search=alp"
    assert "<html" in client.get("/?search=alp").content.decode()


def test_a_row_and_its_downloads_come_alone(page_of, client, owner, other, job_row):  # noqa: F811
    job = job_row(owner, display_name="Alpha", status="COMPLETED", takes=2)
    client.force_login(owner)
    assert "Alpha" in client.get(f"/tracks/{job.id}/row").content.decode()
    menu = client.get(f"/tracks/{job.id}/downloads").content.decode()
    assert menu.count("FLAC") == 2
    client.force_login(other)
    assert client.get(f"/tracks/{job.id}/row").status_code == 404
    assert client.get(f"/tracks/{job.id}/downloads").status_code == 404


def test_what_is_typed_is_escaped(page_of, owner, job_row):  # noqa: F811
    job_row(owner, display_name=HOSTILE, prompt=HOSTILE)
    assert HOSTILE not in page_of(owner).content.decode()
    assert HOSTILE not in page_of(owner, f"?search={quote(HOSTILE)}").content.decode()


def test_every_page_bears_the_policy(page_of, owner):
    policy = page_of(owner)["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "unsafe" not in policy


def test_it_keeps_to_a_strict_policy(page_of, owner, refused_by_policy):
    assert refused_by_policy(page_of(owner)) == []


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
    assert "Page not found" in response.content.decode()
    assert refused_by_policy(response) == []


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_the_error_pages_need_no_context(name):
    assert "Back to the songs" in render_to_string(f"{name}.html")


def test_counts_beyond_the_ceiling_say_so(page_of, owner, job_row, monkeypatch):  # noqa: F811
    monkeypatch.setattr("library.query.facets.CEILING", 1)
    for name in ("Alpha", "Alps"):
        job_row(owner, display_name=name, status="COMPLETED")
    page = page_of(owner, "?search=alp").content.decode()
    assert '>Ready</span><span class="choice-count">1+</span>' in page
    assert "2 songs found<" in page
    page = page_of(owner, "?search=alp&status=completed").content.decode()
    assert "1+ songs found<" in page
    assert re.findall(r'data-part="name">(.*?)<', page) == ["Alps", "Alpha"]


def test_what_very_many_songs_say_is_not_counted_to_the_end(page_of, owner, job_row, monkeypatch):  # noqa: F811
    monkeypatch.setattr("jobs.search.queries.FEW", 0)
    for name in ("Alpha", "Alps", "Alpine"):
        job_row(owner, display_name=name, status="COMPLETED")
    assert "3 songs found<" in page_of(owner, "?search=alp").content.decode()
    monkeypatch.setattr("library.query.browse.MANY", 2)
    page = page_of(owner, "?search=alp").content.decode()
    assert "2+ songs found<" in page
    assert re.findall(r'data-part="name">(.*?)<', page) == ["Alpine", "Alps", "Alpha"]
    assert re.findall(r'data-part="name">(.*?)<', page_of(owner, "?search=alp&skip=2").content.decode()) == [
        "Alpha"
    ]


def test_the_admin_bears_the_name_and_the_dress(client, staff, refused_by_policy):
    client.force_login(staff)
    response = client.get("/admin/")
    assert "<title>State of the service | AudioMusic</title>" in response.content.decode()
    assert "site/tokens" in response.content.decode()
    assert refused_by_policy(response) == []
