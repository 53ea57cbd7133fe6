"""What the server can be made to call. tests/http/test_safe_http.py tests which addresses are allowed; this
module tests the ways to write them, and proves that nothing else opens connections."""

import re
import socket

import pytest

from audiomusic.devtools.scratch_server import ROOT
from audiomusic.http import safe_http
from audiomusic.http.safe_http import AddressRefused, CallFailed, parse_target, post, resolve
from jobs.tasks import make_song
from jobs.worker.claims import job_claim
from library.services import share_create
from tests.jobs.conftest import fake_engine, make_job, result  # noqa: F401

#: Modules that may import network modules: the guarded client is the only one that calls out. The others
#: listen, try this server's own port, or ask for this machine's name.
#: server's own port, or ask this machine's name.
MAY_IMPORT = {
    "audiomusic/http/safe_http.py", "audiomusic/management/commands/serve.py", "audiomusic/server/http.py",
    "audiomusic/server/channel.py", "audiomusic/server/__main__.py",
    "jobs/heartbeat.py", "jobs/worker/lease.py",
    "audiomusic/engines/language_model/client.py",  # types only: its bytes go through safe_http
}  # fmt: skip
NETWORK = {
    "socket", "ssl", "http.client", "urllib.request", "ftplib", "smtplib", "telnetlib", "asyncio",
    "requests", "httpx", "httpx2", "openai", "urllib3", "aiohttp", "huggingface_hub", "boto3",
}  # fmt: skip

IMPORTED = re.compile(r"^\s*(?:import|from) ([\w.]+)", re.M)

INWARDS = [
    # loopback, in every base and in short forms
    "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "017700000001",
    "0177.0.0.1", "0177.0x0.1", "127.255.255.254", "localhost", "LOCALHOST", "a.localhost",
    # private, shared, link-local, metadata, benchmark, multicast, reserved
    "10.0.0.1", "167772161", "0xa9fea9fe", "169.254.169.254", "2852039166", "172.16.0.1", "192.168.1.1",
    "3232235777", "100.64.0.1", "100.100.100.200", "198.18.0.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "192.0.0.1", "168.63.129.16",
    # IPv6, and IPv4 inside it
    "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", "[fc00::1]", "[fd00:ec2::254]",
    "[fe80::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]",
]  # fmt: skip
NO_URL = [
    "http://user@127.0.0.1/", "http://example.org@127.0.0.1/", "http://example.org:80@127.0.0.1/",
    "http://127.0.0.1\\@example.org/", "http://example.org\\.127.0.0.1/", "http://１２７.0.0.1/",
    "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://exämple.org/", "http://ⓛocalhost/",
    "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "dict://127.0.0.1/", "//127.0.0.1/",
    "http:///etc/passwd", "http:127.0.0.1", "http://", "http://[::1", "http://example.org:0/",
    "http://example.org:99999/", "http://example.org /", "http://example.org/\r\nHost: x", "http://a/\x00",
    "http://" + "a" * 300 + ".example/", "http://example.org/" + "a" * 2000, "",
]  # fmt: skip


@pytest.fixture
def nobody_is_called(monkeypatch):
    def called(address, *arguments, **options):
        pytest.fail(f"{address} was called")

    monkeypatch.setattr(safe_http.socket, "create_connection", called)


@pytest.fixture
def names(monkeypatch):
    """names["host"] = what a DNS look-up returns, IPv4 and IPv6."""
    table = {}

    def look_up(host, port, **options):
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in table[host]
        ]

    monkeypatch.setattr(safe_http.socket, "getaddrinfo", look_up)
    return table


@pytest.mark.parametrize("host", INWARDS)
def test_no_spelling_of_an_inner_address_is_called(nobody_is_called, host):
    for scheme in ("http", "https"):
        with pytest.raises((AddressRefused, CallFailed)):
            post(f"{scheme}://{host}/", body=b"", headers={}, timeout_s=1)


@pytest.mark.django_db
def test_nor_is_it_taken_for_a_webhook(client_of, owner):
    api = client_of(owner)
    for url in [*(f"http://{host}:8080/x" for host in INWARDS), *NO_URL]:
        answer = api.post("/api/v1/webhooks/endpoints", {"url": url})
        assert answer.status_code == 400, url
        assert set(answer.json()["errors"]) == {"url"}
    assert api.get("/api/v1/webhooks/endpoints").json() == []


