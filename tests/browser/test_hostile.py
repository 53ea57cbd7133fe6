"""User text never runs in a browser: neither in a page's HTML nor where a script writes it."""

import json

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import expect

from audiomusic.accounts.credits.ledger import credits_grant
from audiomusic.accounts.services import key_create
from jobs.models import Job, ScoreFile
from jobs.webhooks.models import EventType
from jobs.webhooks.services import endpoint_create, endpoint_test
from library.services import share_create
from tests.browser.conftest import SCORE, SOUND_S
from tests.support.markup import MARK, lace

RUN = "window.pwned=1"
#: The first part fits the 64 characters of a tag; longer ones follow.
WORDS = (
    f"<img src=x onerror={RUN}>'\"><svg/onload={RUN}> </title></textarea></script><script>{RUN}</script>"
    f"\"' onfocus={RUN} autofocus x='<a href=javascript:{RUN}>here</a> {{{{ 7*7 }}}} ${{{RUN}}}"
)
PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.fixture
def world(make_song, presets, owner, staff):
    song = make_song("x", lyrics="x", genres=["x"], thumbnail_url="x")
    make_song("x", status="FAILED", error_code="x", error_message="x")
    make_song("x", status="PROCESSING", stage="rendering", progress=30)
    make_song("x", status="PENDING", progress=None)
    key_create(user=owner, name="x")
    endpoint = endpoint_create(user=owner, url="https://robot.example.org/", events=[EventType.COMPLETED])
    endpoint_test(endpoint=endpoint)
    credits_grant(user=owner, amount=5, note="x")
    share = share_create(job=song, days=7)
    lace(WORDS, but=[staff])
    lines = "".join(f"[00:0{second}.00]<00:0{second}.00>{WORDS}\n" for second in range(4))
    song.takes.update(lrc_content=lines, enhanced_lrc=lines)
    Job.objects.filter(pk=song.pk).update(lyrics=f"{WORDS}\n" * 4, lrc_content=lines)
    _score(song)
    return song, share


def _score(song):
    sections = [{"kind": WORDS, "label": WORDS[:64], "start_s": 0, "end_s": SOUND_S}]
    tracks = [SCORE["tracks"][0] | {"role": WORDS, "instrument": WORDS}]
    score = SCORE | {
        "key": WORDS,
        "sections": sections,
        "chords": [[0, SOUND_S, WORDS[:64], 0, 4]],
        "tracks": tracks,
    }
    body = json.dumps(score).encode()
    kept = default_storage.save("browser/hostile.json", ContentFile(body))
    ScoreFile.objects.filter(take__job=song).update(storage_name=kept, byte_count=len(body))


@pytest.fixture
def open_world(open_page):
    """open_world(user): return a page in which the songs' pictures load."""

    def make(user):
        page = open_page(user)
        picture = {"body": PICTURE, "content_type": "image/svg+xml"}
        page.route(f"https://{MARK}.example/**", lambda route: route.fulfill(**picture))
        return page

    return make


def runs_nothing(page):
    made = page.locator("[onerror], [onload], [onfocus], [href^=javascript]").count()
    return page.evaluate("window.pwned") is None and made == 0


def test_nothing_that_was_written_runs(open_world, owner, staff, world):
    song, share = world
    users = ("/", f"/tracks/{song.id}", f"/create?from={song.id}", "/queue", "/account", f"/s/{share.token}")
    jobs = "/admin/jobs/job/"
    staffs = ("/admin/", jobs, f"{jobs}{song.id}/change/", f"/admin/accounts/user/{song.user_id}/change/")
    for user, paths in ((owner, users), (staff, staffs)):
        page = open_world(user)
        for path in paths:
            assert page.goto(path, wait_until="domcontentloaded").status == 200, path
            assert runs_nothing(page), path


def test_no_script_of_ours_writes_it_as_markup(open_world, owner, world):
    """The player and the score are drawn by scripts from JSON."""
    song, _ = world
    page = open_world(owner)
    page.goto(f"/tracks/{song.id}")
    expect(page.locator(".score-legend")).to_contain_text(f"onerror={RUN}")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("#player .player-title")).to_contain_text(f"onerror={RUN}")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert runs_nothing(page)
