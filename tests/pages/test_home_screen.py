"""What a phone requests for its home screen: without user data, and under the site's path."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import set_script_prefix
from PIL import Image

TOKENS = Path(settings.BASE_DIR, "static/site/tokens.css").read_text()


@pytest.fixture
def prefix(settings):
    settings.STATIC_URL = "/music/static/"
    set_script_prefix("/music/")
    yield "/music"
    set_script_prefix("/")


def test_the_manifest_names_what_there_is(client, db):
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    assert "public" in answer["Cache-Control"] and not answer.cookies
    manifest = answer.json()
    assert (manifest["name"], manifest["display"], manifest["start_url"]) == ("AudioMusic", "standalone", "/")
    for icon in manifest["icons"]:
        with Image.open(finders.find(icon["src"].removeprefix("/static/"))) as picture:
            assert icon["sizes"] == f"{picture.width}x{picture.height}"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for shortcut in manifest["shortcuts"]:
        assert client.get(shortcut["url"]).status_code == 302  # the page exists, for signed-in users


def test_its_colour_is_that_of_the_pages(client, db):
    ground = re.search(r"--ground: light-dark\((#\w+)", TOKENS)[1]
    assert client.get("/manifest.webmanifest").json()["theme_color"] == ground
    page = client.get("/sign-in").content.decode()
    assert f'name="theme-color" content="{ground}" media="(prefers-color-scheme: light)' in page
    assert 'rel="manifest" href="/manifest.webmanifest"' in page and "apple-touch-icon.png" in page


def test_everything_lies_under_the_path_of_the_site(client, db, prefix):
    manifest = client.get("/manifest.webmanifest").json()
    assert manifest["scope"] == manifest["start_url"] == "/music/"
    assert all(icon["src"].startswith("/music/static/") for icon in manifest["icons"])
    script = client.get("/service-worker.js").content.decode()
    assert 'OFFLINE = "/music/offline"' in script


def test_the_service_worker_keeps_one_page_that_is_of_nobody(client, owner):
    client.force_login(owner)
    answer = client.get("/service-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    script = answer.content.decode()
    assert script.count("cache.put") == script.count("cache.addAll") == 1
    page = client.get("/offline").content.decode()
    assert "You are offline" in page and "Songs in progress continue" in page and "Try again" in page
    assert owner.username not in page and "csrf" not in page


def test_they_count_as_no_pages(client, db, settings):
    """A browser checks its service worker again with each page."""
    settings.PAGE_RATE = "1/min"
    for path in ("/service-worker.js", "/manifest.webmanifest"):
        assert [client.get(path).status_code for _ in range(3)] == [200] * 3
