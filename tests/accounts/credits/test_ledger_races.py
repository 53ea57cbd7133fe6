"""Many threads on one account: no credit is spent twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from audiomusic.accounts.credits.ledger import (
    NotEnoughCredits,
    NotReserved,
    balance_of,
    credits_release,
    credits_reserve,
)
from audiomusic.accounts.credits.statements import ledger_problems
from audiomusic.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 6


@pytest.fixture
def racer(limited):
    return User.objects.create_user("rae")


def race(attempt):
    """Call attempt(number) in every thread at once; return how many calls succeeded."""

    def run(number):
        try:
            attempt(number)
        except (NotEnoughCredits, NotReserved):
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(run, range(THREADS)))


def test_reservations_never_exceed_the_balance(racer):
    won = race(lambda number: credits_reserve(user=racer, amount=300, reference=f"job:{number}"))
    assert won == 3
    assert balance_of(racer) == 100
    assert ledger_problems() == []


def test_a_reservation_is_refunded_to_one_of_many(racer):
    credits_reserve(user=racer, amount=700, reference="job:1")
    assert race(lambda _: credits_release(user=racer, reference="job:1", amount=700)) == 1
    assert balance_of(racer) == 1000
    assert ledger_problems() == []


def test_an_unlimited_account_adds_up_under_load(racer, settings):
    settings.CREDITS = "unlimited"
    assert race(lambda n: credits_reserve(user=racer, amount=600, reference=f"job:{n}")) == THREADS
    assert ledger_problems() == []


def test_one_account_is_opened_for_a_user_who_has_none(limited):
    [user] = User.objects.bulk_create([User(username="bulk")])
    assert race(lambda _: balance_of(user)) == THREADS
    assert [entry.amount for entry in user.credit_entries.all()] == [1000]
