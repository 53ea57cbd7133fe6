"""Where the server listens, and what its address is called outside."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

#: Addresses that mean every one, and what a browser on the same machine types instead.
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class PublicAddress(NamedTuple):
    """The parts of a public URL that settings need apart; all empty where there is none."""

    origin: str  # "https://music.example.org:8443"
    host: str  # as ALLOWED_HOSTS has it, IPv6 in brackets
    path: str  # the prefix of every address, "/music"


def split_url(url: str) -> PublicAddress:
    """What cannot be read has empty parts; audiomusic.checks says what is wrong with it."""
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
    """An address as URLs write it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def listen_url(host: str, port: str) -> str:
    """Where a browser on this machine finds what listens there."""
    return f"http://{url_host(EVERY_ADDRESS.get(host, host))}:{port}"
