"""Requested values beside used values: one table for the track's page and the admin."""

import pytest

from jobs.models import Job
from jobs.specs.comparison import asked_and_used


def rows_of(params, effective=None, task="text2music", **columns):
    job = Job(task=task, engine="studio", batch_size=1, params=params, effective=effective or {}, **columns)
    return {row.name: row for row in asked_and_used(job)}


@pytest.mark.parametrize("name", ["caption", "prompt"])
def test_a_parameter_is_found_under_each_of_its_names(name):
    row = rows_of({name: "a waltz"}, {"caption": "a slow waltz"})[name]
    assert (row.label, row.asked, row.used, row.is_changed) == ("Style", "a waltz", "a slow waltz", True)


@pytest.mark.parametrize(
    ("params", "effective", "asked", "used"),
    [
        ({"audio_duration": 30}, {"duration_s": 30.0}, "30", "0:30"),
        ({"seed": 7}, {"seeds": [7, 8]}, "7", "7, 8"),
        ({"genre_preset": "Rock"}, {"genre": "Rock"}, "Rock", "Rock"),
        ({"infer_step": 20}, {"options": {"inference_steps": 20}}, "20", "20"),
        ({"instrumental": True}, {}, "yes", ""),
    ],
)
def test_what_was_used_as_asked_is_not_called_changed(params, effective, asked, used):
    [name] = params
    row = rows_of(params, effective, duration_s=effective.get("duration_s"))[name]
    assert (row.asked, row.used, row.is_changed) == (asked, used, False)


def test_a_tool_has_a_table_too():
    rows = rows_of({"source_job_id": 5, "track_name": "bass"}, {"not_applied": {}}, task="extract")
    assert rows["track_name"].parameter is not None and rows["track_name"].asked == "bass"
    assert rows["source_job_id"].asked == "5"


def test_what_is_left_to_the_server_is_not_asked():
    row = rows_of({"seed": -1}, {"seeds": [41]})["seed"]
    assert (row.asked, row.used, row.is_changed) == ("", "41", False)


def test_what_was_not_applied_says_why():
    row = rows_of({"shift": 2.0}, {"not_applied": {"shift": "The studio engine has no use for it."}})["shift"]
    assert (row.note, row.is_changed) == ("The studio engine has no use for it.", True)


def test_what_no_table_names_is_listed_too():
    rows = rows_of({"colour": {"a": None}}, {"max_duration_s": 12.5, "engine_version": "1"})
    assert (rows["colour"].asked, rows["max_duration_s"].used) == ('{"a": null}', "12.5")
    assert rows["colour"].parameter is None and "engine_version" not in rows
