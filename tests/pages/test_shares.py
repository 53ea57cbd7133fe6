"""Links that let anyone hear one song: created, opened, expired, revoked."""

import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.models import AudioFile
from jobs.services import job_delete
from library.models import ShareLink
from library.services import NotShareable, share_create, share_revoke
from tests.jobs.api.conftest import job_row  # noqa: F401


@pytest.fixture
def song(owner, job_row):  # noqa: F811
    """A finished song whose MP3 is in the storage."""
    job = job_row(owner, status="COMPLETED")
    name = default_storage.save("test/shared.mp3", ContentFile(b"ID3 sound"))
    AudioFile.objects.create(
        take=job.takes.get(), format="mp3", storage_name=name, byte_count=9, sha256="0" * 64
    )
    return job


@pytest.fixture
def link(song):
    return share_create(job=song, days=7)


def test_its_owner_makes_one(client, owner, song):
    client.force_login(owner)
    answer = client.post(f"/tracks/{song.id}/shares", {"days": "30"})
    assert answer["Location"] == f"/tracks/{song.id}"
    link = ShareLink.objects.get()
    assert timedelta(days=29) < link.expires_at - timezone.now() < timedelta(days=31)
    assert f"http://testserver/s/{link.token}" in client.get(f"/tracks/{song.id}").content.decode()


def test_one_may_stay_open(client, owner, song):
    client.force_login(owner)
    answer = client.post(f"/tracks/{song.id}/shares", {"days": "0"}, headers={"HX-Request": "true"})
    assert "until it is revoked" in answer.content.decode()
    assert ShareLink.objects.get().expires_at is None


def test_a_span_that_is_not_offered_makes_none(client, owner, song):
    client.force_login(owner)
    client.post(f"/tracks/{song.id}/shares", {"days": "9999"})
    assert not ShareLink.objects.exists()


def test_it_opens_for_anybody_and_shows_nothing_else(client, link, owner, refused_by_policy):
    page = client.get(f"/s/{link.token}")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Harbour lights" in text
    assert f"/s/{link.token}/1.mp3" in text
    assert owner.username not in text
    assert "a sea shanty" not in text
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("private, no-store", "noindex")
    assert refused_by_policy(page) == []


def test_its_sound_opens_with_ranges(client, link):
    whole = client.get(f"/s/{link.token}/1.mp3")
    assert b"".join(whole.streaming_content) == b"ID3 sound"
    assert (whole["Content-Type"], whole["Cache-Control"]) == ("audio/mpeg", "private, no-cache")
    part = client.get(f"/s/{link.token}/1.mp3", headers={"Range": "bytes=0-2"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"ID3")


@pytest.mark.parametrize("path", ["2.mp3", "1.exe"])
def test_it_has_no_other_sound(client, link, path):
    assert client.get(f"/s/{link.token}/{path}").status_code == 404


def test_once_revoked_it_opens_nothing(client, owner, link):
    client.force_login(owner)
    assert client.post(f"/shares/{link.id}/revoke").status_code == 302
    client.logout()
    assert client.get(f"/s/{link.token}").status_code == 404
    assert client.get(f"/s/{link.token}/1.mp3").status_code == 404


def test_revoking_twice_keeps_the_first_time(link):
    share_revoke(link=link)
    link.refresh_from_db()
    first = link.revoked_at
    share_revoke(link=link)
    link.refresh_from_db()
    assert link.revoked_at == first


def test_once_expired_it_opens_nothing(client, link):
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(f"/s/{link.token}").status_code == 404
    assert client.get(f"/s/{link.token}/1.mp3").status_code == 404


def test_it_goes_with_its_song(client, link, song):
    job_delete(job=song)
    assert client.get(f"/s/{link.token}").status_code == 404
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "FAILED", "CANCELLED"])
def test_only_a_finished_song_is_shared(client, owner, job_row, status):  # noqa: F811
    job = job_row(owner, status=status)
    with pytest.raises(NotShareable, match=status):
        share_create(job=job, days=7)
    client.force_login(owner)
    assert client.post(f"/tracks/{job.id}/shares", {"days": "7"}).status_code == 404


