"""Queries of API keys and of the ledger."""

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
        """Return the user's keys that were not revoked, newest first."""
        return self.filter(user=user, revoked_at=None)

    @cached_property
    def _starting_with(self) -> CompiledQuery[ApiKey]:
        """Keys with their users by the start of the key. Compiled, because every API request runs it."""
        keys = self.model._default_manager.select_related("user")
        return CompiledQuery(lambda start: keys.filter(token_key=start), "ap_", related="user")

    def get_by_token(self, token: str) -> ApiKey | None:
        """Return the key of a token with its user, usable or not, in one query."""
        digest = hash_token(token)
        candidates = self._starting_with(token[: CONSTANTS.TOKEN_KEY_LENGTH])
        return next((key for key in candidates if compare_digest(key.digest, digest)), None)


class CreditEntryManager(models.Manager):  # type: ignore[type-arg]
    def held_by(self, user: User, reference: str) -> int:
        """Return the credits that are reserved under the reference and not settled yet."""
        settled = self.filter(user=user, reference=reference).exclude(kind="grant")
        return -(settled.aggregate(open=Sum(F("amount") + F("spent")))["open"] or 0)

    def charges_of(self, user: User) -> models.QuerySet[CreditEntry]:
        """Return the user's charges, newest first."""
        return self.filter(user=user, kind="charge", spent__gt=0)

    def for_reference(self, user: User, reference: str) -> models.QuerySet[CreditEntry]:
        """Return every line with the reference, oldest first."""
        return self.filter(user=user, reference=reference).order_by("id")

    def grants_to(self, user: User) -> models.QuerySet[CreditEntry]:
        """Return the user's grants, newest first."""
        return self.filter(user=user, kind="grant")
