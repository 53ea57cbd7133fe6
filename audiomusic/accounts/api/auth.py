"""/api/v1/auth: API keys, JSON web tokens and the current user."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenViewBase

from audiomusic.accounts.api.response_types import TokenAnswerBody, UserBody
from audiomusic.accounts.api.serializers import (
    ApiKeyRequest,
    ApiKeySerializer,
    NewApiKeySerializer,
    RefreshRequest,
    SecurityEventPage,
    SecurityEventSerializer,
    TokenRequest,
    UserSerializer,
)
from audiomusic.accounts.authentication import BrowserAuthentication
from audiomusic.accounts.factors.reauthentication import is_confirmed
from audiomusic.accounts.models import ApiKey, User
from audiomusic.accounts.requests.signed_in import SignedInApiRequest, user_of
from audiomusic.accounts.security_log.events import SecurityEvent
from audiomusic.accounts.security_log.refusals import refresh_failed, sign_in_refused
from audiomusic.accounts.services import key_create, key_revoke
from audiomusic.accounts.throttles import SignInAddressThrottle, SignInNameThrottle, SignInSiteThrottle
from audiomusic.http.exceptions import ReauthenticationRequired
from audiomusic.http.openapi import ERROR, TOTAL_COUNT, answers


def require_recent_sign_in(request: Request) -> None:
    """Raise ReauthenticationRequired for a browser session whose last confirmation is too old."""
    is_browser = isinstance(request.successful_authenticator, BrowserAuthentication)
    if is_browser and not is_confirmed(request._request):
        raise ReauthenticationRequired


TOKENS = answers(TokenAnswerBody) | {401: ERROR}


@extend_schema_view(get=extend_schema(operation_id="list_keys", summary="Your keys", tags=["account"]))
class ApiKeyList(generics.ListAPIView[ApiKey]):
    """The caller's keys. Only a key with every scope can create another key. A browser session can do so only
    shortly after its user signed in or confirmed their identity."""

    required_scopes = {"POST": "*"}
    serializer_class = ApiKeySerializer
    queryset = ApiKey.objects.none()

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.active_for(user_of(self.request))

    @extend_schema(
        operation_id="create_key",
        summary="Create a key, which is shown only once",
        tags=["account"],
        request=ApiKeyRequest,
        responses={201: NewApiKeySerializer},
    )
    def post(self, request: SignedInApiRequest) -> Response:
        require_recent_sign_in(request)
        asked = ApiKeyRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        key, token = key_create(user=request.user, **asked.validated_data)
        answer = NewApiKeySerializer(key, context={"token": token})
        return Response(answer.data, status=status.HTTP_201_CREATED)


@extend_schema_view(delete=extend_schema(operation_id="revoke_key", summary="Revoke a key", tags=["account"]))
class ApiKeyDetail(generics.DestroyAPIView[ApiKey]):
    """Revokes a key. It stops working immediately."""

    required_scopes = {"DELETE": "*"}
    serializer_class = ApiKeySerializer
    queryset = ApiKey.objects.none()

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.active_for(user_of(self.request))

    def perform_destroy(self, instance: ApiKey) -> None:
        require_recent_sign_in(self.request)
        key_revoke(key=instance)


class SecurityEvents(APIView):
    """The caller's security events. They reveal addresses, so a key needs every scope."""

    required_scopes = dict.fromkeys(SAFE_METHODS, "*")

    @extend_schema(
        operation_id="list_security_events",
        summary="Events of your account, newest first",
        tags=["account"],
        parameters=[SecurityEventPage, TOTAL_COUNT],
        responses=SecurityEventSerializer(many=True),
    )
    def get(self, request: SignedInApiRequest) -> Response:
        asked = SecurityEventPage(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        skip, limit = asked.validated_data["skip"], asked.validated_data["limit"]
        events = SecurityEvent.objects.about(request.user)
        body = SecurityEventSerializer(events[skip : skip + limit], many=True).data
        return Response(body, headers={"X-Total-Count": str(events.count())})


@extend_schema_view(
    get=extend_schema(
        operation_id="me", summary="Your account", tags=["account"], responses=answers(UserBody)
    )
)
class Me(generics.RetrieveAPIView[User]):
    """The user whom the credentials belong to."""

    serializer_class = UserSerializer

    def get_object(self) -> User:
        return user_of(self.request)


@extend_schema_view(
    post=extend_schema(
        operation_id="sign_in", summary="Sign in and get a pair of tokens", tags=["account"], responses=TOKENS
    )
)
@method_decorator(sensitive_post_parameters(), name="dispatch")
class Token(TokenViewBase):
    """Exchanges a username and password, sent as a form or as JSON, for an access and a refresh token."""

    serializer_class = TokenRequest
    parser_classes = [*APIView.parser_classes, FormParser, MultiPartParser]
    throttle_classes = [SignInNameThrottle, SignInAddressThrottle, SignInSiteThrottle]

    def throttled(self, request: Request, wait: float) -> NoReturn:
        sign_in_refused(request, name=request.data.get("username") if hasattr(request.data, "get") else None)
        super().throttled(request, wait)


@extend_schema_view(
    post=extend_schema(
        operation_id="refresh_token", summary="Get a new pair of tokens", tags=["account"], responses=TOKENS
    )
)
class Refresh(TokenViewBase):
    """Exchanges a refresh token for a new pair. Each refresh token works once: reusing one is refused and
    revokes every token derived from it."""

    serializer_class = RefreshRequest
    parser_classes = Token.parser_classes
    throttle_classes = [SignInAddressThrottle, SignInSiteThrottle]

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            return super().post(request, *args, **kwargs)
        except AuthenticationFailed:
            refresh_failed(request, token=request.data.get("refresh_token"))
            raise
