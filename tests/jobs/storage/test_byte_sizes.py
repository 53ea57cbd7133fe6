"""Sizes as people write and read them."""

import pytest

from jobs.storage.byte_sizes import parse_size, size_words


@pytest.mark.parametrize(
    ("text", "byte_count"),
    [
        ("500MB", 500_000_000),
        ("10 GB", 10**10),
        ("2TB", 2 * 10**12),
        ("0GB", 0),
        ("7kB", 7000),
        ("off", None),
    ],
)
def test_a_size_is_read(text, byte_count):
    assert parse_size(text) == byte_count


@pytest.mark.parametrize("text", ["", "10", "10gb", "-1GB", "1.5GB", "GB", "10GiB", "1GB ", "9999999GB"])
def test_what_is_no_size_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match="Expected a size such as 500MB, 10GB or 2TB, or off, got "):
        parse_size(text)


@pytest.mark.parametrize(
    ("byte_count", "words"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_250_000, "1.25 MB"), (10**9, "1 GB"),
        (500_000, "500 kB"), (2_500_000_000_000_000, "2,500 TB"),
    ],
)  # fmt: skip
def test_a_size_is_told_in_its_largest_unit(byte_count, words):
    assert size_words(byte_count) == words
