"""Row ids, as people and programs write them."""

import pytest

from audiomusic.http.ids import MAX_ID, row_id


@pytest.mark.parametrize("text, number", [("7", 7), ("0", 0), ("007", 7), (str(MAX_ID), MAX_ID)])
def test_a_number_is_read(text, number):
    assert row_id(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1.0", " 1", "1e3", "٣", "²", str(MAX_ID + 1), "9" * 10_000])
def test_what_no_row_can_have_is_none(text):
    assert row_id(text) is None
