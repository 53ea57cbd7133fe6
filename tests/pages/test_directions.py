"""Right-to-left text is laid out correctly: `dir="auto"` is set wherever users' text is shown or typed."""

import re
from html.parser import HTMLParser

import pytest

from library.models import Playlist
from library.services import share_create
from tests.jobs.api.conftest import job_row  # noqa: F401

TITLES = {"ar": "أغنية الليل، رقم 7", "he": "שיר של ערב (גרסה 2)"}
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff]")
VOID = {"meta", "link", "input", "br", "img", "path", "rect", "use", "circle", "hr", "source"}
NOT_SHOWN = {"title", "script", "option", "pre"}  # window title; data; laid out by the browser; JSON
#: Fields whose content has one direction, whatever the user's language.
ONE_WAY = re.compile(r"username|url|code|share-address")


class _Walk(HTMLParser):
    """A parser that collects right-to-left text without a set direction, and inputs without `dir="auto"`."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        is_text = tag == "textarea" or (tag == "input" and given.get("type") in ("text", "search"))
        name = f"{given.get('name')} {given.get('class')}"
        if is_text and given.get("dir") != "auto" and not ONE_WAY.search(name):
            self.wrong.append(self.get_starttag_text())
        if tag not in VOID:
            self.open.append((tag, tag == "bdi" or given.get("dir") == "auto" or tag in NOT_SHOWN))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if RIGHT_TO_LEFT.search(data) and not any(is_right for _, is_right in self.open):
            self.wrong.append(data.strip())


@pytest.fixture
def pages(owner, job_row, rock):  # noqa: F811
    """Path -> whether it is opened signed in."""
    songs = []
    for language, title in TITLES.items():
        song = job_row(owner, status="COMPLETED")
        lyrics = f"[Verse]\n{title}"
        type(song).objects.filter(pk=song.pk).update(
            display_name=title, prompt=title, lyrics=lyrics, vocal_language=language,
            params={"caption": title}, effective={"caption": title, "genres": [title]},
        )  # fmt: skip
        songs.append(song)
    song = songs[0]
    playlist = Playlist.objects.create(user=owner, name=TITLES["he"], comment=TITLES["ar"])
    token = share_create(job=song, days=7).token
    return {
        "/": True, f"/?search={TITLES['he'][:3]}": True, f"/tracks/{song.id}": True, "/create": True,
        f"/create?from={song.id}": True, "/playlists": True, f"/playlists/{playlist.id}": True,
        f"/playlists/{playlist.id}/delete": True, f"/playlists/add?job={song.id}": True, "/queue": True,
        "/account": True, "/uploads": True, f"/shares/{song.share_links.get().id}/revoke": True,
        f"/tracks/{song.id}/compare/{songs[1].id}": True, f"/s/{token}": False,
    }  # fmt: skip


def test_every_text_runs_its_own_way(client, owner, pages):
    wrong = {}
    for path, is_signed_in in pages.items():
        if is_signed_in:
            client.force_login(owner)
        else:
            client.logout()
        answer = client.get(path)
        assert answer.status_code in (200, 404), path
        walk = _Walk()
        walk.feed(answer.content.decode())
        if walk.wrong:
            wrong[path] = walk.wrong[:5]
    assert wrong == {}


def test_the_walk_finds_what_is_wrong():
    walk = _Walk()
    walk.feed(
        f'<p>{TITLES["ar"]}</p><p dir="auto"><b>{TITLES["he"]}</b></p><input type="text" name="caption">'
    )
    assert walk.wrong == [TITLES["ar"], '<input type="text" name="caption">']
