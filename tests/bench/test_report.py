"""Figures beside their limits, as a table and as JSON."""

import json

from audiomusic.bench.report import Report


def make_report():
    report = Report()
    report.add("speed", 9.5, at_least=8)
    report.add("memory_gb", 2.5, at_most=2)
    report.add("remark", 3)
    return report


def test_missed_names_what_was_out_of_bounds():
    assert make_report().missed == ["memory_gb"]


def test_json_is_one_object_with_the_four_parts():
    body = json.loads(make_report().to_json())
    assert set(body) == {"machine", "figures", "wanted", "missed"}
    assert body["figures"] == {"speed": 9.5, "memory_gb": 2.5, "remark": 3}
    assert body["wanted"] == {"speed": {"min": 8}, "memory_gb": {"max": 2}}
    assert body["machine"]["cores"] >= 1


def test_the_table_tells_met_from_missed():
    lines = make_report().to_table().splitlines()
    assert lines[1].endswith("wanted at least 8: met")
    assert lines[2].endswith("wanted at most 2: MISSED")
    assert lines[3].split() == ["remark", "3"]
