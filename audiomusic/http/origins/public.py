"""The address that people type, as far as the settings name it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def public_origin() -> str:
    """Its scheme and host, without the path; empty where the settings name none."""
    parts = urlsplit(settings.PUBLIC_URL)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
