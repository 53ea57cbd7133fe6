"""Signing webhook calls, so that receivers can verify them.

Signing needs the secret in plain text, so storing a hash would not do. It is computed from the server's
secret key and the endpoint's salt instead: nothing in the database, or in a copy of it, can sign anything.
The receiver keeps its secret when the server's key is rotated, so an endpoint remembers which key made it,
until that key is dropped.
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
    """Return the secret: 'whsec_' and 43 characters, shown to its owner once. Raises SecretLost."""
    made_by = f"{endpoint.id}:{endpoint.salt}"
    key = salted_hmac("jobs.webhooks.secret", made_by, secret=_key_of(endpoint), algorithm="sha256").digest()
    return "whsec_" + base64.urlsafe_b64encode(key).decode().rstrip("=")


def key_id(key: str) -> str:
    """Return the id that rows store for a key: it identifies the key but cannot sign."""
    return salted_hmac("jobs.webhooks.key_id", "", secret=key, algorithm="sha256").hexdigest()[:16]


def known_keys() -> list[str]:
    """Return the server's keys, beginning with the one that signs."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def oldest_key_id() -> str:
    """Return the id of the key for endpoints that store none: they are older than any rotation."""
    return key_id(known_keys()[-1])


def has_lost_its_secret(endpoint: WebhookEndpoint, keys: Collection[str] | None = None) -> bool:
    """Whether none of `keys`, by default the known ones, made the endpoint's secret."""
    ids = {key_id(key) for key in (known_keys() if keys is None else keys)}
    return (endpoint.secret_key_id or oldest_key_id()) not in ids


def _key_of(endpoint: WebhookEndpoint) -> str:
    wanted = endpoint.secret_key_id or oldest_key_id()
    for key in known_keys():
        if hmac.compare_digest(key_id(key), wanted):
            return key
    raise SecretLost


def signature(secret: str, *, timestamp: int, body: str) -> str:
    """Return 'sha256=' and the hex HMAC-SHA256 of "{timestamp}.{body}"."""
    message = f"{timestamp}.{body}".encode()
    return f"sha256={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"


def headers(
    endpoint: WebhookEndpoint, *, event_type: str, event_id: str, body: str, now_s: int
) -> dict[str, str]:
    """Return the headers of a call, signed for this moment. Raises SecretLost."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "AudioMusic-Webhooks",
        "X-AudioPod-Event": event_type,
        "X-AudioPod-Event-Id": event_id,
        "X-AudioPod-Timestamp": str(now_s),
        "X-AudioPod-Signature": signature(secret_of(endpoint), timestamp=now_s, body=body),
    }
