"""The server's public address, if the settings have one."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def public_origin() -> str:
    """Return its scheme and host without the path, or an empty string without PUBLIC_URL."""
    parts = urlsplit(settings.PUBLIC_URL)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
