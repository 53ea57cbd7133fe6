"""Who may see a webhook's URL. It is a secret of the receiver: anyone who has it can call it.

Anyone who may set it sees it in full: the owner by session, token or a key with every scope, and staff who
may change endpoints. Others see the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework.request import Request

from audiomusic.accounts.models import ApiKey, User
from audiomusic.http.safe_http import BROKEN_OFF, masked_url
from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint

MAY_SEE = "jobs.change_webhookendpoint"


def caller_sees_addresses(request: Request) -> bool:
    return not isinstance(request.auth, ApiKey) or request.auth.allows("*")


def staff_sees_addresses(user: User) -> bool:
    return bool(user.has_perm(MAY_SEE))


def url_of(endpoint: WebhookEndpoint, *, sees_all: bool) -> str:
    return endpoint.url if sees_all else masked_url(endpoint.url)


def log_of(delivery: WebhookDelivery, *, sees_all: bool) -> Sequence[dict[str, Any]]:
    """Return the attempts. A receiver's error message is hidden together with its URL: many repeat the path
    of the call."""
    if sees_all:
        entries: Sequence[dict[str, Any]] = delivery.log
        return entries
    return [{**entry, "error": _masked_error(entry)} for entry in delivery.log]


def _masked_error(entry: dict[str, Any]) -> str | None:
    if entry["error"] is None:
        return None
    if entry["status_code"] is not None:
        return f"Expected a status from 200 to 299, got {entry['status_code']}."
    if entry["error"].startswith(BROKEN_OFF):
        return f"{BROKEN_OFF}."
    return str(entry["error"])  # a sentence of `safe_http` about the host
