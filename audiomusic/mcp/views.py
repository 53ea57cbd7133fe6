"""`POST /mcp`: stateless, one JSON message in, one JSON message out. There is no stream."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import MethodNotAllowed, ParseError, PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.authentication import ApiKeyAuthentication, JwtAuthentication
from audiomusic.accounts.models import ApiKey
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.cache_control import API
from audiomusic.mcp.caller import McpCaller, environ_of
from audiomusic.mcp.dispatcher import answer
from audiomusic.mcp.protocol import (
    HTTP_STATUSES,
    INVALID_REQUEST,
    MODERN_VERSIONS,
    PARSE_ERROR,
    REFUSED,
    UNSUPPORTED_VERSION,
    ProtocolError,
    id_of,
    read_message,
    version_over_http,
)
from jobs.storage.links import site_url


@extend_schema(exclude=True)  # the protocol describes itself
class McpView(APIView):
    """The MCP endpoint. It accepts a key or a token but no browser cookie, so no web page can call it
    unnoticed.

    Tools count, refuse and charge like their endpoints; everything else counts as a read.
    """

    http_method_names = ["post"]
    authentication_classes = [ApiKeyAuthentication, JwtAuthentication]
    permission_classes = [IsAuthenticated]
    throttle_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        _check_origin(request)
        if request.method != "POST":
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        body = request.data
        try:
            message = read_message(body)
            if message is None or message.is_notification:
                return Response(status=202)
            caller = McpCaller(
                user=user_of(request),
                key=request.auth if isinstance(request.auth, ApiKey) else None,
                environ=environ_of(request._request),
                version=version_over_http(message, request.headers),
            )
            return Response({"jsonrpc": "2.0", "id": message.id, "result": answer(message, caller)})
        except ProtocolError as error:
            is_modern = request.headers.get("MCP-Protocol-Version") in MODERN_VERSIONS
            return _refusal(error, id_of(body), is_modern)

    def handle_exception(self, exc: Exception) -> Response:
        """Return an error that occurs before the message is read in the protocol's format."""
        response = super().handle_exception(exc)
        refused = cast(dict[str, Any], response.data)
        code = PARSE_ERROR if isinstance(exc, ParseError) else REFUSED
        facts = {name: value for name, value in refused.items() if name != "detail"}
        response.data = ProtocolError(code, str(refused["detail"]), facts).body()
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        found = super().finalize_response(request, response, *args, **kwargs)
        found["Cache-Control"] = API
        return found


def _refusal(error: ProtocolError, message_id: Any, is_modern: bool) -> Response:
    """Return an error response. In the handshake era, an error for a request has status 200."""
    status = error.status or (HTTP_STATUSES.get(error.code, 400) if is_modern else 200)
    if error.code in (INVALID_REQUEST, UNSUPPORTED_VERSION):
        status = 400
    response = Response(error.body(message_id), status=status)
    if status == 429 and error.data:
        response["Retry-After"] = str(error.data.get("retry_after", 1))
    return response


def _check_origin(request: Request) -> None:
    """Raise PermissionDenied if the Origin is another site's.

    A page of another site sends its own Origin, even if DNS rebinding has pointed its name at this machine.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return
    own = urlsplit(site_url(request._request))
    if origin not in (f"{own.scheme}://{own.netloc}", *settings.CORS_ALLOWED_ORIGINS):
        raise PermissionDenied("Pages of this origin are not allowed to call this.", code="origin_refused")
