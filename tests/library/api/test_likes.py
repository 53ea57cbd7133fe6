import pytest
from rest_framework.test import APIClient

from audiomusic.accounts.services import key_create
from library.integrity import counts_problems
from library.models import Reaction

pytestmark = pytest.mark.django_db


def address(job_id, verb="like"):
    return f"/api/v1/music/jobs/{job_id}/{verb}"


def test_a_job_is_liked_disliked_and_neither_again(api, owner, job_row):
    job = job_row(owner)
    steps = [
        (api.post, "like", "like"),
        (api.post, "like", "like"),
        (api.post, "dislike", "dislike"),
        (api.post, "dislike", "dislike"),
        (api.post, "like", "like"),
        (api.delete, "like", None),
        (api.delete, "like", None),
    ]
    for send, verb, interaction in steps:
        answer = send(address(job.id, verb))
        assert answer.status_code == 200
        assert answer.json() == {"job_id": job.id, "interaction": interaction}
        assert list(Reaction.objects.values_list("value", flat=True)) == (
            [interaction] if interaction else []
        )
        assert counts_problems() == []


def test_it_takes_two_queries(api, owner, job_row, django_assert_max_num_queries):
    job = job_row(owner)
    with django_assert_max_num_queries(4):  # two, plus the test's savepoint
        api.post(address(job.id))


@pytest.mark.parametrize("verb", ["like", "dislike"])
def test_another_users_job_does_not_exist(api, other, job_row, verb):
    job = job_row(other)
    for job_id in (job.id, job.id + 1, 2**70):
        answer = api.post(address(job_id, verb))
        assert answer.status_code == 404 and answer.json()["detail"] == "Music job not found"
    assert api.delete(address(job.id)).status_code == 404
    assert not Reaction.objects.exists()


def test_other_verbs_are_refused(api, owner, job_row):
    job = job_row(owner)
    assert api.get(address(job.id)).status_code == 405
    assert api.delete(address(job.id, "dislike")).status_code == 405


def test_it_wants_the_generating_scope(owner, job_row):
    _, key = key_create(user=owner, name="reader", scopes=["music:read"])
    client, job = APIClient(headers={"X-API-Key": key}), job_row(owner)
    assert client.post(address(job.id)).status_code == 403
    assert client.delete(address(job.id)).status_code == 403


def test_it_wants_credentials(owner, job_row):
    assert APIClient().post(address(job_row(owner).id)).status_code == 401
