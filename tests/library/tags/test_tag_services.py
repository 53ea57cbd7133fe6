import pytest

from jobs.integrity import job_problems
from jobs.models import Job, JobTag, Status
from jobs.specs.tags import save_tags
from jobs.storage.tagging.track_tags import genre_shown
from jobs.tools.derived import derived_job
from library.integrity import counts_problems
from library.query.browse import Browse
from library.tags import services
from library.tags.selectors import tags_used
from library.tags.services import (
    MOST_JOBS,
    MOST_TAGS,
    TooManyTags,
    job_tags_replace,
    job_tags_update,
    jobs_tags_update,
)
from library.tags.words import TagInvalid

pytestmark = pytest.mark.django_db
JAZZ = {"genres": ["Jazz"], "emotions": ["Calm"]}


@pytest.fixture
def song(owner, job_row):
    """song(user=…, effective=…): a finished song, with the tags read from its caption."""

    def make(user=owner, effective=JAZZ, **values):
        job = job_row(user, effective=effective, status=Status.COMPLETED, **values)
        save_tags(job)
        return job

    return make


def rows(job):
    return set(JobTag.objects.filter(job=job).values_list("kind", "value"))


def test_own_tags_come_beside_those_of_the_caption(owner, song):
    job = song()
    assert job_tags_update(job=job, add=["Gym", "road  trip", "gym"]).own_tags == ["Gym", "road trip"]
    assert rows(job) == {("genre", "Jazz"), ("emotion", "Calm"), ("tag", "Gym"), ("tag", "road trip")}
    assert all(tag.user == owner and tag.created_at == job.created_at for tag in job.tags.all())
    job_tags_update(job=job, add=["GYM"], remove=["road trip", "never there"])
    assert job.own_tags == ["Gym"]
    assert counts_problems() == [] and job_problems() == []


def test_a_tag_of_the_caption_goes_and_comes_back_as_what_it_was(song):
    job = song()
    job_tags_update(job=job, remove=["jazz"])
    assert rows(job) == {("emotion", "Calm")} and job.removed_tags == [["genre", "Jazz"]]
    assert job.effective["genres"] == ["Jazz"]  # unchanged, for making the song again
    job_tags_update(job=job, add=["jazz"])
    assert rows(job) == {("genre", "Jazz"), ("emotion", "Calm")}
    assert (job.own_tags, job.removed_tags) == (None, None)
    assert counts_problems() == []


def test_a_song_that_is_made_meanwhile_keeps_its_owners_words(song, tag):
    job = song()
    job_tags_update(job=job, add=["gym"], remove=["Calm"])
    earlier = job.effective
    job.effective = {"genres": ["Rock"], "emotions": ["Calm"]}
    save_tags(job, earlier=earlier)
    assert rows(job) == {("genre", "Rock"), ("tag", "gym")}


def test_what_is_made_of_a_song_begins_with_its_tags(owner, song):
    job = song()
    job_tags_update(job=job, add=["gym"], remove=["Jazz"])
    effective = {"lyrics": "", "format": "mp3", **JAZZ}
    retake = derived_job(
        user=owner, source=job, title="Again", wishes={}, params={}, effective=effective, task="retake"
    )
    retake.save()
    save_tags(retake)
    assert rows(retake) == rows(job) == {("emotion", "Calm"), ("tag", "gym")}
    assert genre_shown(retake) == ""  # nor does a file contain a tag that its owner removed
    job_tags_update(job=retake, remove=["gym"])
    assert ("tag", "gym") in rows(job)


def test_one_spelling_for_all_of_a_users_songs(owner, other, song):
    first, second, foreign = song(), song(), song(user=other)
    job_tags_update(job=first, add=["Gym"])
    job_tags_update(job=second, add=["gym", "sea"])
    job_tags_update(job=foreign, add=["gym"])
    assert (second.own_tags, foreign.own_tags) == (["Gym", "sea"], ["gym"])
    assert tags_used(owner) == [("Gym", 2), ("sea", 1)]


def test_own_tags_are_replaced_and_the_captions_stay(song):
    job = song()
    job_tags_update(job=job, add=["Gym", "sea"], remove=["Calm"])
    assert job_tags_replace(job=job, tags=["SEA", "sun"]).own_tags == ["sea", "sun"]
    assert rows(job) == {("genre", "Jazz"), ("tag", "sea"), ("tag", "sun")}
    job_tags_replace(job=job, tags=[])
    assert rows(job) == {("genre", "Jazz")}


def test_many_songs_at_once(owner, other, song):
    mine, foreign = [song(), song(effective={})], song(user=other)
    ids = [job.id for job in mine]
    assert jobs_tags_update(user=owner, job_ids=[*ids, foreign.id, 2**40], add=["gym"], remove=["Jazz"]) == 2
    assert [rows(job) for job in mine] == [{("emotion", "Calm"), ("tag", "gym")}, {("tag", "gym")}]
    assert rows(foreign) == {("genre", "Jazz"), ("emotion", "Calm")}
    assert jobs_tags_update(user=owner, job_ids=ids, remove=["gym"]) == 2
    assert counts_problems() == [] and not JobTag.objects.filter(user=owner, kind="tag").exists()


def test_the_number_of_questions_is_the_same_for_many(owner, song, django_assert_max_num_queries):
    ids = [song().id for _ in range(20)]
    with django_assert_max_num_queries(8):
        jobs_tags_update(user=owner, job_ids=ids, add=["gym"])


def test_too_many_are_refused_and_nothing_is_written(owner, song, monkeypatch):
    full, empty = song(), song()
    job_tags_update(job=full, add=[f"tag {number}" for number in range(MOST_TAGS)])
    with pytest.raises(TooManyTags, match="at most 20 tags"):
        jobs_tags_update(user=owner, job_ids=[empty.id, full.id], add=["one more"])
    assert not Job.objects.get(id=empty.id).own_tags
    with pytest.raises(TooManyTags, match="at most 500 songs"):
        jobs_tags_update(user=owner, job_ids=range(MOST_JOBS + 1), add=["gym"])
    monkeypatch.setattr(services, "MOST_WORDS", MOST_TAGS)
    job_tags_update(job=empty, add=["tag 1"])
    with pytest.raises(TooManyTags, match="different tags"):
        job_tags_update(job=empty, add=["another"])


def test_what_is_no_tag_changes_nothing(song):
    job = song()
    with pytest.raises(TagInvalid):
        job_tags_update(job=job, add=["good", "a,b"])
    assert not job.own_tags and ("tag", "good") not in rows(job)


def test_a_song_that_is_gone(song):
    job = song()
    Job.objects.filter(id=job.id).delete()
    with pytest.raises(Job.DoesNotExist):
        job_tags_update(job=job, add=["gym"])


def test_the_proof_finds_rows_that_say_something_else(song):
    job = song()
    job_tags_update(job=job, add=["gym"])
    JobTag.objects.filter(job=job, kind="tag").delete()
    assert job_problems() == [f"Job {job.id} has other tags of its own than its search rows."]


def test_the_library_is_narrowed_by_an_own_tag(owner, song, rf):
    tagged, _ = song(), song()
    job_tags_update(job=tagged, add=["Gym"])
    browse = Browse.read(owner, rf.get("/?tag=gym").GET)
    assert [row.job for row in browse.rows] == [tagged] and browse.total == 1
    facet = next(facet for facet in browse.facets if facet.name == "tag")
    assert [(choice.label, choice.count, choice.is_chosen) for choice in facet.first] == [("Gym", "1", True)]
    assert browse.rows[0].tags == [("tag", "Gym"), ("genre", "Jazz"), ("emotion", "Calm")]
