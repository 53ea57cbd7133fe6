"""JSON web tokens: their claims and early revocation.

An access token is valid for half an hour, a refresh token for two weeks and one use: refreshing returns a new
pair. A refresh token that is used twice was copied (or its response was lost). The server cannot tell which
client is the owner, so every token derived from it is revoked, as RFC 9700 advises. A client that lost a
response therefore continues with its access token until that expires, then signs in again.

Changing the password ends every token (simplejwt compares a hash of it). So does signing out everywhere: each
token carries its user's `token_epoch`, which is then incremented.
"""

from __future__ import annotations

import logging
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.settings import api_settings as jwt_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_from_epoch

from audiomusic.accounts.models import RefreshTokenFamily, User

log = logging.getLogger(__name__)

EPOCH, FAMILY = "epoch", "family"  # claims


def stamp_epoch(token: Token, user: User) -> None:
    """Write the user's current epoch into a new token."""
    token[EPOCH] = user.token_epoch


def check_epoch(token: Token, user: User) -> None:
    """Raise AuthenticationFailed for a token issued before its user signed out everywhere. A token without an
    epoch predates epochs and counts as the first."""
    if token.get(EPOCH, 0) != user.token_epoch:
        raise AuthenticationFailed(
            "The token is no longer valid: its user signed out everywhere.", "signed_out"
        )


def refresh_token_rotate(*, token: RefreshToken, user: User) -> None:
    """Consume the refresh token and turn it into its successor. Raises AuthenticationFailed if it was used
    before, which also revokes every token derived from it."""
    old_id, new_id = token[jwt_settings.JTI_CLAIM], uuid4().hex
    family_id = token.get(FAMILY, old_id)
    token.set_exp()
    expires_at = datetime_from_epoch(token["exp"])
    with transaction.atomic():
        RefreshTokenFamily.objects.get_or_create(
            family_id=family_id, defaults={"user": user, "newest_id": old_id, "expires_at": expires_at}
        )
        newest = RefreshTokenFamily.objects.filter(family_id=family_id, newest_id=old_id)
        is_first_use = newest.update(newest_id=new_id, expires_at=expires_at) == 1
    if not is_first_use:
        RefreshTokenFamily.objects.filter(family_id=family_id).update(newest_id="")
        log.warning("A refresh token of user %s was used twice; all tokens from it are revoked.", user.pk)
        raise AuthenticationFailed(
            "This refresh token was used before, so all tokens from it are revoked. Sign in again.",
            "refresh_token_reused",
        )
    token[jwt_settings.JTI_CLAIM], token[FAMILY] = new_id, family_id
    token.set_iat()


def families_purge() -> int:
    """Delete the families whose tokens have all expired, and return how many rows."""
    expired = RefreshTokenFamily.objects.filter(expires_at__lt=timezone.now())
    return expired.delete()[0] if expired.exists() else 0  # on SQLite, even an empty delete waits for writers
