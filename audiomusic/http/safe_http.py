"""Requests to URLs that users choose: only to the public internet, with limits on time and size.

A host name is resolved once, every address of it is checked, and the connection goes to a checked address, so
a name that later resolves differently changes nothing. Sending follows no redirects; a download follows a few
and checks each like the first URL.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

MAX_URL_CHARS = 2000
PORTS = {"http": 80, "https": 443}
HIDDEN = "…"
BROKEN_OFF = "The connection broke off"  # what follows may be the remote side's words
MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CONNECT_S = 10.0
PIECE_BYTES = 65_536
GLOBAL_UNICAST = IPv6Network("2000::/3")
#: Public addresses that the data center itself answers: Azure's wire server.
BLOCKED = frozenset({IPv4Address("168.63.129.16")})


class AddressRefused(ValueError):
    """This server does not call the URL; the message says why."""


class CallFailed(Exception):
    """No complete response arrived; the message says why."""


class AnswerTooLarge(CallFailed):
    """The response is larger than the limit."""


@dataclass(frozen=True)
class ParsedUrl:
    """The parts of a URL."""

    scheme: str
    host: str
    port: int
    path: str  # including the query


@dataclass(frozen=True)
class Response:
    status: int
    start: bytes  # the first bytes of the body, up to the requested maximum


def parse_target(url: str) -> ParsedUrl:
    """Return the parts of a URL. Raises AddressRefused unless it is a plain http or https URL."""
    if len(url) > MAX_URL_CHARS:
        raise AddressRefused(f"Expected at most {MAX_URL_CHARS} characters, got {len(url)}.")
    if not url.isascii() or any(character <= " " or character in "\\\x7f" for character in url):
        raise AddressRefused("Expected a URL of printable ASCII characters without spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("Expected a URL such as https://example.org/hook.") from None
    if parts.scheme not in PORTS or not parts.hostname or len(parts.hostname) > 253:
        raise AddressRefused("Expected an http or https URL such as https://example.org/hook.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("Expected a URL without a user name and a password.")
    if port == 0:
        raise AddressRefused("Expected a port from 1 to 65535.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return ParsedUrl(parts.scheme, parts.hostname, port or PORTS[parts.scheme], path)


def masked_url(url: str) -> str:
    """Return only the scheme and host of a URL, for people who may not use it. The path and query are often
    the only secret that a receiver requires.
    """
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        place = f"{host}:{parts.port}" if parts.port else host
    except ValueError:
        return HIDDEN
    if not place:
        return HIDDEN
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment)
    return f"{parts.scheme}://{place}/{'' if is_bare else HIDDEN}"


def is_public(address: str) -> bool:
    """Return whether an IP address is on the public internet, even if it is embedded in another."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is None:
            return ip in GLOBAL_UNICAST and ip.is_global and ip.sixtofour is None and ip.teredo is None
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast and ip not in BLOCKED


def check_literal(target: ParsedUrl) -> None:
    """Raise AddressRefused if the host is a private address in any spelling.

    Names are resolved only when the request is sent.
    """
    host = target.host
    with suppress(OSError):
        host = socket.inet_ntoa(socket.inet_aton(host))  # 127.1, 0x7f000001, 017700000001, 2130706433
    try:
        is_allowed = is_public(host)
    except ValueError:
        is_allowed = host != "localhost" and not host.endswith(".localhost")
    if not is_allowed:
        raise AddressRefused(f"{target.host} is a private address; expected a public one.")


def resolve(target: ParsedUrl, *, allow_private: bool) -> str:
    """Return the address to connect to. Raises AddressRefused if any address of the name is private,
    CallFailed if it has none.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CallFailed(f"The name {target.host} was not found ({error}).") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise AddressRefused(f"{target.host} is the private address {address}.")
    return addresses[0]


class _Connection(http.client.HTTPConnection):
    """Connects to one fixed address, whatever the host name resolves to by now."""

    def __init__(self, target: ParsedUrl, address: str, timeout_s: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout_s)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)


class _TlsConnection(_Connection):
    default_port = 443

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()


@contextmanager
def _within(connection: _Connection, seconds: float) -> Iterator[None]:
    """Close the connection after this time. A socket's own timeout restarts with every byte."""

    def cut() -> None:
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    timeout_s: float,
    allow_private: bool = False,
    max_answer_bytes: int = 2000,
) -> Response:
    """Send one POST request. Raises AddressRefused before anything is sent, CallFailed if no response
    arrives.
    """
    return send(
        "POST",
        url,
        body=body,
        headers=headers,
        timeout_s=timeout_s,
        allow_private=allow_private,
        max_answer_bytes=max_answer_bytes,
    )


