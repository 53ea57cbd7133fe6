"""Credits charged per second."""

import pytest

from audiomusic.accounts.credits.pricing import credits_for, usd


@pytest.mark.parametrize(
    ("duration_s", "cost"), [(0, 0), (0.01, 1), (1, 17), (3.3, 55), (20, 330), (60, 990), (600, 9900)]
)
def test_a_minute_costs_990_and_parts_are_rounded_up(duration_s, cost):
    assert credits_for(duration_s) == cost


def test_the_price_can_be_set(settings):
    settings.CREDITS_PER_MINUTE = 60
    assert credits_for(2.5) == 3


def test_a_credit_counts_as_a_cent():
    assert usd(990) == 9.9
