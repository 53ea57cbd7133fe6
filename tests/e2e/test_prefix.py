"""The server under a path of a site, behind a reverse proxy: no link leads outside the path."""

import json
import urllib.request
from urllib.error import HTTPError

import pytest
from playwright.sync_api import expect

from audiomusic.devtools.browser import chromium, find_chromium, wait_until
from audiomusic.devtools.scratch_server import ONE_HIT
from tests.support.prepared import PreparedServer
from tests.support.reverse_proxy import ReverseProxy

pytestmark = pytest.mark.e2e

PREFIX = "/tools/music"
PASSWORD = "velvet-groove-77"


@pytest.fixture(scope="module")
def proxied(prepared_folder):
    """Return (the server, a proxy that keeps the prefix, one that removes it)."""
    server = PreparedServer(prepared_folder)
    with (
        ReverseProxy(server.port, PREFIX, takes_away=False) as kept,
        ReverseProxy(server.port, PREFIX, takes_away=True) as taken,
    ):
        server.environment |= {"AUDIOMUSIC_PUBLIC_URL": kept.url, "AUDIOMUSIC_PROXIES": "1"}
        with server:
            yield server, kept, taken


def get(url, key="", method="GET"):
    request = urllib.request.Request(url, headers={"X-API-Key": key} if key else {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture(scope="module")
def song(proxied):
    server, *_ = proxied
    made = server.call("POST", f"{PREFIX}/api/v1/music/text2samples", ONE_HIT)[1]["job"]
    return server.wait_for(made["id"], "COMPLETED")


@pytest.mark.parametrize("place", [1, 2], ids=["handed on", "taken away"])
def test_each_kind_of_proxy_reaches_every_room(proxied, song, place):
    server, proxy = proxied[0], proxied[place]
    for path in ("/healthz", "/sign-in", "/admin/login/", "/api/docs", "/api/schema"):
        assert get(proxy.url + path)[0] == 200, path
    assert get(proxy.url)[0] == 200  # redirects to the sign-in page
    status, _, body = get(f"{proxy.url}/api/v1/music/jobs/{song['id']}/status", server.key)
    job = json.loads(body)
    assert status == 200
    assert job["output_url"].startswith(f"{proxied[1].url}/audio/")
    assert get(proxy.url + "/api/v1/nothing")[1]["Content-Type"] == "application/json"
    refused = json.loads(get(f"{proxy.url}/rest/ping.view?f=json")[2])["subsonic-response"]
    assert refused["error"]["helpUrl"] == f"{proxied[1].url}/account#players-section"
    assert proxy.outside == []


def test_links_open_and_come_back_as_sources(proxied, song):
    server, proxy, _ = proxied
    status, headers, body = get(song["output_url"])
    assert (status, headers["Content-Type"]) == (200, "audio/wav")
    assert get(song["takes"][0]["recipe_url"])[0] == 200
    asked = {"source_url": song["output_url"]}
    status, _ = server.call("POST", f"{PREFIX}/api/v1/music/analyze", asked)
    assert status != 404, "the server does not know its own link"


def test_the_schema_names_the_prefix(proxied):
    schema = json.loads(get(proxied[1].url + "/api/schema")[2])
    assert schema["servers"] == [{"url": PREFIX}]
    assert "/api/v1/music/text2music" in schema["paths"]
    assert not [path for path in schema["paths"] if path.startswith(PREFIX)]


def test_large_uploads_pass(proxied):
    """The server recognises upload URLs before Django sees them, and lets large bodies through."""
    server, proxy, _ = proxied
    boundary = "b0undary"
    body = f"--{boundary}\r\nContent-Disposition: form-data; name=file; filename=a.wav\r\n\r\n".encode()
    body += b"\0" * 3_000_000 + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(
        proxy.url + "/api/v1/music/uploads", data=body, method="POST",
        headers={"X-API-Key": server.key, "Content-Type": f"multipart/form-data; boundary={boundary}"},
    )  # fmt: skip
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 415  # it is not audio, but it is not too large either


@pytest.mark.skipif(find_chromium() is None, reason="Chromium is not here")
def test_a_browser_never_leaves_the_prefix(proxied, song):
    server, proxy, _ = proxied
    complaints = []
    staff = (
        "from audiomusic.accounts.models import User; User.objects.create_superuser('boss', password='%s')"
    )
    server.python("manage.py", "shell", "-c", staff % PASSWORD)
    with chromium() as browser:
        page = browser.new_page(base_url=proxy.origin)
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(PREFIX)
        assert page.url.startswith(f"{proxy.url}/sign-in?next=")
        page.get_by_label("Username").fill("boss")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{proxy.url}/")
        cookies = {cookie["name"]: cookie["path"] for cookie in page.context.cookies()}
        assert cookies["sessionid"] == cookies["csrftoken"] == PREFIX

        page.get_by_role("link", name="Create your first song").click()
        page.wait_for_url(f"{proxy.url}/create")
        expect(page.locator("#main")).to_be_focused()  # not a field, which would receive the key
        page.keyboard.press("/")
        page.wait_for_url(f"{proxy.url}/")
        walk(page, proxy)
        wait_until(page, "navigator.serviceWorker.controller?.state === 'activated'")
        assert page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)") == f"{proxy.url}/"
        page.goto(f"{PREFIX}/admin/")
        expect(page.locator("#site-name, #branding").first).to_be_visible()
        page.locator("#content a[href*='jobs/job/']").first.click()
        assert page.url.startswith(f"{proxy.url}/admin/")
        outside = page.evaluate(LINKS_OUTSIDE, PREFIX)
        assert outside == []
    assert proxy.outside == []
    assert complaints == []


#: This site's URLs in a page that are not under the prefix.
LINKS_OUTSIDE = """(prefix) => [...document.querySelectorAll('[href], [src], [action], [hx-get], [hx-post]')]
  .flatMap((it) => ['href', 'src', 'action', 'hx-get', 'hx-post'].map((name) => it.getAttribute(name)))
  .filter((text) => text?.startsWith('/') && !text.startsWith(prefix + '/'))"""


def walk(page, proxy):
    """Visit every page of the navigation, with the requests of its scripts."""
    page.goto(f"{proxy.url}/playlists")
    page.get_by_label("New playlist").fill("Evening")
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_url(f"{proxy.url}/playlists/1")
    for path in (
        "/", "/create", "/queue", "/playlists", "/playlists/1", "/uploads", "/account", "/account/webhooks",
    ):  # fmt: skip
        page.goto(proxy.url + path)
        wait_until(page, "Boolean(window.htmx)")
        assert page.evaluate(LINKS_OUTSIDE, PREFIX) == [], path
