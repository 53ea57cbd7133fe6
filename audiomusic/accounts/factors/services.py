"""Changes to a user's second factors, and verification of codes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal, TypeAlias

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp import devices_for_user, user_has_device
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiomusic.accounts.factors.models import Passkey, RecoveryCode
from audiomusic.accounts.factors.signals import (
    factor_added,
    factor_failed,
    factor_removed,
    recovery_code_used,
)
from audiomusic.accounts.models import User

Factor: TypeAlias = TOTPDevice | Passkey
FactorKind = Literal["app", "passkey"]
FACTOR_KINDS: dict[str, type[Factor]] = {"app": TOTPDevice, "passkey": Passkey}
RECOVERY_CODES = 10
#: Excludes letters and digits that look alike. The remaining 32 carry 5 bits each.
RECOVERY_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
RECOVERY_CHARS = 16
RECOVERY_GROUP_CHARS = 4
APP_CODE_DIGITS = 6
#: A secret that was shown but not confirmed is discarded after this time.
DRAFT_AGE = timedelta(hours=1)


def factors_of(user: User) -> list[Factor]:
    """Return the user's confirmed factors, oldest first."""
    return sorted(devices_for_user(user), key=lambda factor: factor.created_at)


def has_factor(user: User) -> bool:
    """Return whether the account needs more than a password."""
    return bool(user_has_device(user))


def has_app(user: User) -> bool:
    return bool(TOTPDevice.objects.devices_for_user(user, confirmed=True).exists())


def kind_of(factor: Factor) -> FactorKind:
    return "passkey" if isinstance(factor, Passkey) else "app"


def recovery_codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def app_draft(*, user: User) -> TOTPDevice:
    """Return the unconfirmed app being added. Its secret is shown until a first code confirms it."""
    drafts = TOTPDevice.objects.devices_for_user(user, confirmed=False)
    drafts.filter(created_at__lt=timezone.now() - DRAFT_AGE).delete()
    return drafts.first() or TOTPDevice.objects.create(user=user, name="", confirmed=False)


def app_confirm(*, draft: TOTPDevice, name: str, code: str, request: HttpRequest | None = None) -> bool:
    """Activate the app if the code is valid. That code cannot be used again."""
    with transaction.atomic():
        locked = TOTPDevice.objects.select_for_update().filter(pk=draft.pk, confirmed=False).first()
        if locked is None or not locked.verify_token(_plain(code)):
            return False
        locked.name, locked.confirmed = name, True
        locked.save()
    factor_added.send(type(locked.user), user=locked.user, request=request, factor=locked)
    return True


def factor_rename(*, factor: Factor, name: str) -> None:
    type(factor).objects.filter(pk=factor.pk).update(name=name)


@transaction.atomic
def factor_remove(*, factor: Factor, request: HttpRequest | None = None) -> None:
    """Remove the factor. The last one takes the recovery codes along: alone, they would be passwords."""
    user = factor.user
    factor.delete()
    if not has_factor(user):
        RecoveryCode.objects.filter(user=user).delete()
    factor_removed.send(type(user), user=user, request=request, factor=factor)


@transaction.atomic
def factors_clear(*, user: User, request: HttpRequest | None = None) -> int:
    """Remove every factor of a user who has lost them. Returns how many there were."""
    factors = factors_of(user)
    for factor in factors:
        factor_remove(factor=factor, request=request)
    return len(factors)


@transaction.atomic
def recovery_codes_renew(*, user: User) -> list[str]:
    """Replace all recovery codes with new ones. They can be shown only now: only digests are stored."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    return codes


def code_verify(*, user: User, code: str, request: HttpRequest | None = None) -> bool:
    """Return whether this is a current code of one of the user's apps or an unused recovery code. A correct
    code is consumed and refused from then on."""
    plain = _plain(code)
    is_app_code = len(plain) == APP_CODE_DIGITS and plain.isascii() and plain.isdecimal()
    is_right = _app_code_use(user, plain) if is_app_code else _recovery_code_use(user, plain, request)
    if not is_right:
        factor_failed.send(type(user), user=user, request=request, factor=None)
    return is_right


def codes_refused_until(user: User) -> datetime | None:
    """Return until when app codes are refused (each wrong one doubles the wait); None: not at all."""
    waits = [app.verify_is_allowed() for app in TOTPDevice.objects.devices_for_user(user, confirmed=True)]
    if not waits or any(is_allowed for is_allowed, _ in waits):
        return None
    until: datetime = min(why["locked_until"] for _, why in waits)
    return until


def _app_code_use(user: User, code: str) -> bool:
    with transaction.atomic():
        apps = TOTPDevice.objects.devices_for_user(user, confirmed=True).select_for_update().order_by("pk")
        passed_over: list[TOTPDevice] = []
        for app in apps:
            before = TOTPDevice(
                pk=app.pk,
                throttling_failure_count=app.throttling_failure_count,
                throttling_failure_timestamp=app.throttling_failure_timestamp,
            )
            if app.verify_token(code):
                _forgive(passed_over)
                return True
            passed_over.append(before)
    return False


def _forgive(apps: Sequence[TOTPDevice]) -> None:
    """Restore the apps that were tried first: a correct code of one app is not a wrong code of the others."""
    TOTPDevice.objects.bulk_update(apps, ["throttling_failure_count", "throttling_failure_timestamp"])


def _recovery_code_use(user: User, code: str, request: HttpRequest | None) -> bool:
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(code), used_at=None)
    if unused.update(used_at=timezone.now()) == 0:
        return False
    recovery_code_used.send(type(user), user=user, request=request, factor=None)
    return True


def _new_recovery_code() -> str:
    text = "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_CHARS))
    starts = range(0, RECOVERY_CHARS, RECOVERY_GROUP_CHARS)
    return "-".join(text[start : start + RECOVERY_GROUP_CHARS] for start in starts)


def _plain(code: str) -> str:
    """Normalise a code: drop spaces and hyphens, and use upper case."""
    return "".join(code.split()).replace("-", "").upper()


def _digest(code: str) -> str:
    return sha256(_plain(code).encode(errors="replace")).hexdigest()
