"""Which addresses may be called, and that the address checked is the address called."""

import socket

import pytest

from audiomusic.http import safe_http
from audiomusic.http.safe_http import AddressRefused, CallFailed, is_public, parse_target, post, resolve


@pytest.fixture
def names(monkeypatch):
    """names["host"] = [addresses]: what a DNS look-up returns; `looked_up` lists the look-ups."""
    table, looked_up = {}, []

    def look_up(host, port, **options):
        looked_up.append(host)
        if host not in table:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in table[host]]

    monkeypatch.setattr(safe_http.socket, "getaddrinfo", look_up)
    table["looked_up"] = looked_up
    return table


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8"],
)
def test_the_open_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "168.63.129.16",
        "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fc00::1", "fe80::1", "fe80::1%eth0", "fec0::1",
        "ff02::1", "2001:db8::1", "fd00:ec2::254",
    ],
)  # fmt: skip
def test_everything_else_is_not(address):
    assert not is_public(address)


def test_a_url_is_taken_apart():
    target = parse_target("https://Example.org:8443/a/b?c=d#e")
    assert (target.scheme, target.host, target.port, target.path) == (
        "https", "example.org", 8443, "/a/b?c=d",
    )  # fmt: skip
    assert parse_target("http://example.org").port == 80


def test_a_name_with_one_private_address_is_refused(names):
    names["mixed.example"] = ["93.184.215.14", "10.0.0.1"]
    with pytest.raises(AddressRefused, match=r"private address 10\.0\.0\.1"):
        resolve(parse_target("http://mixed.example/"), allow_private=False)


def test_a_name_nobody_knows_is_a_failed_call(names):
    with pytest.raises(CallFailed, match="was not found"):
        resolve(parse_target("http://nowhere.example/"), allow_private=False)


def test_a_name_is_looked_up_once_and_that_address_called(names, monkeypatch):
    names["turncoat.example"] = ["93.184.215.14"]
    called = []

    def connect(address, timeout):
        called.append(address)
        names["turncoat.example"] = ["127.0.0.1"]
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(safe_http.socket, "create_connection", connect)
    with pytest.raises(CallFailed, match="refused"):
        post("http://turncoat.example/", body=b"", headers={}, timeout_s=1)
    assert called == [("93.184.215.14", 80)]
    assert names["looked_up"] == ["turncoat.example"]


def test_a_private_name_is_called_by_nobody(names, monkeypatch):
    names["inside.example"] = ["192.168.1.1"]
    monkeypatch.setattr(safe_http.socket, "create_connection", lambda *arguments: pytest.fail("called"))
    with pytest.raises(AddressRefused):
        post("https://inside.example/", body=b"", headers={}, timeout_s=1)


def test_a_certificate_is_asked_for_the_name_and_not_for_the_address(names, monkeypatch):
    names["example.org"] = ["93.184.215.14"]
    asked = []

    class Context:
        def wrap_socket(self, sock, *, server_hostname, do_handshake_on_connect):
            asked.append(server_hostname)
            raise OSError("enough")

    monkeypatch.setattr(safe_http.socket, "create_connection", lambda *arguments: None)
    monkeypatch.setattr(safe_http.ssl, "create_default_context", Context)
    with pytest.raises(CallFailed, match="enough"):
        post("https://example.org/", body=b"", headers={}, timeout_s=1)
    assert asked == ["example.org"]
