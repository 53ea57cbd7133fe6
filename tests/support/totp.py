"""An authenticator app: it knows the secret and shows a code, by RFC 6238 and without the server's code."""

import hmac
import time

from django_otp.plugins.otp_totp.models import TOTPDevice

STEP_S = 30


def add_app(user, name="Phone"):
    """Create an app that is in use, as after its set-up."""
    return TOTPDevice.objects.create(user=user, name=name, confirmed=True)


def code_of(device, *, steps=0):
    """Return the code that the app shows now, or `steps` half-minutes later."""
    counter = int(time.time()) // STEP_S + steps
    digest = hmac.digest(bytes.fromhex(device.key), counter.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"


def wrong_code_of(device):
    """Return six digits that the app does not show at any time near now."""
    right = {code_of(device, steps=steps) for steps in range(-3, 4)}
    return next(code for code in (f"{number:06d}" for number in range(10)) if code not in right)


def no_longer_refused(device):
    """Clear the throttle, as if the wait after wrong codes were over."""
    TOTPDevice.objects.filter(pk=device.pk).update(throttling_failure_count=0)
