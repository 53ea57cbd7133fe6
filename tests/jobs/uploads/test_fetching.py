"""Audio at a foreign URL: fetched within bounds, or refused with a code."""

import time

import pytest

from audiomusic.engines.foreign.bounds import SourceUnusable
from audiomusic.http import safe_http
from jobs.uploads import fetching
from jobs.uploads.fetching import address_check, redacted_url, source_fetch
from jobs.uploads.models import SourceFile
from tests.support.sounds import endless, redirect_to, sound_bytes, web_server

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def site():
    pages = {"/a.flac?key=s3cret": sound_bytes("FLAC", seconds=0.6), "/page": b"<html>", "/empty": b""}
    pages |= {"/endless": endless, "/inside": redirect_to("http://10.0.0.1/"), "/loop": redirect_to("/loop")}
    pages["/file"] = redirect_to("file:///etc/passwd")
    pages["/moved"] = redirect_to("/a.flac?key=s3cret")
    pages["/twice"] = redirect_to("/moved")
    pages["/short"] = _breaks_off
    with web_server(pages) as url:
        yield url


def _breaks_off(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b"fLaC")
    handler.close_connection = True


@pytest.fixture
def private(settings):
    settings.SOURCE_URLS = "private"  # the test's server is on loopback


@pytest.fixture
def only_loopback(monkeypatch):
    """Treat loopback as public, and no other private address."""
    is_public = safe_http.is_public
    monkeypatch.setattr(safe_http, "is_public", lambda ip: ip == "127.0.0.1" or is_public(ip))


def refusal_of(user, url):
    with pytest.raises(SourceUnusable) as refused:
        source_fetch(user=user, url=url)
    assert not SourceFile.objects.exists()
    return refused.value.code


def test_it_is_kept_like_an_upload(private, owner, site):
    source = source_fetch(user=owner, url=f"{site}/a.flac?key=s3cret")
    assert (source.origin, source.file_name, source.format) == ("url", "a.flac", "flac")
    assert source.address == f"{site}/a.flac?…" and source.duration_s == 0.6


def test_redirects_are_followed(private, owner, site):
    assert source_fetch(user=owner, url=f"{site}/twice").duration_s == 0.6


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/page", "source_not_audio"),
        ("/empty", "source_not_audio"),
        ("/nothing", "source_unreachable"),
        ("/short", "source_unreachable"),
        ("/loop", "source_unreachable"),
        ("/file", "source_url_not_allowed"),
    ],
)
def test_what_lies_there_may_be_none(private, owner, site, path, code):
    assert refusal_of(owner, f"{site}{path}") == code


def test_an_endless_answer_ends_at_the_bound(private, owner, site, settings):
    settings.SOURCE_MAX_SIZE = "1MB"
    assert refusal_of(owner, f"{site}/endless") == "source_too_large"


def test_one_that_says_nothing_is_given_up(private, owner, monkeypatch):
    monkeypatch.setattr(fetching, "FETCH_S", 0.2)
    with web_server({"/": lambda handler: time.sleep(0.6)}) as url:
        assert refusal_of(owner, url) == "source_unreachable"


def test_a_redirect_to_a_private_address_is_judged_like_an_address(only_loopback, owner, site):
    assert source_fetch(user=owner, url=f"{site}/moved")
    SourceFile.objects.all().delete()
    assert refusal_of(owner, f"{site}/inside") == "source_url_not_allowed"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a", "http://2130706433/", "http://[::1]/", "http://10.1.2.3/", "http://localhost/",
        "http://169.254.169.254/latest/meta-data", "http://0x7f.1/", "ftp://example.org/a", "data:audio/wav,",
        "http://name:word@example.org/a", "file:///etc/passwd", "http://[::ffff:10.0.0.1]/",
    ],
)  # fmt: skip
def test_what_is_private_or_no_address_is_said_at_once(url):
    with pytest.raises(SourceUnusable) as refused:
        address_check(url)
    assert refused.value.code == "source_url_not_allowed"


def test_a_name_that_leads_inside_is_refused_when_it_is_called(owner, monkeypatch):
    inside = [(2, 1, 6, "", ("192.168.1.9", 80))]
    monkeypatch.setattr(safe_http.socket, "getaddrinfo", lambda *where, **how: inside)
    assert refusal_of(owner, "http://music.example/a.mp3") == "source_url_not_allowed"


def test_fetching_can_be_switched_off(settings):
    settings.SOURCE_URLS = "off"
    with pytest.raises(SourceUnusable, match="Upload the file instead"):
        address_check("https://example.org/a.mp3")


def test_what_is_kept_of_an_address_has_no_key():
    assert redacted_url("https://a.org/x.mp3?sig=1#t") == "https://a.org/x.mp3?…"
