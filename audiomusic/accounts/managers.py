"""Questions asked of keys and of the ledger."""

from __future__ import annotations

from functools import cached_property
from hmac import compare_digest
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Sum
from knox.crypto import hash_token
from knox.settings import CONSTANTS

from audiomusic.db.compiled import CompiledQuery

if TYPE_CHECKING:
    from audiomusic.accounts.models import ApiKey, CreditEntry, User


class ApiKeyManager(models.Manager):  # type: ignore[type-arg]
    def active_for(self, user: User) -> models.QuerySet[ApiKey]:
        """The user's keys that were not revoked, newest first."""
        return self.filter(user=user, revoked_at=None)

    @cached_property
    def _starting_with(self) -> CompiledQuery[ApiKey]:
        """Keys with their users, by the start of the key; every request of every program asks this."""
        keys = self.model._default_manager.select_related("user")
        return CompiledQuery(lambda start: keys.filter(token_key=start), "ap_", related="user")

    def get_by_token(self, token: str) -> ApiKey | None:
        """The key a token belongs to, usable or not, with its user: one query."""
        digest = hash_token(token)
        candidates = self._starting_with(token[: CONSTANTS.TOKEN_KEY_LENGTH])
        return next((key for key in candidates if compare_digest(key.digest, digest)), None)


class CreditEntryManager(models.Manager):  # type: ignore[type-arg]
    def held_by(self, user: User, reference: str) -> int:
        """Credits that were reserved under the reference and not settled yet."""
        settled = self.filter(user=user, reference=reference).exclude(kind="grant")
        return -(settled.aggregate(open=Sum(F("amount") + F("spent")))["open"] or 0)

    def charges_of(self, user: User) -> models.QuerySet[CreditEntry]:
        """What the user's credits went into, newest first."""
        return self.filter(user=user, kind="charge", spent__gt=0)

    def for_reference(self, user: User, reference: str) -> models.QuerySet[CreditEntry]:
        """Every line that names the reference, oldest first."""
        return self.filter(user=user, reference=reference).order_by("id")

    def grants_to(self, user: User) -> models.QuerySet[CreditEntry]:
        """What the user was given, newest first."""
        return self.filter(user=user, kind="grant")
