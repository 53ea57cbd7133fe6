"""Log lines without what opens something: keys, tokens, and the addresses that carry them.

A refused request is logged with its address, and a signed link is one that opens; a header that is
malformed is logged as it came, and it may hold a key. So lines are cleaned where they are written.
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
    r"|(?P<code>\bcode=)[^&\s'\"]{8,}"  # from a provider, in the address to which it sends back
    r"|(?P<bearer>\b(?i:bearer)\s+)(?!ap_|eyJ)[^\s'\",}]{6,}"
    r"|(?P<model>\bsk-)[\w-]{8,}"
    r"|(?P<player>[?&](?:p|t|s|apiKey)=)[^&\s'\"]+"  # what music players sign in with
    r"|(?P<field>(?i:password|secret|token)=)[^&\s'\"]+"
)


def redact(text: str) -> str:
    """`text` with only the beginning of each secret left: "/audio/…/song.flac"."""
    return _SECRETS.sub(lambda match: f"{match[match.lastgroup or 0]}{HIDDEN}", text)


class RedactingFormatter(logging.Formatter):
    """Cleans the whole line, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class DropTraceback(logging.Filter):
    """No traceback: where a program knocks at the wrong door, a line says enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True
