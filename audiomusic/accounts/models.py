"""Users, API keys, sessions and credits."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone
from knox.models import AbstractAuthToken

from audiomusic.accounts.external.models import ExternalIdentity  # noqa: F401  (Django looks here)
from audiomusic.accounts.factors.models import Passkey, RecoveryCode  # noqa: F401
from audiomusic.accounts.managers import ApiKeyManager, CreditEntryManager
from audiomusic.accounts.players.models import PlayerPassword  # noqa: F401
from audiomusic.accounts.security_log.events import SecurityEvent  # noqa: F401  (Django looks here)

Scope = Literal["*", "music:read", "music:generate"]
#: The scopes of an API key, with their descriptions for people.
SCOPES: dict[Scope, str] = {
    "*": "full access, including API keys",
    "music:read": "read songs, credits and settings",
    "music:generate": "create, change and delete songs",
}


class User(AbstractUser):  # type: ignore[django-manager-missing]  # related managers of django-otp and knox
    """A person or program that owns songs. A custom user model, so that it can be extended."""

    is_verified = models.BooleanField(default=True)
    waiting_limit = models.PositiveIntegerField(
        "songs in line",
        null=True,
        blank=True,
        help_text="At most so many of their songs may wait at once; empty: as the server says.",
    )
    storage_limit_mb = models.PositiveIntegerField(
        "storage in MB",
        null=True,
        blank=True,
        help_text="At most so many megabytes of files may they keep; empty: as the server says.",
    )
    #: Scope -> rate, where staff gave this user a different one from the server's:
    #: accounts.services.user_rates_set.
    rate_limits = models.JSONField(default=dict, blank=True, editable=False, db_default={})
    #: Stored in each JSON web token; other numbers are refused (accounts.sessions.user_sessions).
    token_epoch = models.PositiveIntegerField(default=0, editable=False)

    backend: str  # the backend that authenticated the user, set by `authenticate`
    #: Holds state between the two signals of a save: accounts.security_log.signals.
    _security_before: dict[str, Any] | None
    _is_rehashed: bool

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined, misc]  # the stubs leave it out
        # Deactivated users: workers query them every few seconds, and there are few.
        indexes = [models.Index(fields=["id"], name="user_shut", condition=Q(is_active=False))]
        permissions = [("remove_factors", "Can remove a user's second factors")]

    @property
    def full_name(self) -> str:
        return self.get_full_name()


def every_scope() -> list[str]:
    return ["*"]


class ApiKey(AbstractAuthToken):  # type: ignore[misc]  # knox has no types
    """A named knox token that can be revoked. The key itself is never stored: `token_key` holds its first 15
    characters for the lookup, and `digest` its SHA-512."""

    #: knox makes the digest the primary key, which would expose it in URLs and log lines.
    digest: models.CharField[str, str] = models.CharField(max_length=128, unique=True)
    name: models.CharField[str, str] = models.CharField(max_length=100)
    scopes = models.JSONField(default=every_scope)
    last_used_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, editable=False
    )
    last_address: models.GenericIPAddressField[str | None, str | None] = models.GenericIPAddressField(
        null=True, editable=False, unpack_ipv4=True
    )
    revoked_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    objects = ApiKeyManager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"

    @property
    def is_usable(self) -> bool:
        expired = self.expiry is not None and self.expiry <= timezone.now()
        return self.revoked_at is None and not expired

    def allows(self, scope: str) -> bool:
        return scope in self.scopes or "*" in self.scopes


class UserSession(AbstractBaseSession):
    """A browser session with its user. Written by `session_store` after sign-in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions")
    last_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)  # as the browser names itself
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta(AbstractBaseSession.Meta):  # type: ignore[name-defined, misc]  # as above
        verbose_name = "session"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save only Django's own columns when its session store rewrites the row; keep the others."""
        if kwargs.get("force_update") and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = ["session_data", "expire_date", "user"]
        super().save(*args, **kwargs)

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_module(settings.SESSION_ENGINE).SessionStore


class RefreshTokenFamily(models.Model):
    """A refresh token and its successors, of which only the newest is valid. Created when the first token is
    used (accounts.jwt.tokens). Stores no token, only token ids."""

    family_id = models.CharField(max_length=64, unique=True)  # `jti` of the first token
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    newest_id = models.CharField(max_length=64, blank=True)  # `jti` of the newest; empty: family revoked
    expires_at = models.DateTimeField(db_index=True)  # of the newest token; then the row is useless

    class Meta:
        verbose_name_plural = "refresh token families"

    def __str__(self) -> str:
        return f"tokens of {self.user}"


class CreditAccount(models.Model):
    """A user's balance. Written only by `credits`, together with an entry that gives the reason."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="credit_account"
    )
    balance = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(balance__gte=0), name="balance_never_below_zero")]

    def __str__(self) -> str:
        return f"{self.user}: {self.balance} credits"


class CreditEntry(models.Model):
    """One line of the ledger, written once and never changed. A user's balance is the sum of `amount`."""

    class Kind(models.TextChoices):
        GRANT = "grant"  # credits given: amount > 0
        RESERVE = "reserve"  # set aside for a job: amount <= 0
        CHARGE = "charge"  # a reservation settled: `spent` is gone, `amount` >= 0 came back
        REFUND = "refund"  # a reservation returned whole: amount >= 0

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="credit_entries",
        db_index=False,  # the first and last index below begin with it
    )
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.BigIntegerField()  # the change of the balance by this line
    spent = models.PositiveBigIntegerField(default=0)
    balance_after = models.BigIntegerField()
    reference = models.CharField(max_length=64, blank=True)  # what it was for: "job:5"
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CreditEntryManager()

    class Meta:
        verbose_name_plural = "credit entries"
        ordering = ["-id"]
        indexes = [
            # A user's statement, newest first, and its sums.
            models.Index(fields=["user", "kind", "-id"], name="entry_user_kind_newest"),
            # Recent grants and spending of all users; a covering index.
            models.Index(fields=["kind", "created_at", "amount", "spent"], name="entry_kind_moved"),
            # What a reservation still holds.
            models.Index(fields=["user", "reference"], name="entry_user_reference"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="entry_never_below_zero"),
            models.CheckConstraint(
                condition=Q(kind="reserve", amount__lte=0) | (~Q(kind="reserve") & Q(amount__gte=0)),
                name="entry_only_reserve_takes",
            ),
            models.CheckConstraint(condition=Q(spent=0) | Q(kind="charge"), name="entry_only_charge_spends"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:+} for {self.user}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("A ledger line is never changed; write another one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A ledger line is never deleted; write another one.")


class IdempotentResponse(models.Model):
    """A stored response to a request with an Idempotency-Key, read and written by `idempotency`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        db_index=False,  # the constraint's index begins with it
    )
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, address and body
    status_code = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)  # finds the expired ones

    class Meta:
        db_table = "accounts_rememberedanswer"  # the model's former name
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="answer_once_per_key")]

    def __str__(self) -> str:
        return f"{self.key} of {self.user}"
