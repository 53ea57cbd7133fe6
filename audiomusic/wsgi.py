"""The WSGI application that the web server calls."""

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
    """Wrap the application to ignore the charset that a client declares: every request is UTF-8, as RFC 8259
    requires of JSON.

    Django would use that charset to decode the query before anything else, and some of Python's encodings are
    not text encodings ("hex", "rot13").
    """

    def with_kind(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "CONTENT_TYPE" in environ:
            environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
        return answer(environ, start_response)

    return with_kind


def build_docs() -> None:
    """Generate the API description before the first request.

    It takes about 0.2 s of CPU time, during which a running process could answer no one else. The server
    starts even if this fails.
    """
    from jobs.api.docs import read_docs

    try:
        read_docs()
    except Exception:
        log.exception("The API could not be described; /api/docs and /api/schema will fail.")


application = force_utf8(get_wsgi_application())
build_docs()
