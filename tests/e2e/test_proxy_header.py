"""The header of a believed proxy, on real connections to the real server: from where, in what spelling."""

import http.client

import pytest

from tests.support.prepared import PreparedServer

pytestmark = pytest.mark.e2e

PROXIED = {"AUDIOMUSIC_PROXIES": "1", "AUDIOMUSIC_PROXY_USER_HEADER": "X-Remote-User"}


def signed_in(server, *headers):
    """Whether the account page opens to these header lines, sent as they are."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.putrequest("GET", "/account")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status == 200
    finally:
        connection.close()


def test_on_the_proxys_own_connections_the_header_counts_in_one_spelling(prepared_folder):
    with PreparedServer(prepared_folder, "web", AUDIOMUSIC_PROXY_ADDRESSES="127.0.0.1", **PROXIED) as server:
        assert signed_in(server, ("X-Remote-User", "scratch"))
        assert signed_in(server, ("x-remote-user", "scratch"))
        assert not signed_in(server)
        # What a visitor could add beside the proxy's own line, which here names nobody.
        assert not signed_in(server, ("X_Remote_User", "scratch"))
        assert not signed_in(server, ("X-Remote_User", "scratch"))
        assert not signed_in(server, ("X-Remote-User", ""), ("X-Remote-User", "scratch"))
        assert not signed_in(server, ("X-Remote-User", "scratch"), ("X-Remote-User", "scratch"))


def test_from_anywhere_else_it_does_not_whatever_is_claimed(prepared_folder):
    with PreparedServer(prepared_folder, "web", AUDIOMUSIC_PROXY_ADDRESSES="10.0.3.7", **PROXIED) as server:
        assert not signed_in(server, ("X-Remote-User", "scratch"))
        assert not signed_in(server, ("X-Remote-User", "scratch"), ("X-Forwarded-For", "10.0.3.7"))
        assert not signed_in(server, ("X-Remote-User", "scratch"), ("Forwarded", "for=10.0.3.7"))
