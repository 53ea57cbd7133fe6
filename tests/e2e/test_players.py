"""Music players on a real server: unmodified py-opensonic, for two users, with each sign-in method."""

import hashlib
import json
import subprocess
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest

from tests.support import opensonic_calls

pytestmark = pytest.mark.e2e

#: Creates two users; the first has a finished song. A worker would take too long to make one here.
SETUP = """
import django; django.setup()
import json
from audiomusic.accounts.models import User
from audiomusic.accounts.players.services import player_password_create
from jobs.models import JobTag
from tests.support.recordings import new_job, recorded
told = {}
for name in ("olive", "otto"):
    user = User.objects.create_user(name, f"{name}@example.org")
    told[name] = player_password_create(user=user, name="test")[1]
job = new_job(User.objects.get(username="olive"), display_name="Harbour", lyrics="la", format="flac")
recorded(job)
JobTag.objects.create(job=job, user=job.user, created_at=job.created_at, kind="genre", value="Jazz")
print(json.dumps(told | {"song": f"tr-{job.id}-1"}))
"""
NOT_OF_ONES_OWN = {
    "getIndexes", "getMusicDirectory", "getArtists", "getArtist", "getAlbum", "getSong", "getAlbumInfo",
    "getAlbumInfo2", "getSimilarSongs", "getSimilarSongs2", "star", "unstar", "setRating", "scrobble",
    "getNowPlaying", "stream", "stream a range", "download", "getLyricsBySongId", "createPlaylist",
    "updatePlaylist", "getPlaylist", "deletePlaylist", "getPlayQueue", "getAlbumList",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(server):
    """Return (the server, its two users' credentials and the song)."""
    return server, json.loads(server.python("-c", SETUP).splitlines()[-1])


def came_to(world, user, mode):
    server, told = world
    asked = {"url": server.base_url, "user": user, "password": told[user], "song": told["song"], "mode": mode}
    done = subprocess.run(
        [sys.executable, opensonic_calls.__file__], input=json.dumps(asked), stdout=subprocess.PIPE,
        text=True, timeout=120, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_every_call_is_answered_as_the_library_reads_it(world):
    came = came_to(world, "olive", "token")
    assert not {name: what for name, what in came.items() if str(what).startswith(("refused", "broke"))}
    titles = ("getMusicDirectory", "getAlbum", "getSong", "getArtist", "getPlayQueue", "getNowPlaying")
    assert {came[name] for name in titles} == {"Harbour"}
    for name in ("search2", "search3", "getStarred2", "getTopSongs", "getPlaylist", "getSongsByGenre"):
        assert came[name] == ["Harbour"], name
    kind, status, count = came["stream"]
    assert (kind, status) == ("audio/mpeg", 200) and came["stream a range"] == ["audio/mpeg", 206, 10]
    assert came["download"][0] == "audio/flac" and came["getCoverArt"] == "image/png" and count > 10_000
    assert (came["getLyricsBySongId"], came["tokenInfo"]) == ("la", "olive")


@pytest.mark.parametrize("mode", ["legacy", "key", "get"])
def test_another_user_sees_nothing_of_it(world, mode):
    came = came_to(world, "otto", mode)
    assert "Harbour" not in json.dumps(came)
    assert {
        name for name, what in came.items() if str(what).startswith(("refused", "broke"))
    } <= NOT_OF_ONES_OWN
    for name in ("getSong", "getAlbum", "stream", "download", "star", "scrobble", "getLyricsBySongId"):
        assert came[name].startswith("refused"), name


def test_the_same_in_xml_and_nothing_secret_in_the_log(world):
    server, told = world
    password = told["olive"]
    token = hashlib.md5(f"{password}salt".encode()).hexdigest()
    ways = (
        {"u": "olive", "p": password}, {"u": "olive", "t": token, "s": "salt"}, {"apiKey": password},
        {"u": "olive", "p": "wrong-secret-word"}, {"apiKey": "wrong-secret-word"},
    )  # fmt: skip
    found = []
    for credentials in ways:
        for name in ("search3", "getSong", "nonsense"):
            query = urllib.parse.urlencode(credentials | {"id": told["song"], "query": ""})
            with urllib.request.urlopen(f"{server.base_url}/rest/{name}?{query}") as answer:
                assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
                found.append(ElementTree.fromstring(answer.read()).get("status"))
    assert found == ["ok", "ok", "failed"] * 3 + ["failed"] * 6
    log = server.log_path.read_text()
    for secret in (password, token, "wrong-secret-word"):
        assert secret not in log
