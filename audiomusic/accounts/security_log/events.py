"""The security log model: sign-ins, refusals and account changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from audiomusic.accounts.models import User

AGENT_CHARS = 200
DETAIL_CHARS = 200


class Kind(models.TextChoices):
    """Kinds of events, with their labels on pages."""

    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SIGN_IN_REFUSED = "sign_in_refused", "Sign-in refused: too many tries"
    SIGNED_OUT = "signed_out", "Signed out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere", "Signed out everywhere else"
    TOKEN_ISSUED = "token_issued", "Signed in for a token"
    TOKEN_REFRESH_FAILED = "token_refresh_failed", "A token was not renewed"
    KEY_MADE = "key_made", "API key made"
    KEY_FIRST_USED = "key_first_used", "API key used for the first time"
    KEY_NEW_ADDRESS = "key_new_address", "API key used from a new address"
    KEY_REVOKED = "key_revoked", "API key revoked"
    KEY_FAILED = "key_failed", "API key refused"
    PLAYER_PASSWORD_MADE = "player_password_made", "Player password made"
    PLAYER_PASSWORD_REVOKED = "player_password_revoked", "Player password revoked"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    PASSWORD_RESET_BY_STAFF = "password_reset_by_staff", "Password set by staff"
    PASSWORD_CHECK_FAILED = "password_check_failed", "Wrong password given while signed in"
    PERMISSIONS_CHANGED = "permissions_changed", "Permissions changed"
    ACCOUNT_MADE = "account_made", "Account made"
    ACCOUNT_SHUT = "account_shut", "Account shut"
    ACCOUNT_OPENED = "account_opened", "Account opened again"
    ACCOUNT_DELETED = "account_deleted", "Account deleted"
    FACTOR_ADDED = "factor_added", "Second factor added"
    FACTOR_REMOVED = "factor_removed", "Second factor removed"
    FACTOR_FAILED = "factor_failed", "Second factor failed"
    RECOVERY_CODE_USED = "recovery_code_used", "Recovery code used"


#: Events that anyone can cause without an account, as often as they like; `security_log` limits the rows. The
#: values are their words in the log, which fail2ban matches according to docs/security.md.
FAILURES: dict[Kind, str] = {
    Kind.SIGN_IN_FAILED: "sign-in failed",
    Kind.SIGN_IN_REFUSED: "sign-in refused",
    Kind.TOKEN_REFRESH_FAILED: "token refresh failed",
    Kind.KEY_FAILED: "key failed",
    Kind.PASSWORD_CHECK_FAILED: "password failed",
    Kind.FACTOR_FAILED: "factor failed",
}


class SecurityEventManager(models.Manager):  # type: ignore[type-arg]
    def about(self, user: User) -> models.QuerySet[SecurityEvent]:
        """Return all events of a user's account, newest first."""
        return self.filter(user=user).order_by("-id")

    def shown_to(self, user: User, *, most: int, most_failures: int) -> list[SecurityEvent]:
        """Return the newest events, with at most `most_failures` failures: someone who guesses passwords must
        not be able to push a sign-in out of the list."""
        rows = self.about(user)
        found = [*rows.filter(is_failure=False)[:most], *rows.filter(is_failure=True)[:most_failures]]
        return sorted(found, key=lambda event: event.pk, reverse=True)[:most]


class SecurityEvent(models.Model):
    """One event. Written by `security_log` and never changed, except that a failure repeated within a minute
    increments the row's count."""

    kind = models.CharField(max_length=32, choices=Kind)
    is_failure = models.BooleanField(default=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="security_events",
        db_index=False,  # an index below begins with it
    )
    username = models.CharField(max_length=150, blank=True)  # stays when the user is deleted
    actor = models.ForeignKey(  # who caused it, if that is not the user
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    actor_name = models.CharField(max_length=150, blank=True)
    key = models.ForeignKey(  # that it is about, or that was used
        "accounts.ApiKey", models.SET_NULL, null=True, related_name="security_events", db_index=False
    )
    key_name = models.CharField(max_length=100, blank=True)
    address = models.GenericIPAddressField(null=True, unpack_ipv4=True)
    user_agent = models.CharField(max_length=AGENT_CHARS, blank=True)
    detail = models.CharField(max_length=DETAIL_CHARS, blank=True)
    count = models.PositiveIntegerField(default=1)  # at least this many within a minute
    at = models.DateTimeField(default=timezone.now, db_index=True)  # finds the expired ones

    objects = SecurityEventManager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="event_user_newest"),
            models.Index(fields=["user", "-id"], condition=Q(is_failure=False), name="event_user_no_failure"),
            # Filters for staff; rows of deleted users are found by name.
            models.Index(fields=["kind", "-id"], name="event_kind_newest"),
            models.Index(fields=["address", "-id"], name="event_address_newest"),
            models.Index(fields=["username", "-id"], name="event_username_newest"),
            # Recent addresses of a key, and the rows to detach from a deleted user or key.
            models.Index(fields=["key", "-id"], condition=Q(key__isnull=False), name="event_key_newest"),
            models.Index(fields=["actor"], condition=Q(actor__isnull=False), name="event_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.username or 'unknown user'}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("An event is never changed; record another one.")
        super().save(*args, **kwargs)
