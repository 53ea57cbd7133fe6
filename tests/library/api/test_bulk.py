"""Actions on many jobs at once, over the API."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Job
from jobs.signals import swept
from library.integrity import counts_problems
from library.models import PendingDeletion, Reaction
from library.playlists import files, services
from library.playlists.services import playlist_create
from library.selection.deletions import LOOK_AGAIN, deletion_carry_out
from tests.support.recordings import new_job, recorded

pytestmark = pytest.mark.django_db
PATH = "/api/v1/music/jobs/bulk"


@pytest.fixture
def songs(owner, job_row):
    return [job_row(owner, status="COMPLETED", display_name=name).id for name in ("One", "Two", "Three")]


@pytest.fixture
def theirs(other, job_row):
    return job_row(other, status="COMPLETED", display_name="Theirs").id


@pytest.fixture
def send(api):
    """send("reaction", job_ids, …): POST to one bulk endpoint; return the response."""
    return lambda verb, job_ids, **body: api.post(f"{PATH}/{verb}", {"job_ids": job_ids, **body})


def lapse():
    PendingDeletion.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_all_are_liked_at_once_and_neither_again(send, songs, theirs):
    for value in ("like", "like", "dislike", None, None):
        answer = send("reaction", [*songs, songs[0], theirs], interaction=value).json()
        assert (answer["job_ids"], answer["missing"]) == (songs, [theirs])
        assert set(Reaction.objects.values_list("job", "value")) == (
            {(job, value) for job in songs} if value else set()
        )
        assert counts_problems() == []


def test_all_get_tags_and_lose_them(api, send, songs, theirs):
    answer = send("tags", [*songs, theirs], add=["Evening", "Rain"]).json()
    assert (answer["job_ids"], answer["missing"]) == (songs, [theirs])
    send("tags", songs[:1], remove=["evening"])
    tags = {job_id: api.get(f"/api/v1/music/jobs/{job_id}/tags").json()["tags"] for job_id in songs}
    assert tags == {songs[0]: ["Rain"], songs[1]: ["Evening", "Rain"], songs[2]: ["Evening", "Rain"]}
    refused = send("tags", songs, add=["a, b"])
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["add"])


def test_all_go_into_a_playlist_but_what_cannot_be_heard(
    send, monkeypatch, owner, other, job_row, songs, theirs
):
    failed = job_row(owner, status="FAILED").id
    playlist = playlist_create(user=owner, name="Evening")
    asked = [songs[2], failed, songs[0], theirs]
    answer = send("playlist", asked, playlist_id=playlist.pk).json()
    assert (answer["job_ids"], answer["missing"]) == ([songs[2], songs[0]], [failed, theirs])
    assert list(playlist.items.values_list("take__job", flat=True)) == [songs[2], songs[0]]
    assert send("playlist", songs, playlist_id=playlist_create(user=other, name="x").pk).status_code == 404
    monkeypatch.setattr(services, "MOST_ITEMS", 2)
    assert send("playlist", songs, playlist_id=playlist.pk).json()["code"] == "playlist_full"


def test_as_zip_they_come_in_order(send, monkeypatch, owner, theirs):
    one, two = (recorded(new_job(owner, display_name=name, format="flac")).job_id for name in ("a", "b"))
    answer = send("zip", [two, theirs, one])
    content = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"] == 'attachment; filename="AudioMusic songs.zip"'
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["01 b.flac", "02 a.flac"]
    assert send("zip", [theirs]).status_code == 404
    assert send("zip", [new_job(owner).id, one]).status_code == 200  # a job without a take is skipped
    monkeypatch.setattr(files, "MAX_ZIP_BYTES", 100)
    assert send("zip", [one]).json()["code"] == "playlist_too_large"


def test_they_are_deleted_at_once(send, songs, theirs):
    assert send("delete", [*songs[:2], theirs]).json() == {
        "deleted": [songs[1], songs[0]], "pending": [], "refused": [],
    }  # fmt: skip
    assert set(Job.objects.values_list("id", flat=True)) == {songs[2], theirs}
    assert send("delete", songs[:2]).json()["deleted"] == []  # a second time


def test_a_deletion_is_taken_back_in_time(send, client_of, other, songs, theirs):
    assert send("delete", songs, undo_s=10).json()["pending"] == songs[::-1]
    assert client_of(other).post(f"{PATH}/restore", {"job_ids": songs}).json()["job_ids"] == []
    assert send("restore", [songs[0], theirs]).json() == {"job_ids": [songs[0]], "missing": [theirs]}
    lapse()
    assert swept.send(sender=None)[0][1] == 2
    assert set(Job.objects.values_list("id", flat=True)) == {songs[0], theirs}
    assert send("restore", songs[1:]).json() == {"job_ids": [], "missing": songs[1:]}


def test_what_is_not_due_stays_and_the_page_may_hasten_it(send, songs):
    send("delete", songs[:1], undo_s=10)
    swept.send(sender=None)
    assert not deletion_carry_out(job_id=songs[0])
    assert send("delete", songs[:1]).json()["deleted"] == songs[:1]


def test_what_another_is_made_from_stays_unless_that_goes_too(send, owner, job_row, songs):
    made_from_it = job_row(owner, status="PENDING", task="retake", source_job_id=songs[0]).id
    answer = send("delete", songs[:2], undo_s=10).json()
    assert (answer["pending"], answer["refused"][0]["job_id"]) == ([songs[1]], songs[0])
    assert f"job {made_from_it}" in answer["refused"][0]["detail"]
    assert send("delete", [songs[0], made_from_it]).json()["deleted"] == [made_from_it, songs[0]]


def test_what_is_in_use_when_it_is_due_waits(send, owner, job_row, songs):
    send("delete", songs[:1], undo_s=10)
    lapse()
    maker = job_row(owner, status="PENDING", task="retake", source_job_id=songs[0])
    swept.send(sender=None)
    assert PendingDeletion.objects.get().due_at > timezone.now() + LOOK_AGAIN / 2
    Job.objects.filter(id=maker.id).update(status="CANCELLED")
    lapse()
    swept.send(sender=None)
    assert not Job.objects.filter(id=songs[0]).exists()


@pytest.mark.parametrize(
    ("verb", "body"),
    [("reaction", {"interaction": "love"}), ("reaction", {}), ("playlist", {}), ("delete", {"undo_s": 61}),
     ("delete", {"sure": True}), ("restore", {"job_ids": []}), ("tags", {"add": "Rain"}),
     ("zip", {"job_ids": [0]}), ("zip", {"job_ids": list(range(1, 502))})],
)  # fmt: skip
def test_what_is_asked_wrongly_changes_nothing(api, songs, verb, body):
    answer = api.post(f"{PATH}/{verb}", {"job_ids": songs} | body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert Job.objects.count() == 3 and not Reaction.objects.exists() and not PendingDeletion.objects.exists()


@pytest.mark.parametrize("verb", ["reaction", "tags", "playlist", "zip", "delete", "restore"])
def test_nothing_but_post_does_anything(api, songs, verb):
    assert api.delete(f"{PATH}/{verb}", {"job_ids": songs}, format="json").status_code == 405
    assert Job.objects.filter(id__in=songs).count() == len(songs)
