"""The calling user, and calls of the API on their behalf: as functions in this process, never over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.urls import resolve

from audiomusic.accounts.models import ApiKey, User
from audiomusic.http.throttling import READ, ScopeThrottle
from audiomusic.mcp.protocol import REFUSED, ProtocolError
from jobs.storage.links import site_url

READ_SCOPE, MAKE_SCOPE = "music:read", "music:generate"
#: The part of the incoming request that is passed on to the API: where it came from and to, but no
#: credentials.
KEPT = (
    "REMOTE_ADDR", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "HTTP_HOST", "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO", "wsgi.url_scheme", "SCRIPT_NAME", "HTTP_USER_AGENT",
)  # fmt: skip


class Refused(Exception):
    """A refusal by the API: its sentence and code, and the other data of its response."""

    def __init__(self, sentence: str, code: str, status: int, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.code, self.status = sentence, code, status
        self.facts = dict(facts or {})


@dataclass(frozen=True)
class EndpointAnswer:
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class McpCaller:
    """A signed-in user with their API key; without a key everything is permitted, as in the API.

    `progress` reports the progress of a wait, if the client supports it. `version` is the agreed protocol
    version.
    """

    user: User
    key: ApiKey | None
    environ: Mapping[str, Any]
    version: str = ""
    progress: Callable[[int, str], None] | None = field(default=None, compare=False)

    @property
    def base_url(self) -> str:
        return site_url(_request("GET", "/", dict(self.environ), b""))

    def allows(self, scope: str) -> bool:
        return self.key is None or self.key.allows(scope)

    def check_scope(self, scope: str) -> None:
        if not self.allows(scope):
            raise Refused(f'This API key lacks the scope "{scope}".', "scope_missing", 403)

    def count_read(self) -> None:
        """Count a read that does not go through the API, which counts its own. Raises ProtocolError."""
        state = ScopeThrottle(self.user).count(str(self.user.pk), READ)
        if state is not None and state.is_exceeded:
            sentence = f"Too many calls: try again in {state.reset_s} s."
            facts = {"code": "throttled", "retry_after": state.reset_s}
            raise ProtocolError(REFUSED, sentence, facts, status=429)

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> EndpointAnswer:
        return self.ask("GET", path, query=query)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        reads_only: bool = False,
    ) -> EndpointAnswer:
        """Call the API view at `path` and return its response.

        Scopes, limits, idempotency, credits and refusals are therefore the same as over HTTP. Raises Refused.
        `reads_only` means that a POST changes nothing, so a key with the read scope may make it.
        """
        environ = dict(self.environ)
        environ["QUERY_STRING"] = urlencode(query or {})
        if idempotency_key is not None:
            environ["HTTP_IDEMPOTENCY_KEY"] = idempotency_key
        content = b"" if body is None else json.dumps(body).encode()
        request: Any = _request(method, path, environ, content)
        request._force_auth_user = self.user  # REST framework's own way to force authentication
        request._force_auth_token = None if reads_only else self.key
        view, arguments, named = resolve(path)
        response = view(request, *arguments, **named)
        data = response.data if hasattr(response, "data") else orjson.loads(response.content or b"null")
        if response.status_code >= 400:
            raise _refused(data, response.status_code, response.headers)
        return EndpointAnswer(data, response.headers)


def _refused(data: Any, status: int, headers: Mapping[str, str]) -> Refused:
    facts = {name: value for name, value in data.items() if name not in ("detail", "code")}
    detail = data.get("detail", "")
    if isinstance(detail, Mapping):  # the format of score-first music
        facts |= {name: value for name, value in detail.items() if name not in ("code", "message")}
        detail = detail["message"]
    if "Retry-After" in headers:
        facts["retry_after"] = int(headers["Retry-After"])
    return Refused(str(detail), str(data.get("code", "refused")), status, facts)


def _request(method: str, path: str, environ: dict[str, Any], content: bytes) -> HttpRequest:
    return WSGIRequest(
        environ
        | {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_TYPE": "application/json" if content else "",
            "CONTENT_LENGTH": str(len(content)) if content else "",
            "wsgi.input": BytesIO(content),
        }
    )


def environ_of(request: HttpRequest) -> dict[str, Any]:
    return {name: request.META[name] for name in KEPT if name in request.META} | {
        "wsgi.url_scheme": request.scheme
    }


def local_environ() -> dict[str, Any]:
    """Return the environ for a process beside the server; links begin with the server's own URL."""
    parts = urlsplit(str(settings.PUBLIC_URL or settings.LISTEN_URL))
    return {
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or {"https": 443}.get(parts.scheme, 80)),
        "HTTP_HOST": parts.netloc,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": parts.scheme,
    }
