"""CORS: which other sites' pages may read this server's responses (with django-cors-headers).

The origins in AUDIOMUSIC_CORS_ORIGINS can read the API and signed links, with a key that they send
themselves; cookies are never allowed. `/rest` is not included: OpenSubsonic players run on any site and
authenticate each call, so its views allow every origin themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

#: The paths that other sites may request.
PATHS = r"^/(api/|mcp$|(audio|cover|peaks|lrc|score|archive|recipe|source)/|s/[^/]+/.)"
NO_PATH = r"(?!)"
#: Request headers that a page may send beyond the CORS-safelisted ones.
ALLOWED_HEADERS = (
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "if-range",
    "mcp-method", "mcp-name", "mcp-protocol-version", "range", "x-api-key",
)  # fmt: skip
#: Response headers that it may read.
EXPOSED_HEADERS = (
    "Accept-Ranges", "Content-Disposition", "Content-Length", "Content-Range", "ETag", "Idempotent-Replayed",
    "Location", "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    "X-Search-Corrected", "X-Total-Count",
)  # fmt: skip


def cors_paths(origins: Sequence[str]) -> str:
    """Return a pattern for the paths with CORS. Without origins no path matches, so responses for songs keep
    no `Vary`, which suits caches best.
    """
    return PATHS if origins else NO_PATH


def is_origin(text: str) -> bool:
    """Return whether the text is an origin as browsers send it: scheme and host in lower case, with nothing
    after them.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    written = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    shown = f":{port}" if port is not None and port != usual else ""
    return parts.scheme in ("http", "https") and bool(host) and text == f"{parts.scheme}://{written}{shown}"
