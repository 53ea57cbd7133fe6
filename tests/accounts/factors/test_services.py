"""Authenticator apps and recovery codes: what verifies a user, how often, and what is stored."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiomusic.accounts.factors.models import RecoveryCode
from audiomusic.accounts.factors.services import (
    RECOVERY_CODES,
    app_confirm,
    app_draft,
    code_verify,
    codes_refused_until,
    factor_remove,
    factor_rename,
    factors_clear,
    factors_of,
    has_factor,
    recovery_codes_left,
    recovery_codes_renew,
)
from audiomusic.accounts.factors.signals import (
    factor_added,
    factor_failed,
    factor_removed,
    recovery_code_used,
)
from tests.support.threads import on_own_connection
from tests.support.totp import add_app, code_of, no_longer_refused, wrong_code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def told():
    """The signals sent: [("factor_added", user, factor)]."""
    signals = {
        "factor_added": factor_added, "factor_removed": factor_removed,
        "factor_failed": factor_failed, "recovery_code_used": recovery_code_used,
    }  # fmt: skip
    said = []
    receivers = []
    for name, signal in signals.items():

        def receive(name=name, **values):
            said.append((name, values["user"], values["factor"]))

        receivers.append(receive)
        signal.connect(receive)
    yield said
    for signal, receive in zip(signals.values(), receivers, strict=True):
        signal.disconnect(receive)


def test_an_app_is_in_use_once_its_first_code_proved_it(owner, told):
    draft = app_draft(user=owner)
    assert not has_factor(owner)
    assert not app_confirm(draft=draft, name="Phone", code=wrong_code_of(draft))
    no_longer_refused(draft)
    assert app_confirm(draft=draft, name="Phone", code=code_of(draft))
    assert [factor.name for factor in factors_of(owner)] == ["Phone"]
    assert told == [("factor_added", owner, draft)]
    assert not app_confirm(draft=draft, name="Phone", code=code_of(draft, steps=1))


def test_a_draft_is_the_same_for_an_hour(owner):
    draft = app_draft(user=owner)
    assert app_draft(user=owner) == draft
    TOTPDevice.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert app_draft(user=owner).key != draft.key
    assert TOTPDevice.objects.count() == 1


def test_a_code_works_once(owner):
    app = add_app(owner)
    code = code_of(app)
    assert code_verify(user=owner, code=f" {code[:3]} {code[3:]} ")
    assert not code_verify(user=owner, code=code)
    app.refresh_from_db()
    assert app.last_used_at is not None


def test_a_code_works_once_for_the_set_up_as_well(owner):
    draft = app_draft(user=owner)
    code = code_of(draft)
    assert app_confirm(draft=draft, name="Phone", code=code)
    assert not code_verify(user=owner, code=code)


@pytest.mark.parametrize("steps", [-3, 3])
def test_an_early_or_late_code_is_refused(owner, steps):
    assert not code_verify(user=owner, code=code_of(add_app(owner), steps=steps))


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "\x00" * 6, "1" * 500])
def test_what_is_no_code_is_refused(owner, code):
    add_app(owner)
    recovery_codes_renew(user=owner)
    assert not code_verify(user=owner, code=code)


def test_anothers_code_is_refused(owner, other):
    add_app(owner)
    assert not code_verify(user=owner, code=code_of(add_app(other)))
    assert not code_verify(user=owner, code=recovery_codes_renew(user=other)[0])


def test_wrong_codes_double_the_wait_and_each_is_told(owner, told):
    app = add_app(owner)
    assert not code_verify(user=owner, code=wrong_code_of(app))
    assert codes_refused_until(owner) > timezone.now()
    assert not code_verify(user=owner, code=code_of(app))
    TOTPDevice.objects.update(
        throttling_failure_count=5, throttling_failure_timestamp=timezone.now() - timedelta(seconds=15)
    )
    assert timedelta(0) < codes_refused_until(owner) - timezone.now() < timedelta(seconds=1.1)
    assert told == [("factor_failed", owner, None)] * 2
    no_longer_refused(app)
    assert codes_refused_until(owner) is None
    assert code_verify(user=owner, code=code_of(app))


def test_a_second_apps_codes_are_no_wrong_codes_of_the_first(owner):
    first, second = add_app(owner, "Phone"), add_app(owner, "Tablet")
    assert code_verify(user=owner, code=code_of(second))
    first.refresh_from_db()
    assert (first.throttling_failure_count, first.throttling_failure_timestamp) == (0, None)
    assert code_verify(user=owner, code=code_of(first))


def test_recovery_codes_work_once_each_and_only_digests_are_kept(owner, told):
    codes = recovery_codes_renew(user=owner)
    assert len({*codes}) == RECOVERY_CODES
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    kept = str(list(RecoveryCode.objects.values()))
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]
    assert code_verify(user=owner, code=codes[0].lower().replace("-", " "))
    assert not code_verify(user=owner, code=codes[0])
    assert recovery_codes_left(owner) == RECOVERY_CODES - 1
    assert told == [("recovery_code_used", owner, None), ("factor_failed", owner, None)]


def test_new_recovery_codes_end_the_old(owner):
    old = recovery_codes_renew(user=owner)
    new = recovery_codes_renew(user=owner)
    assert not code_verify(user=owner, code=old[0])
    assert code_verify(user=owner, code=new[0])


def test_the_last_factor_takes_the_recovery_codes_along(owner, told):
    first, second = add_app(owner, "Phone"), add_app(owner, "Tablet")
    recovery_codes_renew(user=owner)
    factor_remove(factor=first)
    assert recovery_codes_left(owner) == RECOVERY_CODES
    factor_remove(factor=second)
    assert (recovery_codes_left(owner), has_factor(owner)) == (0, False)
    assert [name for name, *_ in told] == ["factor_removed", "factor_removed"]


def test_all_of_a_user_are_cleared_and_nobody_elses(owner, other):
    add_app(owner, "Phone"), add_app(owner, "Tablet"), add_app(other)
    assert factors_clear(user=owner) == 2
    assert not has_factor(owner) and has_factor(other)


def test_a_factor_is_renamed(owner):
    app = add_app(owner)
    factor_rename(factor=app, name="Old phone")
    assert [factor.name for factor in factors_of(owner)] == ["Old phone"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_sent_twice_at_once_works_once(owner, kind):
    code = code_of(add_app(owner)) if kind == "app" else recovery_codes_renew(user=owner)[0]
    start, found = threading.Barrier(4), []

    def use():
        start.wait()
        found.append(code_verify(user=owner, code=code))

    threads = [threading.Thread(target=on_own_connection(use)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
