"""Rate limit of events that a user triggers by hand: tests and repeated deliveries. Each is a call to a URL
that the user chose."""

from __future__ import annotations

from audiomusic.accounts.models import User
from audiomusic.http.throttling import ScopeThrottle

SEND_SCOPE = "webhook"  # in settings.RATE_LIMITS; the API's views name it too


class TooManySends(Exception):
    """The user exceeded the rate limit."""


def send_count(*, user: User, events: int = 1) -> None:
    """Count each event sent from a page or the admin, together with those sent through the API. Raises
    TooManySends.

    Many events at once, which only staff can send again, are all allowed while anything of the limit is left:
    after an outage of a receiver they are sent by one action, and the next one has to wait.
    """
    allowance = ScopeThrottle(user).count(str(user.pk), SEND_SCOPE, events)
    if allowance is not None and allowance.count - events >= allowance.limit:
        raise TooManySends(
            f"Expected at most {allowance.limit} test and repeated events in this period, got one more. "
            f"Please try again in {allowance.reset_s} s."
        )
