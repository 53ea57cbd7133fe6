"""Smart lists as music players see them: read-only playlists."""

import pytest

from library.smart_lists.models import SmartList
from library.smart_lists.services import smart_list_create

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(owner, job_row):
    job_row(owner, display_name="B", status="COMPLETED", takes=2)
    job_row(owner, display_name="A", status="COMPLETED")
    job_row(owner, status="FAILED")
    return smart_list_create(user=owner, name="All", conditions={}, order="name")


def test_it_is_a_playlist_that_fills_itself(player, finished):
    [listed] = player.ok("getPlaylists")["playlists"]["playlist"]
    assert listed["id"] == f"sl-{finished.pk}" and listed["readonly"] is True
    assert (listed["name"], listed["songCount"], listed["duration"]) == ("All", 2, 60)
    found = player.ok("getPlaylist", id=f"sl-{finished.pk}")["playlist"]
    assert [song["title"].partition(" (")[0] for song in found["entry"]] == ["A", "B"]


def test_it_is_not_changed_from_there(player, stranger, finished):
    known = {"playlistId": f"sl-{finished.pk}"}
    assert player.error("updatePlaylist", **known, name="Mine") == 50
    assert player.error("createPlaylist", **known, songId="tr-1-1") == 50
    assert player.error("deletePlaylist", id=f"sl-{finished.pk}") == 50
    assert stranger.error("getPlaylist", id=f"sl-{finished.pk}") == 70
    assert stranger.error("deletePlaylist", id=f"sl-{finished.pk}") == 70
    assert player.error("getPlaylist", id="sl-x") == 70
    assert SmartList.objects.get().name == "All"
