"""The player password model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from audiomusic.accounts.players.managers import PlayerPasswordManager

if TYPE_CHECKING:
    from audiomusic.accounts.models import User

NAME_CHARS = 100


class PlayerPassword(models.Model):
    """A random password of one music player, valid only for `/rest` and revoked by deleting it.

    Most players send md5(password + salt), which only a server that knows the password can check. So the
    password is stored encrypted under the server's secret key; `digest` finds it if it is sent as it is.
    """

    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="player_passwords"
    )
    name = models.CharField(max_length=NAME_CHARS)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of 130 random bits
    sealed = models.CharField(max_length=255)  # `sealing.seal`
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_address = models.GenericIPAddressField(null=True, editable=False, unpack_ipv4=True)

    objects = PlayerPasswordManager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"
