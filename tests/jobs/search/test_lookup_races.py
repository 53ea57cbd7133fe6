"""Concurrent writes, normalization and searches, each on its own connection: results stay correct."""

import threading
from random import Random

import pytest
from django.db import connection

from jobs.models import Job
from jobs.search.documents import search_documents_update
from jobs.search.integrity import text_problems
from jobs.services import job_delete, job_patch
from tests.support.searching import count

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


def run_together(*acts):
    """Run each function in its own thread; return the exceptions raised."""
    errors = []

    def run(act):
        try:
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_texts_are_those_of_the_jobs_after_everybody_wrote(owner, make_job):
    jobs = [make_job(caption=f"piano {number}") for number in range(6)]

    def rename():
        random = Random(1)
        for _ in range(ROUNDS):
            job_patch(
                job=Job.objects.get(id=random.choice(jobs[:5]).id), display_name=random.choice("abc") * 9
            )

    def write_past_the_services():
        random = Random(2)
        for number in range(ROUNDS):
            Job.objects.filter(id=random.choice(jobs).id).update(lyrics=f"line {number} é")

    def fold_and_ask():
        for _ in range(ROUNDS):
            search_documents_update()
            count(owner, "line")

    def delete():
        job_delete(job=jobs[5])

    assert run_together(rename, write_past_the_services, fold_and_ask, fold_and_ask, delete) == []
    assert count(owner, "piano") == 5
    assert text_problems() == []


def test_new_words_of_two_writers_do_not_lock_each_other_out(owner, make_job):
    words = [f"word{number}" for number in range(60)]

    def create(seed):
        def act():
            for _ in range(4):
                make_job(caption=" ".join(Random(seed).sample(words, 60)))

        return act

    assert run_together(*map(create, range(4))) == []
    assert count(owner, "word59") == 16
    assert text_problems() == []
