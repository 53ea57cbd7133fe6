"""What the web server calls."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

Application = Callable[..., Iterable[bytes]]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "audiomusic.settings")
log = logging.getLogger(__name__)
_CHARSET = re.compile(r";[ \t]*charset=[^;]*", re.IGNORECASE)


def force_utf8(answer: Application) -> Application:
    """Everything that comes is UTF-8, as RFC 8259 has it for JSON: what a client calls its encoding is
    passed over. Django would decode the query by it before anything else, and Python knows encodings that
    are none of text ("hex", "rot13")."""

    def with_kind(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "CONTENT_TYPE" in environ:
            environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
        return answer(environ, start_response)

    return with_kind


def build_docs() -> None:
    """Describe the API before the first request: it takes some 0.2 s of processor time, in which a process
    that serves already would answer no one else. A description that fails is no reason not to start."""
    from jobs.api.docs import read_docs

    try:
        read_docs()
    except Exception:
        log.exception("The API could not be described; /api/docs and /api/schema will fail.")


application = force_utf8(get_wsgi_application())
build_docs()
