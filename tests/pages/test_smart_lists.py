"""Smart list pages: what a browser gets, with and without the site's script."""

import pytest

from library.smart_lists.models import SmartList
from library.smart_lists.services import smart_list_create
from tests.jobs.api.conftest import job_row  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, owner, job_row):  # noqa: F811
    job_row(owner, status="COMPLETED", song_type="rap", display_name="A rap")
    job_row(owner, status="COMPLETED", display_name="A song")
    client.force_login(owner)
    return client


@pytest.fixture
def raps(owner):
    return smart_list_create(user=owner, name="My <raps>", conditions={"song_type": "rap"}, order="name")


def test_a_search_is_kept_where_it_is_made(browser, refused_by_policy):
    assert "Save this search" not in browser.get("/").content.decode()
    page = browser.get("/?search=rap&song_type=rap&skip=0")
    assert 'value="“rap”, Rap"' in page.content.decode() and refused_by_policy(page) == []
    answer = browser.post("/lists", {"name": "Mine", "query": "?search=rap&song_type=rap&skip=0&nonsense=1"})
    assert answer["Location"] == "/?search=rap&song_type=rap"
    kept = SmartList.objects.get()
    assert (kept.conditions, kept.order) == ({"search": "rap", "song_type": "rap"}, "newest")
    assert (
        f'Saved as <a dir="auto" href="/lists/{kept.pk}">Mine</a>'
        in browser.get(answer["Location"]).content.decode()
    )


def test_it_stands_beside_the_filters(browser, raps):
    page = browser.get("/").content.decode()
    assert "My &lt;raps&gt;" in page and 'href="/?song_type=rap&amp;order=name"' in page
    shown = browser.get("/?song_type=rap&order=name").content.decode()
    assert "A rap" in shown and "A song" not in shown
    assert '/?song_type=rap&amp;order=name" aria-current="true"' in shown


def test_its_page(browser, raps, refused_by_policy):
    page = browser.get(f"/lists/{raps.pk}")
    text = page.content.decode()
    assert refused_by_policy(page) == []
    for part in ("<dt>Kind</dt><dd>Rap</dd>", "Name, A to Z", "1 song found", f"{raps.pk}.zip"):
        assert part in text, part
    listed = browser.get("/playlists").content.decode()
    assert f"/lists/{raps.pk}" in listed and browser.get("/lists")["Location"] == "/playlists"


def test_it_is_changed_and_deleted_after_a_question(browser, raps):
    browser.post(f"/lists/{raps.pk}/change", {"name": "Loud", "order": "longest"})
    raps.refresh_from_db()
    assert (raps.name, raps.order) == ("Loud", "longest")
    wrong = browser.post(f"/lists/{raps.pk}/change", {"name": "", "order": "colour"})
    assert wrong.status_code == 400 and "required" in wrong.content.decode()
    assert "Its songs stay" in browser.get(f"/lists/{raps.pk}/delete").content.decode()
    assert SmartList.objects.exists()
    answer = browser.post(f"/lists/{raps.pk}/delete", follow=True)
    assert "is deleted" in answer.content.decode() and not SmartList.objects.exists()


@pytest.mark.parametrize("form", [{"name": " "}, {"name": "x" * 201}, {"query": "?search=a"}])
def test_without_a_name_nothing_is_kept(browser, form):
    answer = browser.post("/lists", form, follow=True)
    assert "Give the search a name" in answer.content.decode() and not SmartList.objects.exists()


def test_anothers_does_not_exist(client, other, raps):
    client.force_login(other)
    for path in ("", "/delete"):
        assert client.get(f"/lists/{raps.pk}{path}").status_code == 404
    for path in ("/change", "/delete"):
        assert client.post(f"/lists/{raps.pk}{path}", {"name": "mine", "order": "name"}).status_code == 404
    assert SmartList.objects.get().name == "My <raps>"
