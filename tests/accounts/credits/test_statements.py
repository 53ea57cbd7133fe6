"""Statements, and the integrity check that finds entries no writer would make."""

import pytest

from audiomusic.accounts.credits.ledger import credits_charge, credits_reserve
from audiomusic.accounts.credits.statements import UNLIMITED_CREDITS, ledger_problems, statement_of
from audiomusic.accounts.models import CreditAccount, CreditEntry

pytestmark = pytest.mark.usefixtures("limited")


@pytest.fixture
def busy(owner):
    credits_reserve(user=owner, amount=300, reference="job:1")
    credits_charge(user=owner, reference="job:1", reserved=300, amount=200)
    credits_reserve(user=owner, amount=50, reference="job:2")
    return owner


def test_the_figures_of_a_statement_add_up(busy):
    statement = statement_of(busy)
    assert (statement.granted, statement.spent, statement.reserved, statement.balance) == (1000, 200, 50, 750)
    assert statement.available == 750


def test_an_unlimited_server_always_has_more(busy, settings):
    settings.CREDITS = "unlimited"
    assert statement_of(busy).available == UNLIMITED_CREDITS
    assert statement_of(busy).balance == 750


def test_books_in_order_show_no_problem(busy, other):
    assert ledger_problems() == []


def test_a_balance_that_drifted_is_found(busy, other):
    CreditAccount.objects.filter(user=busy).update(balance=751)
    assert ledger_problems() == ["olive has 751 credits, but the ledger's lines add up to 750."]


def test_lines_without_an_account_are_found(busy):
    CreditAccount.objects.all().delete()
    assert "olive has 0 credits" in ledger_problems()[0]


def test_a_line_written_past_the_services_is_found(busy):
    CreditEntry.objects.create(user=busy, kind="refund", amount=60, balance_after=750, reference="job:2")
    problems = ledger_problems()
    assert len(problems) == 3
    assert "add up to 810" in problems[0]
    assert "says 750 credits were left" in problems[1]
    assert problems[2] == "olive got back 10 credits more than were reserved for job:2."
