"""Names sort as people expect."""

from random import Random

import pytest

from audiomusic.db.name_keys import MAX_KEY_BYTES, name_key

ORDERED = [
    "", "'Round Midnight", "1 a", "1.5", "1a", "9 lives", "10", "100 nights", "1000", "Ä", "angle",
    "Ångström", "apple", "Apple", "Arger", "Ärger", "ea", "eá", "éa", "émile", "Émile", "Night",
    "Night Drive", "Nightfall", "Ore", "Øre", "Orf", "Strasse", "Straße", "Strassf", "Track 2", "Track ②b",
    "Track 3", "Track 10", "Track ２0", "zebra", "Zebra", "Ωmega", "елка", "ёлка", "ель", "Яблоко",
    "שלום", "سلام", "あ", "ア", "海",
]  # fmt: skip


def test_names_stand_as_people_sort_them():
    shuffled = Random(5).sample(ORDERED, len(ORDERED))
    assert sorted(shuffled, key=name_key) == ORDERED


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e\u0301lan", "élan"),
        ("Track 02", "Track 2"),
        ("Track ２", "Track 2"),
        ("٣", "3"),
        ("Øre ③", "Øre 3"),
    ],
)
def test_what_is_written_in_two_ways_stands_at_one_place(one, other):
    assert name_key(one) == name_key(other)


def test_numbers_of_any_length_stand_by_their_value():
    random = Random(6)
    numbers = [random.randrange(10 ** random.randint(1, 60)) for _ in range(60)]
    names = [f"Take {number}" for number in numbers]
    assert sorted(names, key=name_key) == [f"Take {number}" for number in sorted(numbers)]


def test_the_longest_names_have_a_key_that_an_index_holds():
    for letter in ("a", "é", "月", "ﷺ", "9", "\U0001f389"):
        assert len(name_key(letter * 200)) <= MAX_KEY_BYTES
