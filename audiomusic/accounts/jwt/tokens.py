"""JSON web tokens: what is written into them, and what ends them before their time.

An access token is good for half an hour, a refresh token for two weeks and one use: refreshing gives
a new pair. A refresh token that comes a second time was copied by somebody (or its answer was lost): nobody
can know which of the two is its owner, so all that came from it ends, as RFC 9700 advises. A client that
lost an answer therefore goes on with its access token while that lasts, and then signs in again.

A changed password ends every token (simplejwt compares a hash of it), and so does signing out everywhere:
each token carries its user's `token_epoch`, and that moves on.
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
    """Write into a new token which of the user's epochs it belongs to."""
    token[EPOCH] = user.token_epoch


def check_epoch(token: Token, user: User) -> None:
    """Raise AuthenticationFailed for a token from before its user signed out everywhere. A token that does
    not say is of the first epoch: it was made before there were any."""
    if token.get(EPOCH, 0) != user.token_epoch:
        raise AuthenticationFailed(
            "The token is no longer valid: its user signed out everywhere.", "signed_out"
        )


def refresh_token_rotate(*, token: RefreshToken, user: User) -> None:
    """Use the token up, and make its successor of it. Raises AuthenticationFailed where it was used before:
    then everything that came from it has ended too."""
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
    """Take away the rows of families whose every token has expired; how many."""
    expired = RefreshTokenFamily.objects.filter(expires_at__lt=timezone.now())
    return expired.delete()[0] if expired.exists() else 0  # on SQLite any delete waits for the writers
