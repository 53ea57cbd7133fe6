"""Which pages of other sites may read what this server answers (django-cors-headers does the work).

The origins of AUDIOMUSIC_CORS_ORIGINS read the API and what signed links open, with a key that they send
themselves: browsers send no cookies along, for that is never allowed. `/rest` is not among them: the
players of OpenSubsonic run on any site and sign in with each call, so its views answer every origin by
themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

#: What other sites may ask for at all.
PATHS = r"^/(api/|mcp$|(audio|cover|peaks|lrc|score|archive|recipe|source)/|s/[^/]+/.)"
NO_PATH = r"(?!)"
#: What a page sends beside what browsers always allow.
ALLOWED_HEADERS = (
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "if-range",
    "mcp-method", "mcp-name", "mcp-protocol-version", "range", "x-api-key",
)  # fmt: skip
#: What it may read of the answer's headers.
EXPOSED_HEADERS = (
    "Accept-Ranges", "Content-Disposition", "Content-Length", "Content-Range", "ETag", "Idempotent-Replayed",
    "Location", "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    "X-Search-Corrected", "X-Total-Count",
)  # fmt: skip


def cors_paths(origins: Sequence[str]) -> str:
    """A pattern of the paths that are looked at: without origins, songs keep an answer without `Vary`, which
    caches understand best."""
    return PATHS if origins else NO_PATH


def is_origin(text: str) -> bool:
    """Whether browsers send it as an origin: scheme and host, in small letters, without anything behind."""
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