def send(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str],
    timeout_s: float,
    allow_private: bool,
    max_answer_bytes: int,
) -> Response:
    """Send a request like `post`, with any method. `timeout_s` covers the whole request; a response is read
    up to `max_answer_bytes`.
    """
    target = parse_target(url)
    address = resolve(target, allow_private=allow_private)
    kind: type[Any] = _TlsConnection if target.scheme == "https" else _Connection
    connection = kind(target, address, timeout_s)
    try:
        with _within(connection, timeout_s):
            connection.request(method, target.path, body=body or None, headers=dict(headers))
            response = connection.getresponse()
            return Response(response.status, response.read(max_answer_bytes))
    except TimeoutError:
        raise CallFailed(f"There was no response within {timeout_s:g} s.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CallFailed(f"{BROKEN_OFF}: {error or type(error).__name__}.") from None


def download(url: str, path: Path, *, max_bytes: int, timeout_s: float, allow_private: bool = False) -> int:
    """Download a URL into a file, following at most MAX_REDIRECTS redirects, and return its size.

    `timeout_s` covers all of it. Raises AddressRefused if this server does not call one of the URLs on the
    way, AnswerTooLarge, or CallFailed if no complete response arrives; the file's content is then useless.
    """
    ends_at = time.monotonic() + timeout_s
    for _ in range(MAX_REDIRECTS + 1):
        left_s = ends_at - time.monotonic()
        if left_s <= 0:
            raise CallFailed(f"There was no response within {timeout_s:g} s.")
        moved_to = _download_once(url, path, max_bytes, left_s, allow_private)
        if moved_to is None:
            return path.stat().st_size
        url = urljoin(url, moved_to)
    raise CallFailed(f"Expected at most {MAX_REDIRECTS} redirects, got more.")


def _download_once(url: str, path: Path, max_bytes: int, timeout_s: float, allow_private: bool) -> str | None:
    """Return the URL that the response redirects to, or None once the content is in the file."""
    target = parse_target(url)
    address = resolve(target, allow_private=allow_private)
    kind: type[Any] = _TlsConnection if target.scheme == "https" else _Connection
    connection = kind(target, address, min(CONNECT_S, timeout_s))
    # Nothing here decompresses a response, so ask for the file as it is.
    headers = {"Accept": "audio/*, */*;q=0.1", "Accept-Encoding": "identity", "User-Agent": "AudioMusic"}
    try:
        with _within(connection, timeout_s):
            connection.request("GET", target.path, headers=headers)
            response = connection.getresponse()
            if response.status in REDIRECTS:
                return str(response.getheader("Location") or "")
            if response.status != 200:
                raise CallFailed(f"Expected the answer 200, got {response.status}.")
            _receive(response, path, max_bytes)
            return None
    except TimeoutError:
        raise CallFailed("There was no response in time.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CallFailed(f"{BROKEN_OFF}: {error or type(error).__name__}.") from None


def _receive(response: http.client.HTTPResponse, path: Path, max_bytes: int) -> None:
    declared = response.length
    if declared is not None and declared > max_bytes:
        raise AnswerTooLarge(f"Expected at most {max_bytes} bytes, got {declared}.")
    taken = 0
    with path.open("wb") as file:
        while piece := response.read(PIECE_BYTES):
            taken += len(piece)
            if taken > max_bytes:
                raise AnswerTooLarge(f"Expected at most {max_bytes} bytes, got more.")
            file.write(piece)
    if declared is not None and taken < declared:  # http.client only reports it for one read of everything
        raise CallFailed(f"{BROKEN_OFF}: expected {declared} bytes, got {taken}.")
