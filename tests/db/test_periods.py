"""Past moments in words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audiomusic.db.periods import ago


@pytest.mark.parametrize(
    "passed, told",
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=5, seconds=30), "5\xa0minutes ago"),
        (timedelta(days=2, hours=7), "2\xa0days ago"),
    ],
)
def test_how_long_ago(passed, told):
    assert ago(timezone.now() - passed) == told
