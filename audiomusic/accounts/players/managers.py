"""Queries of player passwords, compiled once because every player call runs one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.db import models

from audiomusic.db.compiled import CompiledQuery

if TYPE_CHECKING:
    from audiomusic.accounts.models import User
    from audiomusic.accounts.players.models import PlayerPassword


class PlayerPasswordManager(models.Manager["PlayerPassword"]):
    @cached_property
    def _with_digest(self) -> CompiledQuery[PlayerPassword]:
        rows = self.model._default_manager.select_related("user")
        return CompiledQuery(lambda digest: rows.filter(digest=digest), "0", related="user")

    @cached_property
    def _of_username(self) -> CompiledQuery[PlayerPassword]:
        rows = self.model._default_manager.select_related("user").order_by("-id")
        return CompiledQuery(lambda name: rows.filter(user__username=name), "0", related="user")

    def of_user(self, user: User) -> models.QuerySet[PlayerPassword]:
        """Return the user's passwords, newest first."""
        return self.filter(user=user).order_by("-id")

    def with_digest(self, digest: str) -> PlayerPassword | None:
        """Return the password with this digest, with its user."""
        return next(iter(self._with_digest(digest)), None)

    def of_username(self, username: str) -> list[PlayerPassword]:
        """Return all passwords of the user with exactly this name, with their user, newest first."""
        return list(self._of_username(username))