@pytest.mark.parametrize("url", NO_URL)
def test_what_is_no_plain_url_is_called_by_nobody(nobody_is_called, url):
    with pytest.raises(AddressRefused):
        post(url, body=b"", headers={}, timeout_s=1)


@pytest.mark.parametrize(
    "addresses",
    [
        ["93.184.215.14", "::1"], ["2606:4700::1111", "127.0.0.1"], ["64:ff9b::7f00:1"], ["fe80::1%eth0"],
        ["2606:4700::1111", "::ffff:169.254.169.254"], ["93.184.215.14"] * 9 + ["10.0.0.1"],
        ["2002:7f00:1::"], ["0.0.0.0"], ["::"],
    ],
)  # fmt: skip
def test_a_name_is_refused_for_the_worst_of_its_addresses(names, nobody_is_called, addresses):
    names["mixed.example"] = addresses
    with pytest.raises(AddressRefused):
        post("https://mixed.example/", body=b"", headers={}, timeout_s=1)


def test_a_name_that_changes_its_mind_is_called_where_it_was_judged(names, monkeypatch):
    """A name is public when looked up and private a moment later, in both families."""
    called = []

    def connect(address, timeout):
        called.append(address)
        names["turncoat.example"] = ["127.0.0.1", "::1"]
        raise ConnectionRefusedError

    monkeypatch.setattr(safe_http.socket, "create_connection", connect)
    for first in ("93.184.215.14", "2606:4700::1111"):
        names["turncoat.example"] = [first]
        assert resolve(parse_target("http://turncoat.example/"), allow_private=False) == first
        with pytest.raises(CallFailed):
            post("http://turncoat.example:81/", body=b"", headers={}, timeout_s=1)
    assert called == [("93.184.215.14", 81), ("2606:4700::1111", 81)]


@pytest.fixture
def ear():
    """A listening socket to which no connection may be made."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        yield listening


@pytest.mark.django_db(transaction=True)
def test_a_picture_is_never_fetched(client, client_of, owner, make_job, ear):  # noqa: F811
    """A link to a cover is for browsers; the server never opens it, nor any other link in a song's text."""
    url = f"http://127.0.0.1:{ear.getsockname()[1]}/x.png"
    job = make_job(thumbnail_url=url, caption=f"like {url}", display_name=url, instrumental=True)
    api = client_of(owner)
    make_song(job_claim(lease_token="me"))
    assert api.patch(f"/api/v1/music/jobs/{job.id}", {"thumbnail_url": url}).status_code == 200
    assert api.get(f"/api/v1/music/jobs/{job.id}").json()["status"] == "COMPLETED"
    client.force_login(owner)
    job.refresh_from_db()
    share = share_create(job=job, days=1)
    for path in ("/", f"/tracks/{job.id}", f"/s/{share.token}", f"/s/{share.token}/1.mp3", "/create"):
        assert client.get(path).status_code == 200
    with pytest.raises(TimeoutError):
        ear.accept()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example/x", "ftp://a/b"]
)
def test_a_picture_is_a_link_of_the_web_or_nothing(client_of, owner, make_job, url):  # noqa: F811
    job = make_job()
    answer = client_of(owner).patch(f"/api/v1/music/jobs/{job.id}", {"thumbnail_url": url})
    assert answer.status_code == 400
    asked = {"caption": "calm piano", "thumbnail_url": url}
    assert client_of(owner).post("/api/v1/music/text2music", asked).status_code == 400


def test_nothing_else_can_open_a_connection():
    """All outgoing calls go through `safe_http`, which checks addresses."""
    sources = [
        path for room in ("audiomusic", "jobs", "library", "presets") for path in (ROOT / room).rglob("*.py")
    ]
    found = {
        str(path.relative_to(ROOT))
        for path in sources
        if not {"bench", "devtools"} & set(path.parts) and NETWORK & {*IMPORTED.findall(path.read_text())}
    }
    assert found <= MAY_IMPORT
    assert "audiomusic/http/safe_http.py" in found
