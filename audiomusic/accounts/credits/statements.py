"""Reads from the ledger: a user's statement and the consistency check of the books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F, Q, Sum, Window
from django.db.models.functions import Coalesce

from audiomusic.accounts.credits.ledger import credits_are_unlimited
from audiomusic.accounts.models import CreditEntry, User

#: Reported to clients that compare a balance with a cost before a request. Where credits are unlimited, no
#: reservation is refused.
UNLIMITED_CREDITS = 1_000_000_000


@dataclass(frozen=True)
class Statement:
    """A user's credits: granted = balance + reserved + spent."""

    balance: int
    granted: int
    spent: int
    unlimited: bool

    @property
    def reserved(self) -> int:
        return self.granted - self.balance - self.spent

    @property
    def available(self) -> int:
        return max(self.balance, UNLIMITED_CREDITS) if self.unlimited else self.balance


def statement_of(user: User) -> Statement:
    """Return the user's statement, read in one query so that the figures agree while jobs run."""
    sums = CreditEntry.objects.filter(user=user).aggregate(
        balance=Coalesce(Sum("amount"), 0),
        granted=Coalesce(Sum("amount", filter=Q(kind=CreditEntry.Kind.GRANT)), 0),
        spent=Coalesce(Sum("spent"), 0),
    )
    return Statement(**sums, unlimited=credits_are_unlimited())


def ledger_problems() -> list[str]:
    """Return a sentence for each inconsistency; the list is empty if the books are in order."""
    return [*_wrong_balances(), *_wrong_lines(), *_settled_twice()]


def _wrong_balances() -> Iterator[str]:
    users = User.objects.annotate(
        written=Coalesce(Sum("credit_entries__amount"), 0),
        kept=Coalesce(F("credit_account__balance"), 0),
    )
    for user in users.exclude(written=F("kept")):
        yield f"{user} has {user.kept} credits, but the ledger's lines add up to {user.written}."


def _wrong_lines() -> Iterator[str]:
    running = Window(Sum("amount"), partition_by="user", order_by="id")
    for entry in CreditEntry.objects.annotate(running=running).filter(~Q(balance_after=F("running"))):
        yield (
            f"Ledger line {entry.pk} says {entry.balance_after} credits were left, "
            f"but the lines up to it add up to {entry.running}."
        )


def _settled_twice() -> Iterator[str]:
    settled = CreditEntry.objects.exclude(kind=CreditEntry.Kind.GRANT).order_by()
    totals = settled.values("user__username", "reference").annotate(over=Sum(F("amount") + F("spent")))
    for total in totals.filter(over__gt=0):
        yield (
            f"{total['user__username']} got back {total['over']} credits more "
            f"than were reserved for {total['reference']}."
        )
