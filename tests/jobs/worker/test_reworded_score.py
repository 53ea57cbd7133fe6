"""A change to a score in words that only a language model understands, from the request to the score."""

import json

import pytest

from jobs.scores.services import revise_job_create
from jobs.tasks import run_pending_jobs
from tests.support import language_model_server as fake
from tests.support.tool_songs import tool_song

pytestmark = pytest.mark.django_db(transaction=True)


def ask(owner, instruction="make the refrain soar like a bird", **wishes):
    wishes = {"source_job_id": tool_song(owner).id, "instruction": instruction, **wishes}
    job = revise_job_create(user=owner, wishes=wishes, params=wishes)
    run_pending_jobs()
    job.refresh_from_db()
    return job


def test_its_changes_are_made_by_the_same_rules(owner, model_server):
    changes = ["make the chorus higher", "add sevenths in bar 1"]
    model_server.answers = fake.saying(json.dumps({"changes": changes}))
    job = ask(owner)
    assert job.status == "COMPLETED", job.error_message
    assert "2 steps of the scale higher in Chorus" in job.effective["operation"]["note"]
    assert job.effective["operation"]["changed_bars"]["Vocal"]


def test_what_it_cannot_say_is_refused_and_not_charged(owner, model_server):
    model_server.answers = fake.saying(json.dumps({"changes": ["fly to the moon"]}))
    job = ask(owner)
    assert (job.status, job.error_code, job.credits_charged) == ("FAILED", "revise_failed", 0)
    assert len(model_server.requests) == 3 and "Expected one of these changes" in job.error_message
    model_server.answers = fake.saying("no list")
    assert "not a list of changes" in ask(owner).error_message


def test_a_change_outside_the_section_is_not_made(owner, model_server):
    model_server.answers = fake.saying(json.dumps({"changes": ["repeat the chorus"]}))
    job = ask(owner, section="Verse 1")
    assert (job.status, job.error_code) == ("FAILED", "revise_failed")
    assert "Expected a change of the named section" in job.error_message
