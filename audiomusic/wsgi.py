"""What the web server calls."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

Application = Callable[..., Iterable[bytes]]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "audiomusic.settings")
_CHARSET = re.compile(r";[ \t]*charset=[^;]*", re.IGNORECASE)


def utf8_alone(answer: Application) -> Application:
    """Everything that comes is UTF-8, as RFC 8259 has it for JSON: what a client calls its encoding is
    passed over. Django would decode the query by it before anything else, and Python knows encodings that
    are none of text ("hex", "rot13")."""

    def told(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "CONTENT_TYPE" in environ:
            environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
        return answer(environ, start_response)

    return told


application = utf8_alone(get_wsgi_application())
