"""How often one user may have an event sent that nothing happened for: tests, and what is sent again. Each
is a call to an address that the user chose."""

from __future__ import annotations

from audiomusic.accounts.models import User
from audiomusic.http.throttling import ScopeThrottle

SEND_SCOPE = "webhook"  # in settings.RATE_LIMITS; the API's views name it too


class TooManySends(Exception):
    """The user asked for more than the rate allows."""


def send_count(*, user: User) -> None:
    """Count one, on a page or in the admin, together with those through the API. Raises TooManySends.
    In the admin an action counts once, for however many events."""
    allowance = ScopeThrottle().count(str(user.pk), SEND_SCOPE)
    if allowance is not None and allowance.is_exceeded:
        raise TooManySends(
            f"Expected at most {allowance.limit} test and repeated events in this time, got one more;"
            f" please try again in {allowance.reset_s} s."
        )
