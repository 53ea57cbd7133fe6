"""Exits with 0 if the web server of this container answers; run by HEALTHCHECK.

Standalone, with the names and defaults of the settings: it runs every half minute, and loading the settings
would cost a second of a core each time.
"""

from __future__ import annotations

import os
import sys
import urllib.request

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
TIMEOUT_S = 4


def address() -> str:
    host = os.environ.get("HOST", "127.0.0.1").strip("[]")
    host = EVERY_ADDRESS.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{os.environ.get('PORT', '8000')}/healthz"


def is_healthy() -> bool:
    try:
        with urllib.request.urlopen(address(), timeout=TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_healthy() else 1)
