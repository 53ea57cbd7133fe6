"""Reversible encryption of stored passwords, under a key derived from the server's secret key.

A copy of the database is useless without the secret, which is stored separately. Text sealed by an old key
stays readable while the server has that key, and is sealed again before `manage.py rotatesecret --drop-old`.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class SealBroken(Exception):
    """The text was sealed by a key that the server no longer has."""


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt the text. Raises SealBroken."""
    try:
        return _box().decrypt(sealed).decode()
    except InvalidToken:
        raise SealBroken from None


def reseal(sealed: str) -> str:
    """Seal the text again under the newest key. Raises SealBroken."""
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
