"""The functions that write the ledger, one user at a time."""

import pytest
from django.db import IntegrityError, transaction

from audiomusic.accounts.credits.ledger import (
    MAX_GRANT,
    UNLIMITED_STORE,
    NotEnoughCredits,
    NotReserved,
    balance_of,
    credits_charge,
    credits_deduct,
    credits_grant,
    credits_release,
    credits_reserve,
)
from audiomusic.accounts.credits.statements import ledger_problems, statement_of
from audiomusic.accounts.models import CreditAccount, CreditEntry, User

pytestmark = pytest.mark.usefixtures("limited")


@pytest.fixture(autouse=True)
def books_in_order(db):
    yield
    assert ledger_problems() == []


def lines(user):
    return list(user.credit_entries.order_by("id").values_list("kind", "amount", "spent", "balance_after"))


def test_a_new_user_gets_the_opening_grant(owner):
    assert lines(owner) == [("grant", 1000, 0, 1000)]
    assert owner.credit_entries.get().note == "opening grant"


def test_a_new_user_of_an_unlimited_server_starts_with_nothing(settings, db):
    settings.CREDITS = "unlimited"
    assert balance_of(User.objects.create_user("uma")) == 0


def test_a_user_made_in_bulk_gets_the_opening_grant_when_first_asked(db):
    [user] = User.objects.bulk_create([User(username="bulk")])
    assert balance_of(user) == 1000
    credits_reserve(user=user, amount=10, reference="job:1")
    assert balance_of(user) == 990


def test_a_grant_has_a_maximum(owner):
    with pytest.raises(
        ValueError, match=r"Expected a grant of at most 1,000,000,000 credits, got 1,000,000,001\."
    ):
        credits_grant(user=owner, amount=MAX_GRANT + 1)
    assert credits_grant(user=owner, amount=MAX_GRANT).balance_after == MAX_GRANT + 1000


def test_a_grant_adds(owner):
    assert credits_grant(user=owner, amount=5, note="well sung").balance_after == 1005


def test_a_reservation_charged_whole(owner):
    credits_reserve(user=owner, amount=990, reference="job:1")
    assert statement_of(owner).reserved == 990
    credits_charge(user=owner, reference="job:1", reserved=990, amount=990)
    assert lines(owner)[1:] == [("reserve", -990, 0, 10), ("charge", 0, 990, 10)]
    assert statement_of(owner).spent == 990
    assert statement_of(owner).reserved == 0


def test_a_reservation_charged_in_part_returns_the_rest(owner):
    credits_reserve(user=owner, amount=990, reference="job:1")
    credits_charge(user=owner, reference="job:1", reserved=990, amount=300)
    assert lines(owner)[-1] == ("charge", 690, 300, 700)


def test_a_reservation_refunded(owner):
    credits_reserve(user=owner, amount=990, reference="job:1")
    credits_release(user=owner, reference="job:1", amount=990)
    assert balance_of(owner) == 1000
    assert statement_of(owner).spent == 0


def test_a_deduction_is_spent_at_once(owner):
    credits_deduct(user=owner, amount=300, note="a mistake")
    assert lines(owner)[1:] == [("reserve", -300, 0, 700), ("charge", 0, 300, 700)]
    assert (statement_of(owner).spent, statement_of(owner).reserved) == (300, 0)


@pytest.mark.parametrize("credits", ["1000", "unlimited"])
def test_no_more_is_deducted_than_there_is(owner, settings, credits):
    settings.CREDITS = credits
    with pytest.raises(NotEnoughCredits):
        credits_deduct(user=owner, amount=1001, note="a mistake")
    assert balance_of(owner) == 1000


@pytest.mark.parametrize("amount", [0, -5])
def test_a_deduction_takes_something(owner, amount):
    with pytest.raises(ValueError, match="at least 1 credit"):
        credits_deduct(user=owner, amount=amount, note="x")


def test_a_retry_reuses_the_reference_with_nothing(owner):
    credits_reserve(user=owner, amount=990, reference="job:1")
    credits_release(user=owner, reference="job:1", amount=990)
    credits_reserve(user=owner, amount=0, reference="job:1")
    credits_charge(user=owner, reference="job:1", reserved=0, amount=0)
    assert balance_of(owner) == 1000


def test_a_reference_may_be_reserved_and_settled_again(owner):
    for _ in range(3):
        credits_reserve(user=owner, amount=100, reference="job:1")
        credits_charge(user=owner, reference="job:1", reserved=100, amount=100)
    assert balance_of(owner) == 700


def test_a_reservation_above_the_balance_is_refused_and_leaves_nothing(owner):
    with pytest.raises(NotEnoughCredits) as refused:
        credits_reserve(user=owner, amount=1001, reference="job:1")
    assert (refused.value.required, refused.value.available) == (1001, 1000)
    assert lines(owner) == [("grant", 1000, 0, 1000)]


def test_the_last_credit_can_be_reserved(owner):
    assert credits_reserve(user=owner, amount=1000, reference="job:1").balance_after == 0


def test_unlimited_grants_what_is_missing_and_a_store_for_the_next(owner, settings):
    settings.CREDITS = "unlimited"
    for number in (1, 2):
        credits_reserve(user=owner, amount=1500, reference=f"job:{number}")
    left = UNLIMITED_STORE
    assert lines(owner)[1:] == [
        ("grant", 500 + left, 0, 1500 + left),
        ("reserve", -1500, 0, left),
        ("reserve", -1500, 0, left - 1500),
    ]
    assert owner.credit_entries.get(amount=500 + left).note == "unlimited"


@pytest.mark.parametrize("settle", ["charge", "refund"])
def test_a_reservation_is_settled_once(owner, settle):
    credits_reserve(user=owner, amount=400, reference="job:1")
    credits_release(user=owner, reference="job:1", amount=400)
    with pytest.raises(NotReserved, match="job:1 holds 0 credits, not the 400"):
        if settle == "charge":
            credits_charge(user=owner, reference="job:1", reserved=400, amount=1)
        else:
            credits_release(user=owner, reference="job:1", amount=400)
    assert balance_of(owner) == 1000


def test_nobody_settles_anothers_reservation(owner, other):
    credits_reserve(user=owner, amount=400, reference="job:1")
    with pytest.raises(NotReserved):
        credits_release(user=other, reference="job:1", amount=400)
    assert balance_of(other) == 1000


@pytest.mark.parametrize("amount", [-1, 401])
def test_a_charge_lies_within_the_reservation(owner, amount):
    credits_reserve(user=owner, amount=400, reference="job:1")
    with pytest.raises(ValueError, match="within the 400 reserved"):
        credits_charge(user=owner, reference="job:1", reserved=400, amount=amount)


def test_negative_amounts_are_refused(owner):
    with pytest.raises(ValueError, match="cannot be negative: -1"):
        credits_reserve(user=owner, amount=-1, reference="job:1")
    with pytest.raises(ValueError, match="cannot be negative: -1"):
        credits_release(user=owner, reference="job:1", amount=-1)
    for amount in (0, -1):
        with pytest.raises(ValueError, match="at least 1"):
            credits_grant(user=owner, amount=amount)


def test_the_database_itself_forbids_a_negative_balance(owner):
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditAccount.objects.filter(user=owner).update(balance=-1)


def test_a_line_is_never_changed_or_deleted(owner):
    line = owner.credit_entries.get()
    line.amount = 2000
    with pytest.raises(TypeError, match="never changed"):
        line.save()
    with pytest.raises(TypeError, match="never deleted"):
        line.delete()


def test_the_ledger_goes_with_its_user(owner):
    owner.delete()
    assert not CreditEntry.objects.exists()
