"""How a password is kept that must be read again: encrypted under a key made from the server's secret one.

A copy of the database opens nothing without the secret, which lies apart from it. What an old key sealed is
read as long as the server knows that key, and sealed again before `manage.py rotatesecret --drop-old`.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class SealBroken(Exception):
    """It was sealed by a key that the server no longer has."""


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises SealBroken."""
    try:
        return _box().decrypt(sealed).decode()
    except InvalidToken:
        raise SealBroken from None


def reseal(sealed: str) -> str:
    """The same under the newest key. Raises SealBroken."""
    try:
        return _box().rotate(sealed).decode()
    except InvalidToken:
        raise SealBroken from None


def _box() -> MultiFernet:
    return _box_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _box_of(secret_keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in secret_keys])


def _derived(secret_key: str) -> bytes:
    digest = salted_hmac("accounts.players.sealing", "", secret=secret_key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest)
