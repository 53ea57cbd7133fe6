import pytest

pytestmark = pytest.mark.django_db


def address(job):
    return f"/api/v1/music/jobs/{job.id}"


def test_it_renames(api, owner, job_row):
    job = job_row(owner)
    body = {"display_name": "  Night boat ", "thumbnail_url": "https://example.org/a.png"}
    answer = api.patch(address(job), body)
    assert answer.status_code == 200
    assert answer.json()["display_name"] == "Night boat"
    assert answer.json()["thumbnail_url"] == "https://example.org/a.png"
    job.refresh_from_db()
    assert job.display_name == "Night boat"


def test_it_leaves_alone_what_was_not_named_and_takes_a_picture_away(api, owner, job_row):
    job = job_row(owner, thumbnail_url="https://example.org/a.png")
    body = api.patch(address(job), {"thumbnail_url": None}).json()
    assert body["thumbnail_url"] is None and body["display_name"] == "Harbour lights"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "  "}, "display_name"),
        ({"display_name": None}, "display_name"),
        ({"display_name": 7}, "display_name"),
        ({"display_name": "x" * 201}, "display_name"),
        ({"thumbnail_url": "file:///etc/passwd"}, "thumbnail_url"),
        ({"display_name": "x", "status": "COMPLETED"}, "status"),
        ({"user_id": 1}, "user_id"),
        ({}, "non_field_errors"),
    ],
)
def test_it_refuses(api, owner, job_row, body, name):
    job = job_row(owner)
    answer = api.patch(address(job), body)
    assert answer.status_code == 400 and name in answer.json()["errors"], answer.json()
    job.refresh_from_db()
    assert job.display_name == "Harbour lights"
