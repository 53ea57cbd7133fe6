"""manage.py grantcredits"""

import pytest
from django.core.management import CommandError, call_command

from audiomusic.accounts.credits.ledger import balance_of


def test_it_grants_and_says_what_is_left(capsys, limited, owner):
    call_command("grantcredits", "olive", "500")
    assert capsys.readouterr().out == "olive was granted 500 credits and has 1500.\n"
    assert balance_of(owner) == 1500


def test_an_unknown_user_is_refused(db):
    with pytest.raises(CommandError, match="There is no user 'nora'"):
        call_command("grantcredits", "nora", "5")


def test_a_grant_has_a_maximum(limited, owner):
    with pytest.raises(CommandError, match=r"Expected N of at most 1,000,000,000, got 1,000,000,001\."):
        call_command("grantcredits", "olive", "1000000001")
    assert balance_of(owner) == 1000


@pytest.mark.parametrize("amount", ["0", "many"])
def test_a_wrong_amount_is_refused(owner, amount):
    with pytest.raises(CommandError, match="at least 1|invalid int"):
        call_command("grantcredits", "olive", amount)
