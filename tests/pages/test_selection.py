"""Rows of the library: how dense they are, and actions on many at once."""

import io
import re
import zipfile

import pytest

from jobs.models import Take
from library.query.browse import COMPACT_PAGE_SIZE, PAGE_SIZE
from library.query.job_row import BARS, bars_of
from library.selection.deletions import jobs_delete
from library.selection.services import MOST_SONGS
from tests.jobs.api.conftest import job_row  # noqa: F401
from tests.support.page_text import text_of
from tests.support.recordings import new_job, recorded


def rows_of(page):
    return re.findall(r'<li class="row" id="song-(\d+)"', page.content.decode())


def test_a_row_says_little_and_the_songs_page_says_the_rest(browser, owner, job_row):  # noqa: F811
    name = "A name that is long enough for seven lines of a phone"
    job = job_row(
        owner,
        status="COMPLETED",
        display_name=name,
        takes=2,
        bpm=96.0,
        keyscale="A Minor",
        timesignature="3/4",
    )
    Take.objects.filter(job=job).update(seed=1234567890, peaks=[0.0, 0.5, 1.0] * 200)
    page = browser.get("/").content.decode()
    assert f'title="{name}"' in page and "96 bpm" in page and "A Minor" in page
    assert "1234567890" not in page and "3/4" not in page
    assert f'aria-label="Play take 2 of {name}"' in page
    bars = re.search(r'data-bars="(\w+)"', page)[1]
    assert len(bars) == BARS and "z" in bars and "data-peaks" not in page
    assert "seed 1234567890" in text_of(browser.get(f"/tracks/{job.id}"))
    assert f'data-bars="{bars}"' in browser.get(f"/tracks/{job.id}/row").content.decode()


@pytest.mark.parametrize(
    ("peaks", "bars"),
    [([], ""), ([0.0, 0.5, 1.0], "0iz"), ([2.0, -1.0], "z0"), ([0.1] * BARS + [1.0], "4" * (BARS - 1) + "z")],
)
def test_a_waveform_is_a_letter_a_bar(peaks, bars):
    assert bars_of(peaks) == bars


def test_the_chosen_view_is_remembered(browser, owner, job_row):  # noqa: F811
    for _ in range(COMPACT_PAGE_SIZE + 2):
        job_row(owner, status="FAILED")
    assert len(rows_of(browser.get("/"))) == PAGE_SIZE and "library_view" not in browser.cookies
    chosen = browser.get("/?view=compact", headers={"HX-Request": "true", "HX-Target": "browse"})
    assert (chosen["HX-Push-Url"], browser.cookies["library_view"].value) == ("/", "compact")
    page = browser.get("/")
    assert len(rows_of(page)) == COMPACT_PAGE_SIZE and 'class="rows is-compact"' in page.content.decode()
    assert "Set-Cookie" not in page
    browser.cookies["library_view"] = "nonsense"
    assert len(rows_of(browser.get("/?view=sideways"))) == PAGE_SIZE


def test_as_many_rows_come_again_as_there_were(browser, owner, job_row):  # noqa: F811
    ids = [str(job_row(owner, status="FAILED").id) for _ in range(PAGE_SIZE + 7)][::-1]
    more = browser.get(f"/?skip={PAGE_SIZE}&rows=5", headers={"HX-Request": "true", "HX-Target": "more"})
    assert rows_of(more) == ids[PAGE_SIZE : PAGE_SIZE + 5]
    assert f"skip={PAGE_SIZE + 5}" in more.content.decode() and "rows=" not in more.content.decode()
    for beyond in ("0", "601", "many"):
        assert rows_of(browser.get(f"/?rows={beyond}")) == ids[:PAGE_SIZE]


def test_counts_come_alone(browser, owner, job_row):  # noqa: F811
    job_row(owner, status="FAILED")
    part = browser.get(
        "/?status=failed", headers={"HX-Request": "true", "HX-Target": "filters"}
    ).content.decode()
    assert part.lstrip().startswith("<nav") and "1 song found</h2>" in part and 'class="row"' not in part


def test_a_song_that_is_to_go_is_out_of_sight(browser, owner, job_row):  # noqa: F811
    stays, goes = (job_row(owner, status="FAILED") for _ in range(2))
    jobs_delete(user=owner, job_ids=[goes.id], undo_s=10)
    page = browser.get("/").content.decode()
    assert re.findall(r'id="song-(\d+)"[^>]* hidden>', page) == [str(goes.id)]


def test_a_search_says_which_songs_it_finds(browser, owner, other, job_row):  # noqa: F811
    ids = [job_row(owner, display_name=f"Rain {number}").id for number in range(3)][::-1]
    job_row(other, display_name="Rain"), job_row(owner, display_name="Sun")
    assert browser.get("/selection/ids?search=rain").json() == {"job_ids": ids, "is_all": True}


def test_a_search_names_so_many_songs_at_most(browser, owner, job_row, monkeypatch):  # noqa: F811
    monkeypatch.setattr("library.views.selection.MOST_SONGS", 2)
    ids = [job_row(owner).id for _ in range(3)][::-1]
    assert browser.get("/selection/ids").json() == {"job_ids": ids[:2], "is_all": False}


def test_selected_songs_come_as_a_zip(browser, owner):
    one, two = (recorded(new_job(owner, display_name=name, format="flac")).job_id for name in ("a", "b"))
    answer = browser.post("/selection/zip", {"job": [two, one, "x", ""]})
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.namelist() == ["01 b.flac", "02 a.flac"]


def test_what_is_no_zip_is_a_page_that_says_why(browser, other, job_row, refused_by_policy):  # noqa: F811
    theirs = job_row(other, status="COMPLETED").id
    for jobs, status, words in (
        ([theirs], 404, "Expected at least one finished song with audio"),
        (range(1, MOST_SONGS + 2), 413, "Expected at most 500 songs at once, got 501."),
    ):
        page = browser.post("/selection/zip", {"job": list(jobs)})
        assert page.status_code == status and words in text_of(page) and refused_by_policy(page) == []
    assert browser.get("/selection/zip").status_code == 405
