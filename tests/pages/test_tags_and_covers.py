"""Tags and covers on a song's page, with and without the site's script."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jobs.models import Job
from jobs.specs.tags import save_tags
from library.tags.services import job_tags_update
from tests.jobs.api.conftest import job_row  # noqa: F401
from tests.support.pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def song(owner, job_row):  # noqa: F811
    job = job_row(owner, status="COMPLETED", effective={"genres": ["Jazz"]})
    save_tags(job)
    return job


@pytest.fixture
def browser(client, owner):
    client.force_login(owner)
    return client


def own_tags(song):
    return Job.objects.get(id=song.id).own_tags


def test_tags_are_added_and_taken_away(browser, song):
    address = f"/tracks/{song.id}/tags"
    assert browser.post(address, {"add": "gym, <b>, sea"})["Location"] == f"/tracks/{song.id}"
    assert own_tags(song) == ["gym", "<b>", "sea"]
    page = browser.get(f"/tracks/{song.id}").content.decode()
    for part in ('href="/?tag=gym"', "Remove the tag &lt;b&gt;", 'href="/?genre=Jazz"'):
        assert part in page, part
    browser.post(address, {"remove": "gym", "add": ""})
    browser.post(address, {"remove": "Jazz"})
    assert own_tags(song) == ["<b>", "sea"]
    assert "Jazz: bring this tag back" in browser.get(f"/tracks/{song.id}").content.decode()


def test_with_our_script_the_panel_alone_comes_back(browser, song, job_row, owner, refused_by_policy):  # noqa: F811
    job_tags_update(job=job_row(owner), add=["beach"])
    answer = browser.post(f"/tracks/{song.id}/tags", {"add": "gym"}, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert text.lstrip().startswith('<div class="track-tags"') and "beach: add this tag" in text
    assert refused_by_policy(answer) == []
    browser.post(f"/tracks/{song.id}/tags", {"suggested": "beach"})
    assert own_tags(song) == ["gym", "beach"]


@pytest.mark.parametrize(
    ("line", "sentence"), [("x" * 41, "at most 40"), ("#", "a letter"), ("x" * 900, "840")]
)
def test_what_is_no_tag_is_said_beside_the_field(browser, song, line, sentence):
    answer = browser.post(f"/tracks/{song.id}/tags", {"add": line})
    assert answer.status_code == 400 and sentence in answer.content.decode() and not own_tags(song)


def test_a_cover_is_sent_and_taken_away(browser, song, refused_by_policy):
    address = f"/tracks/{song.id}/cover"
    assert refused_by_policy(browser.get(address)) == []
    file = SimpleUploadedFile("a.jpg", picture())
    page = browser.post(address, {"file": file}, follow=True).content.decode()
    assert "The song has its new cover." in page and '<img class="cover" src="/cover/' in page
    assert f'data-cover="{song.id}"' not in page
    row = browser.get("/").content.decode()
    assert '<img class="cover" src="/cover/' in row
    assert "Back to the generated cover" in browser.get(address).content.decode()
    page = browser.post(address, {"action": "remove"}, follow=True).content.decode()
    assert "generated cover again" in page and f'data-cover="{song.id}"' in page


def test_what_is_no_picture_is_said_beside_the_field(browser, song):
    for form, sentence in (
        ({"file": SimpleUploadedFile("a.jpg", b"no")}, "got a file that is"),
        ({}, "required"),
    ):
        answer = browser.post(f"/tracks/{song.id}/cover", form)
        assert answer.status_code == 400 and sentence in answer.content.decode()
    assert Job.objects.get(id=song.id).cover_version is None


def test_anothers_song_does_not_exist(client, other, song):
    client.force_login(other)
    assert client.post(f"/tracks/{song.id}/tags", {"add": "gym"}).status_code == 404
    assert client.get(f"/tracks/{song.id}/cover").status_code == 404
    assert client.post(f"/tracks/{song.id}/cover", {"action": "remove"}).status_code == 404
