"""Serializers of the account endpoints."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib.auth.models import update_last_login
from django.utils import timezone
from rest_framework import serializers
from rest_framework_simplejwt.serializers import (
    PasswordField,
    TokenObtainPairSerializer,
    TokenObtainSerializer,
)
from rest_framework_simplejwt.settings import api_settings as jwt_settings
from rest_framework_simplejwt.tokens import RefreshToken

from audiomusic.accounts.authentication import JwtAuthentication
from audiomusic.accounts.factors.services import code_verify, has_factor
from audiomusic.accounts.jwt.tokens import refresh_token_rotate, stamp_epoch
from audiomusic.accounts.models import SCOPES, ApiKey, User
from audiomusic.accounts.security_log.events import Kind, SecurityEvent
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.accounts.selectors import username_of
from audiomusic.http.exceptions import SecondFactorInvalid, SecondFactorRequired
from audiomusic.http.fields import TextField, WholeNumberField

MAX_OTP_CHARS = 64


class UserSerializer(serializers.ModelSerializer[User]):
    full_name = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(source="date_joined", read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "email", "full_name", "is_verified", "created_at"]


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key as its owner sees it, without the secret."""

    prefix = serializers.CharField(source="token_key", read_only=True)
    created_at = serializers.DateTimeField(source="created", read_only=True)
    expires_at = serializers.DateTimeField(source="expiry", read_only=True, allow_null=True)

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "prefix",
            "scopes",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_address",
        ]


class SecurityEventSerializer(serializers.ModelSerializer[SecurityEvent]):
    """An event of the caller's account. `actor`: who caused it, if that was someone else; `key`: the name of
    the API key that it is about or that was used; `count`: at least this many within a minute."""

    actor = serializers.CharField(source="actor_name", read_only=True)
    key = serializers.CharField(source="key_name", read_only=True)
    created_at = serializers.DateTimeField(source="at", read_only=True)

    class Meta:
        model = SecurityEvent
        fields = ["id", "kind", "created_at", "address", "user_agent", "key", "actor", "detail", "count"]


class SecurityEventPage(serializers.Serializer[Any]):
    """Which part of the log to return."""

    skip = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)


class NewApiKeySerializer(ApiKeySerializer):
    """The only response that contains the secret, as `api_key` and as `key`."""

    api_key = serializers.SerializerMethodField()
    key = serializers.SerializerMethodField(method_name="get_api_key")

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "api_key", "key"]

    def get_api_key(self, key: ApiKey) -> str:
        return str(self.context["token"])


class ApiKeyRequest(serializers.Serializer[Any]):
    """A request for a new key. `expires_in_days` is converted to `expires_at`."""

    name = TextField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SCOPES)), allow_empty=False, default=["*"]
    )
    expires_at = serializers.DateTimeField(allow_null=True, default=None)
    expires_in_days = WholeNumberField(min_value=1, max_value=3650, allow_null=True, default=None)

    def validate_scopes(self, scopes: list[str]) -> list[str]:
        return list(dict.fromkeys(scopes))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        days = attrs.pop("expires_in_days")
        if days is not None and attrs["expires_at"] is not None:
            raise serializers.ValidationError("Give expires_at or expires_in_days, not both.")
        if days is not None:
            attrs["expires_at"] = timezone.now() + timedelta(days=days)
        if attrs["expires_at"] is not None and attrs["expires_at"] <= timezone.now():
            raise serializers.ValidationError({"expires_at": "Must be in the future."})
        return attrs


def token_answer(access: str, refresh: str) -> dict[str, Any]:
    return {
        "access_token": access,
        "refresh_token": refresh,
        "token_type": "bearer",
        "expires_in": int(jwt_settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
    }


class TokenRequest(TokenObtainPairSerializer):
    """A username (or e-mail address) and password, to exchange for a pair of JSON web tokens. Accounts with a
    second factor also need a code from an authenticator app, or a recovery code."""

    otp = serializers.CharField(required=False, write_only=True, max_length=MAX_OTP_CHARS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = PasswordField(trim_whitespace=False)

    @classmethod
    def get_token(cls, user: User) -> RefreshToken:  # type: ignore[override]  # narrower types of user and token
        token = cast(RefreshToken, super().get_token(user))
        stamp_epoch(token, user)
        return token

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # The parent's validate() would issue tokens before the second factor is checked.
        TokenObtainSerializer.validate(self, attrs | {"username": username_of(attrs["username"])})
        user = cast(User, self.user)  # validation fails without a user
        self._check_second_factor(user, attrs.get("otp", ""))
        refresh = self.get_token(user)
        update_last_login(User, user)
        security_event_record(kind=Kind.TOKEN_ISSUED, user=user, request=self.context["request"])
        answer = token_answer(str(refresh.access_token), str(refresh))
        return answer | {"user": UserSerializer(user).data}

    def _check_second_factor(self, user: User, code: str) -> None:
        if not has_factor(user):
            return
        if not code:
            raise SecondFactorRequired
        if not code_verify(user=user, code=code, request=self.context["request"]._request):
            raise SecondFactorInvalid


class RefreshRequest(serializers.Serializer[Any]):
    """A refresh token to exchange for a new pair. It works once, and not at all after its user changes the
    password or signs out everywhere."""

    refresh_token = serializers.CharField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        token = RefreshToken(attrs["refresh_token"])
        user = JwtAuthentication().get_user(token)
        refresh_token_rotate(token=token, user=user)
        return token_answer(str(token.access_token), str(token))