def test_nobody_shares_or_revokes_what_is_anothers(client, other, song, link):
    client.force_login(other)
    assert client.post(f"/tracks/{song.id}/shares", {"days": "7"}).status_code == 404
    assert client.post(f"/shares/{link.id}/revoke").status_code == 404
    assert ShareLink.objects.open().count() == 1


def test_no_token_looks_like_another(song):
    tokens = {share_create(job=song, days=None).token for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 24 for token in tokens)


def test_revoking_asks_first_and_names_the_song(client, owner, link):
    client.force_login(owner)
    page = client.get(f"/shares/{link.id}/revoke")
    text = page.content.decode()
    assert "Revoke the link of “<bdi>Harbour lights</bdi>”?" in text
    assert ">today " in text  # when it was created
    assert ShareLink.objects.open().count() == 1


def test_the_question_stands_in_the_panel_and_so_does_what_came_of_it(client, owner, song, link):
    client.force_login(owner)
    part = {"HX-Request": "true"}
    asked = client.get(f"/shares/{link.id}/revoke", headers=part).content.decode()
    assert "Revoke the link of “<bdi>Harbour lights</bdi>”, created" in asked
    kept = client.get(f"/tracks/{song.id}/shares", headers=part).content.decode()
    assert link.token in kept
    assert "Revoke the link of" not in kept
    done = client.post(f"/shares/{link.id}/revoke", headers=part).content.decode()
    assert "no longer works" in done
    assert link.token not in done


def test_nobody_is_asked_about_a_link_of_anothers(client, other, link):
    client.force_login(other)
    assert client.get(f"/shares/{link.id}/revoke").status_code == 404


@pytest.mark.parametrize("token", ["never-made", None])
def test_a_closed_link_says_so(client, link, token, refused_by_policy):
    share_revoke(link=link)
    page = client.get(f"/s/{token or link.token}")
    text = page.content.decode()
    assert page.status_code == 404
    assert "This link does not work" in text
    assert "Harbour lights" not in text
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("private, no-store", "noindex")
    assert refused_by_policy(page) == []


def metas(text):
    """Name or property -> content, of the meta tags that messengers read."""
    return dict(re.findall(r'<meta (?:property|name)="((?:og|twitter):[\w:]+)" content="([^"]*)"', text))


def test_a_messenger_is_told_what_the_page_shows(client, owner, link, settings):
    settings.PUBLIC_URL = "https://music.example.org/box"
    shown = metas(client.get(f"/s/{link.token}").content.decode())
    url = f"https://music.example.org/box/s/{link.token}"
    assert shown == {
        "og:site_name": "AudioMusic", "og:type": "music.song", "og:title": "Harbour lights",
        "og:description": "Song, 0:30", "og:url": url, "og:image": f"{url}/cover",
        "og:image:alt": "Cover of Harbour lights", "og:audio": f"{url}/1.mp3",
        "og:audio:type": "audio/mpeg", "twitter:card": "summary",
    }  # fmt: skip


def test_its_cover_is_a_picture_as_long_as_it_is_open(client, link):
    answer = client.get(f"/s/{link.token}/cover")
    assert (answer["Content-Type"], answer.content[:4]) == ("image/png", b"\x89PNG")
    share_revoke(link=link)
    assert client.get(f"/s/{link.token}/cover").status_code == 404


def test_every_take_is_offered(client, owner, job_row):  # noqa: F811
    link = share_create(job=job_row(owner, status="COMPLETED", takes=2), days=7)
    text = client.get(f"/s/{link.token}").content.decode()
    assert [f'data-take="{index}"' in text for index in (1, 2, 3)] == [True, True, False]
    assert f"/s/{link.token}/2.mp3" in text


def test_one_take_is_no_choice(client, link):
    assert "data-take" not in client.get(f"/s/{link.token}").content.decode()


@pytest.mark.parametrize(("path", "queries"), [("a/b/c", 0), ("never-made", 2), ("never-made/1.mp3", 2)])
def test_what_opens_nothing_costs_little(client, db, django_assert_num_queries, path, queries):
    with django_assert_num_queries(queries):
        assert client.get(f"/s/{path}").status_code == 404
