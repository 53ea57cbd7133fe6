"""The header of a trusted proxy, on real connections to a real server: from which address, in which
spelling."""

import http.client

import pytest

from tests.support.prepared import PreparedServer

pytestmark = pytest.mark.e2e

PROXY, ELSEWHERE = "127.0.0.1", "127.0.0.2"  # all of 127.0.0.0/8 is this machine


@pytest.fixture(scope="module")
def server(prepared_folder):
    with PreparedServer(
        prepared_folder, "web", AUDIOMUSIC_PROXIES="1", AUDIOMUSIC_PROXY_USER_HEADER="X-Remote-User",
        AUDIOMUSIC_PROXY_ADDRESSES=PROXY,
    ) as running:  # fmt: skip
        yield running


def signed_in(server, *headers, address=PROXY):
    """Return whether the account page opens with exactly these header lines, sent from that address."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30, source_address=(address, 0))
    try:
        connection.putrequest("GET", "/account")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status == 200
    finally:
        connection.close()


def test_on_the_proxys_own_connections_the_header_counts_in_one_spelling(server):
    assert signed_in(server, ("X-Remote-User", "scratch"))
    assert signed_in(server, ("x-remote-user", "scratch"))
    assert not signed_in(server)
    # What a visitor could add beside the proxy's own header, which names no user here.
    assert not signed_in(server, ("X_Remote_User", "scratch"))
    assert not signed_in(server, ("X-Remote_User", "scratch"))
    assert not signed_in(server, ("X-Remote-User", ""), ("X-Remote-User", "scratch"))
    assert not signed_in(server, ("X-Remote-User", "scratch"), ("X-Remote-User", "scratch"))


@pytest.mark.parametrize("claim", [(), (("X-Forwarded-For", PROXY),), (("Forwarded", f"for={PROXY}"),)])
def test_from_anywhere_else_it_does_not_whatever_is_claimed(server, claim):
    assert not signed_in(server, ("X-Remote-User", "scratch"), *claim, address=ELSEWHERE)
