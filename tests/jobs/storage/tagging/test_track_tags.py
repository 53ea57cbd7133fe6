import pytest

from audiomusic.engines.file_metadata import TrackTags
from jobs.storage.tagging.track_tags import genre_shown, oldest_ancestor, tags_of
from tests.support.recordings import ALL_STEMS, new_job

pytestmark = pytest.mark.django_db


def test_tags_of_a_bare_job(owner, settings):
    settings.PUBLIC_URL = "https://music.example.org"
    job = new_job(owner, bpm=None, keyscale="", prompt="", params={"genre_preset": "Blues"})
    assert tags_of(job, index=1, seed=5) == TrackTags(
        title="Night Train",
        album="Night Train",
        album_artist="AudioMusic",
        seed=5,
        genre="Blues",
        date=f"{job.created_at:%Y-%m-%d}",
        software=f"AudioMusic {settings.VERSION}",
        recipe_url=f"https://music.example.org/tracks/{job.id}",
        cover_number=job.id,
    )


def test_the_album_and_its_picture_are_the_familys(owner):
    root = new_job(owner, display_name="Root")
    child = new_job(owner, display_name="Child", source_job=new_job(owner, source_job=root))
    tags = tags_of(child, index=1, seed=1)
    assert (tags.title, tags.album, tags.cover_number) == ("Child", "Root", root.id)
    assert oldest_ancestor(child) == root


def test_another_users_song_is_no_family(owner, django_user_model):
    stranger = django_user_model.objects.create_user("stranger", password="x")
    job = new_job(owner, source_job=new_job(stranger, display_name="Not yours"))
    assert tags_of(job, index=1, seed=1).album == "Night Train"


def test_a_song_without_a_source_asks_nothing(owner, django_assert_num_queries):
    job = new_job(owner)
    with django_assert_num_queries(0):
        tags_of(job, index=1, seed=1)


def test_takes_are_told_apart(owner):
    several = tags_of(new_job(owner, batch_size=3), index=2, seed=1)
    assert (several.title, several.track) == ("Night Train (take 2)", 2)
    stem = tags_of(new_job(owner, batch_size=2, effective=ALL_STEMS), index=1, seed=1)
    assert (stem.title, stem.track) == ("Night Train (keyboard)", 1)


@pytest.mark.parametrize(
    ("effective", "params", "shown"),
    [
        ({"genres": ["Lo-fi", "Jazz"], "genre": "Hip Hop"}, {}, "Lo-fi"),
        ({"genres": [], "genre": "Hip Hop"}, {}, "Hip Hop"),
        ({}, {"genre_preset": "Blues"}, "Blues"),
        ({"genre": "rnb"}, {}, "R&B"),
        ({"plan": {"genre": "electronic"}}, {}, "Electronic"),
        ({"plan": {"form": "AABA"}}, {}, ""),
        ({}, {}, ""),
    ],
)
def test_the_genre_is_the_one_that_is_shown(owner, effective, params, shown):
    assert genre_shown(new_job(owner, effective=effective, params=params)) == shown


def test_lyrics_have_the_times_of_their_lrc(owner):
    tags = tags_of(new_job(owner, lyrics="la"), index=1, seed=1, lrc="[ti:Old]\n[00:01.50]la\n[00:02.00]\n")
    assert (tags.lyrics, tags.synced_lyrics) == ("la", ((1500, "la"), (2000, "")))
