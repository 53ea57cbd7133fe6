"""Removal of secrets from log lines: keys, tokens, and URLs that contain them.

The log has the URL of a refused request, which may be a signed link that works, and a malformed header as it
was sent, which may contain a key. So secrets are removed when a line is formatted.
"""

from __future__ import annotations

import logging
import re

HIDDEN = "…"
_SECRETS = re.compile(
    r"(?P<key>ap_)[0-9a-zA-Z_-]{8,}"
    r"|(?P<webhook>whsec_)[\w-]{8,}"
    r"|(?P<jwt>eyJ)[\w-]{8,}\.[\w-]*\.?[\w-]*"
    r"|(?P<link>/(?:audio|cover|peaks|lrc|score|recipe|archive|s)/)[^/\s?'\"]{8,}"
    r"|(?P<code>\bcode=)[^&\s'\"]{8,}"  # a provider's code, in its redirect back to this server
    r"|(?P<bearer>\b(?i:bearer)\s+)(?!ap_|eyJ)[^\s'\",}]{6,}"
    r"|(?P<model>\bsk-)[\w-]{8,}"
    r"|(?P<player>[?&](?:p|t|s|apiKey)=)[^&\s'\"]+"  # credentials of music players
    r"|(?P<field>(?i:password|secret|token)=)[^&\s'\"]+"
)


def redact(text: str) -> str:
    """Return `text` with only the prefix of each secret left: "/audio/…/song.flac"."""
    return _SECRETS.sub(lambda match: f"{match[match.lastgroup or 0]}{HIDDEN}", text)


class RedactingFormatter(logging.Formatter):
    """Redacts the whole line, including tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class DropTraceback(logging.Filter):
    """Drops the traceback where one line says enough, such as a request for an unknown host."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True
