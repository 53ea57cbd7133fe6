"""How a receiver knows that a call is ours.

A secret must be there in plain each time that something is signed, so a hash of it would not do. It is
therefore computed from the server's own secret key and the endpoint's salt: nothing in the database, or
in a copy of it, signs anything. It changes with AUDIOMUSIC_SECRET_KEY, and then endpoints are made anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from django.utils.crypto import salted_hmac

from jobs.webhooks.models import WebhookEndpoint


def secret_of(endpoint: WebhookEndpoint) -> str:
    """'whsec_' and 43 characters; shown to its owner once."""
    key = salted_hmac("jobs.webhooks.secret", f"{endpoint.id}:{endpoint.salt}", algorithm="sha256").digest()
    return "whsec_" + base64.urlsafe_b64encode(key).decode().rstrip("=")


def signature(secret: str, *, timestamp: int, body: str) -> str:
    """'sha256=' and the hex HMAC-SHA256 of "{timestamp}.{body}"."""
    message = f"{timestamp}.{body}".encode()
    return f"sha256={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"


def headers(
    endpoint: WebhookEndpoint, *, event_type: str, event_id: str, body: str, now_s: int
) -> dict[str, str]:
    """What every call carries; the signature is of this moment."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "AudioMusic-Webhooks",
        "X-AudioPod-Event": event_type,
        "X-AudioPod-Event-Id": event_id,
        "X-AudioPod-Timestamp": str(now_s),
        "X-AudioPod-Signature": signature(secret_of(endpoint), timestamp=now_s, body=body),
    }
