"""Writes to the credit ledger.

Each change moves the account's balance and adds a line with the reason in one transaction, so the balance
always equals the sum of the lines and is never negative.

A job reserves credits before it starts and settles them once, with `credits_charge` or `credits_release`.
Settling locks the account before it reads what the reference still holds, so a second settlement of the same
reservation is refused even if the two race.
"""

from __future__ import annotations

from secrets import token_hex

from django.conf import settings
from django.db import connection, transaction

from audiomusic.accounts.models import CreditAccount, CreditEntry, User

UNLIMITED = "unlimited"
#: Granted on top of the missing amount where credits are unlimited, so that the next reservations succeed.
UNLIMITED_STORE = 1_000_000
#: The largest single grant. Limits typing errors and keeps balances far below the column's maximum.
MAX_GRANT = 1_000_000_000
Kind = CreditEntry.Kind


class NotEnoughCredits(Exception):
    """The balance does not cover a reservation."""

    def __init__(self, required: int, available: int) -> None:
        super().__init__(f"{required} credits are needed, {available} are left")
        self.required = required
        self.available = available


class NotReserved(ValueError):
    """A settlement asks for more than its reference still holds."""


def credits_are_unlimited() -> bool:
    return bool(settings.CREDITS == UNLIMITED)


def opening_grant() -> int:
    """Return the number of credits that a new user receives."""
    return 0 if credits_are_unlimited() else int(settings.CREDITS)


@transaction.atomic
def account_open(*, user: User) -> CreditAccount:
    """Return the user's account. Creates it with the opening grant if it does not exist."""
    account, is_new = CreditAccount.objects.get_or_create(user=user)
    if is_new and opening_grant():
        credits_grant(user=user, amount=opening_grant(), note="opening grant")
        account.refresh_from_db()
    return account


def account_lock(*, user: User) -> None:
    """Lock the user's account until the transaction commits. Code that checks the user against a limit runs
    behind this lock, or behind a reservation, so that such checks run one at a time."""
    if _add(user, 0) is None:
        account_open(user=user)


def balance_of(user: User) -> int:
    balance = CreditAccount.objects.filter(user=user).values_list("balance", flat=True).first()
    return account_open(user=user).balance if balance is None else balance


@transaction.atomic
def credits_grant(*, user: User, amount: int, note: str = "", reference: str = "") -> CreditEntry:
    """Grant credits; `reference` names the job they are for, if any. Raises ValueError unless the amount is
    between 1 and MAX_GRANT."""
    if amount <= 0:
        raise ValueError(f"a grant must be at least 1 credit, not {amount}")
    if amount > MAX_GRANT:
        raise ValueError(f"Expected a grant of at most {MAX_GRANT:,} credits, got {amount:,}.")
    balance = _add(user, amount)
    if balance is None:
        account_open(user=user)
        balance = _add(user, amount)
    return _write(user, Kind.GRANT, amount, balance, note=note, reference=reference)


@transaction.atomic
def credits_deduct(*, user: User, amount: int, note: str) -> CreditEntry:
    """Deduct credits that are not for a job: reserve and charge them at once. Raises NotEnoughCredits if the
    balance does not cover the amount, even if credits are unlimited, and ValueError unless the amount is
    positive."""
    if amount <= 0:
        raise ValueError(f"a deduction must be at least 1 credit, not {amount}")
    available = balance_of(user)
    balance = _add(user, -amount)
    if balance is None:
        raise NotEnoughCredits(required=amount, available=available)
    reference = f"staff:{token_hex(8)}"
    _write(user, Kind.RESERVE, -amount, balance, reference=reference, note=note)
    return _write(user, Kind.CHARGE, 0, balance, reference=reference, note=note, spent=amount)


@transaction.atomic
def credits_reserve(*, user: User, amount: int, reference: str) -> CreditEntry:
    """Reserve credits under `reference`. If credits are unlimited, the missing amount is granted first.
    Raises NotEnoughCredits, or ValueError for a negative amount."""
    if amount < 0:
        raise ValueError(f"a reservation cannot be negative: {amount}")
    balance = _add(user, -amount)
    if balance is None:
        _cover(user, amount)
        balance = _add(user, -amount)
    return _write(user, Kind.RESERVE, -amount, balance, reference=reference)


def credits_charge(*, user: User, reference: str, reserved: int, amount: int) -> CreditEntry:
    """Settle a reservation: spend `amount` of it and return the rest. Raises ValueError unless 0 <= amount <=
    reserved, and NotReserved if the reference holds less."""
    if not 0 <= amount <= reserved:
        raise ValueError(f"a charge must lie within the {reserved} reserved credits, not {amount}")
    return _settle(user, Kind.CHARGE, reserved - amount, reference=reference, spent=amount)


def credits_release(*, user: User, reference: str, amount: int) -> CreditEntry:
    """Return reserved credits to the balance. Raises NotReserved if the reference holds less."""
    if amount < 0:
        raise ValueError(f"a refund cannot be negative: {amount}")
    return _settle(user, Kind.REFUND, amount, reference=reference)


def _add(user: User, amount: int) -> int | None:
    """Change the balance and return the new one, or None if it would become negative or there is no account.
    Locks the account until the transaction commits. A single query, because every job runs it twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_creditaccount SET balance = balance + %s"
            " WHERE user_id = %s AND balance + %s >= 0 RETURNING balance",
            [amount, user.pk, amount],
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _cover(user: User, amount: int) -> None:
    """Raise the balance to at least `amount`, or raise NotEnoughCredits."""
    account_open(user=user)
    account = CreditAccount.objects.select_for_update().get(user=user)
    missing = amount - account.balance
    if missing <= 0:
        return
    if not credits_are_unlimited():
        raise NotEnoughCredits(required=amount, available=account.balance)
    credits_grant(user=user, amount=missing + UNLIMITED_STORE, note=UNLIMITED)


@transaction.atomic
def _settle(user: User, kind: Kind, amount: int, *, reference: str, spent: int = 0) -> CreditEntry:
    balance = _add(user, amount)
    held = CreditEntry.objects.held_by(user, reference)
    if held < amount + spent:
        raise NotReserved(f"{reference} holds {held} credits, not the {amount + spent} to be settled")
    return _write(user, kind, amount, balance, reference=reference, spent=spent)


def _write(
    user: User,
    kind: Kind,
    amount: int,
    balance: int | None,
    *,
    reference: str = "",
    note: str = "",
    spent: int = 0,
) -> CreditEntry:
    entry: CreditEntry = CreditEntry.objects.create(
        user=user,
        kind=kind,
        amount=amount,
        spent=spent,
        balance_after=balance,
        reference=reference,
        note=note,
    )
    return entry
