"""/api/v1/api-wallet"""

import pytest

from audiomusic.accounts.credits.ledger import credits_charge, credits_grant, credits_reserve

WALLET = "/api/v1/api-wallet"
READS = ["balance", "pricing", "usage", "topups", "service-types"]
SONG = {"service_type": "music_generation", "duration_seconds": 30}


@pytest.fixture
def spender(limited, owner):
    for number in (1, 2, 3):
        credits_reserve(user=owner, amount=100, reference=f"job:{number}")
        credits_charge(user=owner, reference=f"job:{number}", reserved=100, amount=100)
    return owner


def test_the_balance_is_told_in_cents(client_of, spender):
    assert client_of(spender).get(f"{WALLET}/balance").json() == {
        "balance_cents": 700,
        "balance_usd": 7.0,
        "total_topup_cents": 1000,
        "total_spent_cents": 300,
        "reserved_cents": 0,
        "unlimited": False,
    }


def test_pricing_names_every_service(client_of, owner):
    body = client_of(owner).get(f"{WALLET}/pricing").json()
    assert body["services"] == {
        "music_generation": {"cents_per_minute": 990, "usd_per_minute": 9.9, "credits_per_minute": 990}
    }
    assert body["wallet"] == {"cents_per_credit": 1, "unlimited": True, "accepts_topups": False}


def test_service_types_are_a_list(client_of, owner):
    assert client_of(owner).get(f"{WALLET}/service-types").json() == ["music_generation"]


def test_an_estimate_is_what_a_job_would_reserve(client_of, owner):
    body = client_of(owner).post(f"{WALLET}/estimate", SONG).json()
    assert (body["cost_cents"], body["cost_usd"], body["duration_minutes"]) == (495, 4.95, 0.5)


def test_a_balance_that_suffices_may_proceed(client_of, spender):
    body = client_of(spender).post(f"{WALLET}/check-balance", SONG).json()
    assert body == {"can_proceed": True, "cost_cents": 495, "current_balance_cents": 700}


def test_a_balance_that_does_not_is_402_with_the_figures(client_of, spender):
    answer = client_of(spender).post(f"{WALLET}/check-balance", SONG | {"duration_seconds": 60})
    assert answer.status_code == 402
    assert answer.json() == {
        "detail": "This needs 990 credits, but only 700 are left.",
        "code": "insufficient_credits",
        "required_cents": 990,
        "available_cents": 700,
        "required_credits": 990,
        "available_credits": 700,
    }


def test_an_unlimited_balance_always_suffices(client_of, owner):
    song = SONG | {"duration_seconds": 1e9}
    assert client_of(owner).post(f"{WALLET}/check-balance", song).json()["can_proceed"] is True


@pytest.mark.parametrize("path", ["estimate", "check-balance"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service_type": "dancing"}, "service_type"),
        ({"duration_seconds": -1}, "duration_seconds"),
        ({"duration_seconds": "long"}, "duration_seconds"),
        ({"duration_seconds": 1e300}, "duration_seconds"),
        ({"duration_seconds": None}, "duration_seconds"),
    ],
)
def test_a_wrong_question_is_400(client_of, owner, path, change, field):
    answer = client_of(owner).post(f"{WALLET}/{path}", SONG | change)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_usage_comes_in_pages_newest_first(client_of, spender):
    client = client_of(spender)
    first = client.get(f"{WALLET}/usage", {"page": 1, "limit": 2}).json()
    assert (first["page"], first["limit"]) == (1, 2)
    assert [log["reference"] for log in first["logs"]] == ["job:3", "job:2"]
    assert first["logs"][0]["cost_cents"] == 100
    second = client.get(f"{WALLET}/usage", {"page": 2, "limit": 2}).json()
    assert [log["reference"] for log in second["logs"]] == ["job:1"]
    assert client.get(f"{WALLET}/usage", {"page": 1_000_000}).json()["logs"] == []


def test_grants_are_topups(client_of, spender, other):
    credits_grant(user=spender, amount=5, note="well sung")
    credits_grant(user=other, amount=7)
    body = client_of(spender).get(f"{WALLET}/topups").json()
    assert (body["page"], body["limit"]) == (1, 20)
    assert [(topup["amount_cents"], topup["note"]) for topup in body["topups"]] == [
        (5, "well sung"),
        (1000, "opening grant"),
    ]


@pytest.mark.parametrize("path", ["usage", "topups"])
@pytest.mark.parametrize("query", [{"page": 0}, {"page": "two"}, {"limit": 101}, {"limit": 0}])
def test_a_wrong_page_is_400(client_of, owner, path, query):
    answer = client_of(owner).get(f"{WALLET}/{path}", query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == list(query)


@pytest.mark.parametrize("path", ["topup/checkout", "topup/payment-intent"])
def test_it_takes_no_payments_and_says_so(client_of, owner, path):
    answer = client_of(owner).post(f"{WALLET}/{path}", {"amount_cents": 2500})
    assert answer.status_code == 404
    assert "accepts no payments" in answer.json()["detail"]


@pytest.mark.parametrize("path", READS)
def test_reading_needs_credentials_with_the_scope(visitor, keyed, owner, path):
    assert visitor.get(f"{WALLET}/{path}").status_code == 401
    assert keyed(owner, "music:read").get(f"{WALLET}/{path}").status_code == 200
    assert keyed(owner, "music:generate").get(f"{WALLET}/{path}").status_code == 403


@pytest.mark.parametrize("path", ["estimate", "check-balance"])
def test_asking_needs_credentials_with_the_scope_to_read(visitor, keyed, owner, path):
    assert visitor.post(f"{WALLET}/{path}", SONG).status_code == 401
    assert keyed(owner, "music:read").post(f"{WALLET}/{path}", SONG).status_code == 200
    assert keyed(owner, "music:generate").post(f"{WALLET}/{path}", SONG).status_code == 403
