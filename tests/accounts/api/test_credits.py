"""/api/v1/credits"""

import pytest

from audiomusic.accounts.credits.ledger import credits_charge, credits_grant, credits_reserve

CREDITS = "/api/v1/credits"
PATHS = [CREDITS, f"{CREDITS}/usage", f"{CREDITS}/multipliers"]


@pytest.fixture
def spender(limited, owner):
    credits_reserve(user=owner, amount=300, reference="job:1")
    credits_charge(user=owner, reference="job:1", reserved=300, amount=200)
    credits_reserve(user=owner, amount=50, reference="job:2")
    return owner


def test_it_tells_what_is_left_set_aside_and_used(client_of, spender):
    assert client_of(spender).get(CREDITS).json() == {
        "balance": 750,
        "available_credits": 750,
        "total_available_credits": 750,
        "reserved_credits": 50,
        "used_credits": 200,
        "total_credits_used": 200,
        "granted_credits": 1000,
        "unlimited": False,
    }


def test_an_unlimited_server_says_so(client_of, owner):
    body = client_of(owner).get(CREDITS).json()
    assert body["unlimited"] is True
    assert body["balance"] == 0
    assert body["available_credits"] == 1_000_000_000


def test_usage_lists_charges_of_the_caller_only(client_of, spender, other):
    credits_grant(user=other, amount=5)
    [charge] = client_of(spender).get(f"{CREDITS}/usage").json()
    assert charge["service_type"] == "music_generation"
    assert (charge["credits_used"], charge["reference"]) == (200, "job:1")
    assert charge["created_at"].endswith("Z")
    assert client_of(other).get(f"{CREDITS}/usage").json() == []


def test_multipliers_are_credits_a_minute(client_of, owner, settings):
    assert client_of(owner).get(f"{CREDITS}/multipliers").json() == {"music_generation": 990}
    settings.CREDITS_PER_MINUTE = 60
    assert client_of(owner).get(f"{CREDITS}/multipliers").json() == {"music_generation": 60}


@pytest.mark.parametrize("path", PATHS)
def test_without_credentials_it_is_401(visitor, db, path):
    assert visitor.get(path).status_code == 401


@pytest.mark.parametrize("path", PATHS)
def test_a_key_needs_the_scope_to_read(keyed, owner, path):
    assert keyed(owner, "music:read").get(path).status_code == 200
    assert keyed(owner, "music:generate").get(path).status_code == 403
