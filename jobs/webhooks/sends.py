"""How often one user may have an event sent that nothing happened for: tests, and what is sent again. Each
is a call to an address that the user chose."""

from __future__ import annotations

from audiomusic.accounts.models import User
from audiomusic.http.throttling import ScopeThrottle

SEND_SCOPE = "webhook"  # in settings.RATE_LIMITS; the API's views name it too


class TooManySends(Exception):
    """The user asked for more than the rate allows."""


def send_count(*, user: User, events: int = 1) -> None:
    """Count each event, on a page or in the admin, together with those through the API. Raises TooManySends.

    Many events at once, which only staff can send again, are let through whole while anything is left: after
    an outage of a receiver they are sent by one action, and the next one has to wait."""
    allowance = ScopeThrottle(user).count(str(user.pk), SEND_SCOPE, events)
    if allowance is not None and allowance.count - events >= allowance.limit:
        raise TooManySends(
            f"Expected at most {allowance.limit} test and repeated events in this period, got one more. "
            f"Please try again in {allowance.reset_s} s."
        )
