"""Links that let anyone hear a playlist: created, opened, expired, revoked."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from library.models import PlaylistLink
from library.playlists.services import SongRef, playlist_create, playlist_items_replace
from library.services import playlist_share_create, share_create, share_revoke
from tests.support.pictures import picture
from tests.support.recordings import new_job, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def songs(owner):
    return [
        recorded(new_job(owner, display_name=name, prompt="a secret wish")).job for name in ("One", "Two")
    ]


@pytest.fixture
def playlist(owner, songs):
    items = [SongRef(song.id) for song in songs]
    return playlist_create(user=owner, name="Evening", comment="for myself", items=items)


@pytest.fixture
def link(playlist):
    return playlist_share_create(playlist=playlist, days=7)


def test_its_owner_makes_one(client, owner, playlist):
    client.force_login(owner)
    answer = client.post(f"/playlists/{playlist.pk}/shares", {"days": "30"})
    assert answer["Location"] == f"/playlists/{playlist.pk}"
    link = PlaylistLink.objects.get()
    assert timedelta(days=29) < link.expires_at - timezone.now() < timedelta(days=31)
    assert f"http://testserver/s/{link.token}" in client.get(f"/playlists/{playlist.pk}").content.decode()
    client.post(f"/playlists/{playlist.pk}/shares", {"days": "9999"})
    assert PlaylistLink.objects.count() == 1


def test_it_opens_for_anybody_and_shows_nothing_else(client, link, owner, songs, refused_by_policy):
    page = client.get(f"/s/{link.token}")
    text = page.content.decode()
    assert page.status_code == 200 and refused_by_policy(page) == []
    assert text.index('data-name="One"') < text.index('data-name="Two"') and "Play Two" in text
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("private, no-store", "noindex")
    for secret in ("for myself", "a secret wish", owner.username, "/tracks/", "/playlists/"):
        assert secret not in text, secret
    assert f"song-{songs[0].id}" not in text


def test_each_song_sounds_and_has_its_picture(client, link, playlist):
    for item in playlist.items.all():
        sound = client.get(f"/s/{link.token}/{item.pk}.flac")
        assert (sound.status_code, sound["Content-Type"]) == (200, "audio/flac")
        assert (
            sound["Cache-Control"] == "private, no-cache" and b"".join(sound.streaming_content)[:4] == b"fLaC"
        )
        cover = client.get(f"/s/{link.token}/{item.pk}/cover")
        assert (cover.status_code, cover["Content-Type"]) == (200, "image/png")


def test_it_opens_no_song_that_left_the_playlist_and_none_of_others(client, link, owner, playlist, songs):
    first, second = playlist.items.order_by("position")
    playlist_items_replace(playlist=playlist, items=[SongRef(songs[1].id)])
    elsewhere = playlist_create(user=owner, name="Other", items=[SongRef(songs[0].id)]).items.get()
    for item_id in (first.pk, second.pk, elsewhere.pk, 0, 2**70):
        assert client.get(f"/s/{link.token}/{item_id}.flac").status_code == 404
        assert client.get(f"/s/{link.token}/{item_id}/cover").status_code == 404
    assert client.get(f"/s/{link.token}/{playlist.items.get().pk}.exe").status_code == 404
    assert "One" not in client.get(f"/s/{link.token}").content.decode()


@pytest.mark.parametrize("end", ["revoked", "expired", "deleted", "shut out", "never was"])
def test_a_dead_one_opens_nothing(client, link, owner, playlist, end):
    item, token = playlist.items.first().pk, link.token
    if end == "revoked":
        share_revoke(link=link)
    elif end == "expired":
        PlaylistLink.objects.update(expires_at=timezone.now())
    elif end == "deleted":
        playlist.delete()
    elif end == "shut out":
        type(owner).objects.update(is_active=False)
    else:
        token = "x" * 24
    for path in ("", f"/{item}.flac", f"/{item}/cover"):
        answer = client.get(f"/s/{token}{path}")
        assert answer.status_code == 404 and b"Evening" not in answer.content


def test_it_is_revoked_by_its_owner_alone(client, link, owner, other):
    address = f"/playlists/shares/{link.pk}/revoke"
    client.force_login(other)
    assert client.post(address).status_code == 404 and client.get(f"/s/{link.token}").status_code == 200
    client.force_login(owner)
    part = {"HX-Request": "true"}
    answer = client.post(address, headers=part)
    assert "no longer works" in answer.content.decode()
    assert (
        "Only you can hear it"
        in client.get(f"/playlists/{link.playlist_id}/shares", headers=part).content.decode()
    )
    assert client.get(f"/s/{link.token}").status_code == 404


def test_revoking_asks_first_and_names_the_playlist(client, link, owner, other):
    address = f"/playlists/shares/{link.pk}/revoke"
    client.force_login(other)
    assert client.get(address).status_code == 404
    client.force_login(owner)
    page = client.get(address).content.decode()
    asked = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Revoke the link of “<bdi>Evening</bdi>”?" in page and "will no longer hear the playlist" in page
    assert "Revoke the link of “<bdi>Evening</bdi>”, created" in asked
    assert PlaylistLink.objects.open().get() == link


def test_a_light_copy_is_streamed(client, link, playlist):
    item = playlist.items.first()
    assert (
        f'data-stream="/s/{link.token}/{item.pk}.stream.webm"'
        in client.get(f"/s/{link.token}").content.decode()
    )
    sound = client.get(f"/s/{link.token}/{item.pk}.stream.webm")
    assert (sound.status_code, sound["Content-Type"]) == (200, "audio/webm")
    assert sound["Cache-Control"] == "private, no-cache"


def test_a_shared_song_shows_its_own_picture(client, client_of, owner, songs):
    link = share_create(job=songs[0], days=7)
    assert b"data-cover" in client.get(f"/s/{link.token}").content
    file = SimpleUploadedFile("a.png", picture("PNG"))
    client_of(owner).put(f"/api/v1/music/jobs/{songs[0].id}/cover", {"file": file}, format="multipart")
    assert f'src="/s/{link.token}/cover"' in client.get(f"/s/{link.token}").content.decode()
    cover = client.get(f"/s/{link.token}/cover")
    assert (cover["Content-Type"], cover["Cache-Control"]) == ("image/jpeg", "private, no-cache")
    share_revoke(link=link)
    assert client.get(f"/s/{link.token}/cover").status_code == 404
