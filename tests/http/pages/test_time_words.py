"""Times in words, in the active time zone."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone

from audiomusic.http.pages.time_words import moment_in_full, moment_words
from audiomusic.http.pages.time_zone import zone_named

NOW = datetime(2026, 11, 29, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone, moment, words",
    [
        ("Europe/Berlin", datetime(2026, 11, 29, 13, 0, tzinfo=UTC), "today 14:00"),
        ("Europe/Berlin", datetime(2026, 11, 28, 23, 30, tzinfo=UTC), "today 00:30"),
        ("America/New_York", datetime(2026, 11, 29, 3, 0, tzinfo=UTC), "yesterday 22:00"),
        ("UTC", datetime(2026, 11, 25, 9, 5, tzinfo=UTC), "Wednesday 09:05"),
        ("UTC", datetime(2026, 11, 22, 9, 5, tzinfo=UTC), "22 Nov 09:05"),
        ("UTC", datetime(2025, 11, 29, 9, 5, tzinfo=UTC), "29 Nov 2025 09:05"),
        ("UTC", datetime(2026, 11, 30, 9, 5, tzinfo=UTC), "tomorrow 09:05"),
        ("UTC", datetime(2026, 12, 5, 9, 5, tzinfo=UTC), "5 Dec 09:05"),
    ],
)
def test_a_time_is_said_by_its_day(zone, moment, words):
    with timezone.override(zone_named(zone)):
        assert moment_words(moment, NOW) == words


def test_the_whole_of_it_names_the_zone():
    with timezone.override(zone_named("Asia/Tokyo")):
        assert moment_in_full(NOW) == "Sunday 29 November 2026, 22:05:00, Asia/Tokyo"


def test_the_element_holds_the_moment_for_programs():
    template = Template("{% moment at %}|{% day at %}|{% moment none %}|{% day none 'not yet' %}")
    with timezone.override(zone_named("Asia/Tokyo")):
        first, second, *rest = template.render(Context({"at": NOW, "none": None})).split("|")
    assert first.startswith('<time datetime="2026-11-29T13:05:00+00:00" data-said="moment" title="Sunday 29')
    assert 'data-said="day"' in second
    assert rest == ["never", "not yet"]
