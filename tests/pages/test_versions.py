"""Versions of a song: the tree on its page, what stayed the same, and a comparison of two."""

import re

import pytest

from tests.support.page_text import text_of
from tests.support.studio_songs import studio_song
from tests.support.tool_songs import document_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def song(owner):
    return studio_song(owner)


def lines_of(page):
    tree = page.content.decode().split('<ol class="family">')[1].split("</ol>")[0]
    return re.findall(r'class="family-(\d)"[^>]*>\s*<(?:a|strong)[^>]*>([^<]+)<', tree)


def test_a_song_alone_has_no_tree(browser, song):
    assert 'class="family"' not in browser.get(f"/tracks/{song.id}").content.decode()


def test_the_tree_holds_the_whole_family_from_any_member(browser, owner, song):
    cover = studio_song(owner, display_name="Cover", task="cover", source_job=song)
    retake = studio_song(owner, display_name="Retake", task="retake", source_job=song)
    studio_song(owner, display_name="Longer", task="extend", source_job=cover)
    expected = [("0", "Rainy Day"), ("1", "Cover"), ("2", "Longer"), ("1", "Retake")]
    for member in (song, retake):
        page = browser.get(f"/tracks/{member.id}")
        assert lines_of(page) == expected
        assert f'href="/tracks/{member.id}/compare/{cover.id}"' in page.content.decode()


def test_parts_are_no_versions(browser, owner, song):
    studio_song(owner, display_name="Drums", task="extract", source_job=song, effective={
        "stems": [["drums"]], "source": {"take": 1}, "operation": {"name": "extract", "mode": "stem"},
    })  # fmt: skip
    assert 'class="family"' not in browser.get(f"/tracks/{song.id}").content.decode()


def test_a_family_whose_first_song_is_gone_begins_with_the_next(browser, owner, song):
    cover = studio_song(owner, display_name="Cover", task="cover", source_job=song)
    studio_song(owner, display_name="Longer", task="extend", source_job=cover)
    song.delete()
    assert lines_of(browser.get(f"/tracks/{cover.id}")) == [("0", "Cover"), ("1", "Longer")]


def test_what_stayed_is_shown_with_its_proof(browser, owner, song):
    kept = [
        {"source_start_s": 0.0, "source_end_s": 2.0, "at_s": 0.0, "sha256": "ab" * 32},
        {"source_start_s": 4.0, "source_end_s": 8.0, "at_s": 10.5, "sha256": "cd" * 32},
    ]
    effective = song.effective | {"kept": kept, "source": {"duration": 8.0}}
    derived = studio_song(owner, task="repaint", source_job=song, effective=effective)
    text = text_of(browser.get(f"/tracks/{derived.id}"))
    assert "75 % of the original song" in text
    assert "0:00.0 – 0:02.0 abababababab" in text and "0:04.0 – 0:08.0, now from 0:10.5" in text


def test_a_song_made_from_nothing_kept_nothing(browser, song):
    assert "What stayed the same" not in text_of(browser.get(f"/tracks/{song.id}"))


def test_two_songs_are_compared(browser, owner, refused_by_policy):
    one = studio_song(owner, document=document_of("rock"), lyrics="[Verse]\nThe river runs\nIt sleeps")
    other = studio_song(owner, document=document_of("jazz"), lyrics="The river runs\nIt wakes")
    page = browser.get(f"/tracks/{one.id}/compare/{other.id}")
    text = text_of(page)
    assert not refused_by_policy(page)
    assert "It sleeps A" in text and "It wakes B" in text
    assert "lead voice" in text and "bpm" in text
    assert page.content.decode().count("<audio preload") == 2


def test_a_song_equals_itself(browser, owner):
    song = studio_song(owner, document=document_of("rock"))
    page = browser.get(f"/tracks/{song.id}/compare/{song.id}").content.decode()
    assert "is-changed" not in page and 'id="words-heading"' not in page


def test_a_song_without_a_score_is_heard_all_the_same(browser, owner, song):
    bare = studio_song(owner, has_score=False)
    assert "cannot be compared" in text_of(browser.get(f"/tracks/{song.id}/compare/{bare.id}"))


def test_a_song_that_is_not_done_cannot_be_compared(browser, owner, song):
    waiting = studio_song(owner, status="PENDING")
    assert browser.get(f"/tracks/{song.id}/compare/{waiting.id}").status_code == 404
