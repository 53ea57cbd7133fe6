"""The address that the server listens on, and its public address."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

#: Addresses that mean all interfaces -> the address for a browser on the same machine.
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class PublicAddress(NamedTuple):
    """The parts of a public URL that the settings need; all empty without one."""

    origin: str  # "https://music.example.org:8443"
    host: str  # as in ALLOWED_HOSTS, IPv6 in brackets
    path: str  # the prefix of every path, "/music"


def split_url(url: str) -> PublicAddress:
    """Split a public URL. All parts of an invalid one are empty; audiomusic.checks reports what is wrong with
    it.
    """
    try:
        parts = urlsplit(url)
        host = url_host(parts.hostname or "")
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return PublicAddress("", "", "")
    if not (parts.scheme and host):
        return PublicAddress("", "", "")
    return PublicAddress(f"{parts.scheme}://{host}{port}", host, parts.path.rstrip("/"))


def url_host(host: str) -> str:
    """Return a host as URLs write it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def listen_url(host: str, port: str) -> str:
    """Return the URL of a listener for a browser on this machine."""
    return f"http://{url_host(EVERY_ADDRESS.get(host, host))}:{port}"
