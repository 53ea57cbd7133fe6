"""How a receiver knows that a call is ours.

A secret must be there in plain each time that something is signed, so a hash of it would not do. It is
therefore computed from the server's own secret key and the endpoint's salt: nothing in the database, or
in a copy of it, signs anything. The receiver keeps its secret when the server's key is rotated, so an
endpoint remembers by which key its secret was made, until that key is dropped.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection

from django.conf import settings
from django.utils.crypto import salted_hmac

from jobs.webhooks.models import WebhookEndpoint


class SecretLost(Exception):
    """The endpoint's secret was made by a key that the server no longer has."""

    def __init__(self) -> None:
        super().__init__(
            "The secret of this webhook was lost with an old secret key of the server. Delete the webhook "
            "and create it again."
        )


def secret_of(endpoint: WebhookEndpoint) -> str:
    """'whsec_' and 43 characters; shown to its owner once. Raises SecretLost."""
    made_by = f"{endpoint.id}:{endpoint.salt}"
    key = salted_hmac("jobs.webhooks.secret", made_by, secret=_key_of(endpoint), algorithm="sha256").digest()
    return "whsec_" + base64.urlsafe_b64encode(key).decode().rstrip("=")


def key_id(key: str) -> str:
    """What a row remembers of a key: enough to know it again, and nothing that signs."""
    return salted_hmac("jobs.webhooks.key_id", "", secret=key, algorithm="sha256").hexdigest()[:16]


def known_keys() -> list[str]:
    """The server's keys, the one that signs first."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def oldest_key_id() -> str:
    """Of the key that made the secrets of endpoints which remember none: they are older than any rotation."""
    return key_id(known_keys()[-1])


def has_lost_its_secret(endpoint: WebhookEndpoint, keys: Collection[str] | None = None) -> bool:
    """Whether none of `keys`, by default those that are known, made its secret."""
    ids = {key_id(key) for key in (known_keys() if keys is None else keys)}
    return (endpoint.secret_key_id or oldest_key_id()) not in ids


def _key_of(endpoint: WebhookEndpoint) -> str:
    wanted = endpoint.secret_key_id or oldest_key_id()
    for key in known_keys():
        if hmac.compare_digest(key_id(key), wanted):
            return key
    raise SecretLost


def signature(secret: str, *, timestamp: int, body: str) -> str:
    """'sha256=' and the hex HMAC-SHA256 of "{timestamp}.{body}"."""
    message = f"{timestamp}.{body}".encode()
    return f"sha256={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"


def headers(
    endpoint: WebhookEndpoint, *, event_type: str, event_id: str, body: str, now_s: int
) -> dict[str, str]:
    """What every call carries; the signature is of this moment. Raises SecretLost."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "AudioMusic-Webhooks",
        "X-AudioPod-Event": event_type,
        "X-AudioPod-Event-Id": event_id,
        "X-AudioPod-Timestamp": str(now_s),
        "X-AudioPod-Signature": signature(secret_of(endpoint), timestamp=now_s, body=body),
    }
