import pytest

from audiomusic.adminkit.charts import HEIGHT, LEAST, WIDTH, scale_top, share_of, stacked


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 2), (1, 2), (3, 4), (7, 8), (11, 12), (41, 50), (205, 240), (999, 1000)]
)
def test_a_scale_ends_on_a_round_number(largest, top):
    assert scale_top(largest) == top


def test_columns_stand_on_each_other_and_on_the_ground():
    chart = stacked(
        [("Mon", {"made": 6, "failed": 2}), ("Tue", {}), ("Wed", {"failed": 10})], ["made", "failed"]
    )
    made, failed = chart.columns[0].pieces
    assert (chart.top, made.y + made.height, failed.y + failed.height) == (10, HEIGHT, made.y)
    assert chart.columns[1].pieces == []
    assert (chart.columns[2].pieces[0].y, chart.columns[2].pieces[0].height) == (0, HEIGHT)
    assert chart.labels == ["Mon", "Tue", "Wed"]
    assert chart.total == 18
    assert all(column.x >= 0 and column.x + column.width <= WIDTH for column in chart.columns)


def test_little_is_seen_beside_much():
    chart = stacked([("Mon", {"made": 1_000_000, "failed": 1})], ["made", "failed"])
    assert [piece.height >= LEAST for piece in chart.columns[0].pieces] == [True, True]
    assert share_of(1, 1_000_000) == 1.0


def test_nothing_is_drawn_of_nothing():
    assert stacked([], ["made"]).labels == []
    assert share_of(0, 0) == 1.0
