"""Which other sites may read responses (AUDIOMUSIC_CORS_ORIGINS)."""

import pytest

from audiomusic.http.origins.cors import cors_paths, is_origin
from jobs.storage.links import audio_url, lrc_url
from tests.support.recordings import new_job, recorded

pytestmark = pytest.mark.django_db

SITE = "https://player.example.org"
ALLOW = "Access-Control-Allow-Origin"


@pytest.fixture
def is_named(settings):
    """Configure AUDIOMUSIC_CORS_ORIGINS=https://player.example.org."""
    settings.CORS_ALLOWED_ORIGINS, settings.CORS_URLS_REGEX = [SITE], cors_paths([SITE])


def preflight(client, path, method="POST", headers="x-api-key,idempotency-key,content-type", origin=SITE):
    asked = {"access-control-request-method": method, "access-control-request-headers": headers}
    return client.options(path, headers={"origin": origin, **asked})


@pytest.mark.parametrize("path", ["/api/v1/music/presets", "/audio/x/y.mp3", "/sign-in", "/"])
def test_no_one_may_by_default(client, path):
    for response in (client.get(path, headers={"origin": SITE}), preflight(client, path)):
        assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_the_named_origins_may_ask_the_api(is_named, client, owner):
    asked = preflight(client, "/api/v1/music/text2music")
    assert asked.status_code == 200 and asked[ALLOW] == SITE
    assert {"x-api-key", "idempotency-key", "content-type"} <= set(
        asked["Access-Control-Allow-Headers"].split(", ")
    )
    client.force_login(owner)
    answer = client.get("/api/v1/music/jobs", headers={"origin": SITE})
    assert (answer.status_code, answer[ALLOW]) == (200, SITE)
    exposed = answer["Access-Control-Expose-Headers"]
    assert "X-Total-Count" in exposed and "X-Search-Corrected" in exposed
    assert "origin" in answer["Vary"].lower()


def test_refusals_can_be_read_too(is_named, client):
    refused = client.get("/api/v1/music/jobs", headers={"origin": SITE})
    assert (refused.status_code, refused[ALLOW]) == (401, SITE)


def test_what_signed_links_open_can_be_read(is_named, client, owner):
    take = recorded(new_job(owner))
    for url in (audio_url(take.job, 1, "flac", base_url=""), lrc_url(take.job, 1, base_url="")):
        answer = client.get(url, headers={"origin": SITE, "range": "bytes=0-9"})
        assert answer[ALLOW] == SITE
        assert "Content-Range" in answer["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/account", "/admin/login/", "/healthz", "/metrics"])
def test_pages_are_read_by_no_other_site(is_named, client, path):
    assert ALLOW not in client.get(path, headers={"origin": SITE})
    assert ALLOW not in preflight(client, path)


@pytest.mark.parametrize(
    "origin",
    ["https://player.example.org.evil.net", "http://player.example.org", "null", "https://example.org"],
)
def test_another_origin_may_not(is_named, client, origin):
    assert ALLOW not in client.get("/api/v1/music/presets", headers={"origin": origin})
    assert ALLOW not in preflight(client, "/api/v1/music/presets", origin=origin)


def test_cookies_are_never_let_along(is_named, client, owner):
    client.force_login(owner)
    for response in (
        client.get("/api/v1/music/jobs", headers={"origin": SITE}),
        preflight(client, "/api/v1/music/jobs", "GET"),
    ):
        assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (SITE, True),
        ("http://localhost:3000", True),
        ("http://[::1]:8080", True),
        ("*", False),
        ("null", False),
        ("player.example.org", False),
        (f"{SITE}/", False),
        (f"{SITE}:443", False),
        ("https://Player.example.org", False),
        ("https://user@player.example.org", False),
        ("https://player.example.org:port", False),
        ("ftp://player.example.org", False),
        ("", False),
    ],
)
def test_an_origin_is_written_as_browsers_send_it(text, is_one):
    assert is_origin(text) is is_one
