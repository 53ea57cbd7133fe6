"""Creating a job: what is decided at once, what it costs, what is refused."""

import pytest

from audiomusic.accounts.credits.ledger import NotEnoughCredits
from jobs.models import Job
from jobs.services import WaitingLimitReached
from jobs.specs.build import song_request, title_from
from jobs.worker.claims import job_claim

pytestmark = pytest.mark.django_db


def test_a_waiting_job_with_its_credits_reserved(make_job, credits_of, owner):
    job = make_job()
    assert (job.status, job.progress, job.song_type, job.engine) == ("PENDING", None, "instrumental", "fake")
    assert (job.credits_reserved, job.credits_held) == (165, 165)
    assert credits_of(owner) == 10_000 - 165


def test_the_request_that_is_kept_is_the_one_the_engine_gets(make_job):
    request = song_request(Job.objects.get(id=make_job(batch_size=3, bpm=90.0).id))
    assert request.seeds == (7, 8, 9)
    assert (request.kind, request.caption, request.bpm) == ("instrumental", "calm piano", 90.0)
    assert (request.duration_s, request.max_duration_s) == (10.0, 10.0)


def test_seeds_follow_each_other_round_the_end(make_job):
    assert make_job(seed=2**32 - 1, batch_size=2).effective["seeds"] == [2**32 - 1, 0]


def test_without_a_seed_each_take_gets_one_of_its_own(make_job):
    seeds = make_job(seed=None, batch_size=4).effective["seeds"]
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_every_take_is_reserved_for(make_job):
    assert make_job(batch_size=4).credits_reserved == 4 * 165


def test_without_a_length_the_lyrics_decide_how_much_is_reserved(make_job):
    short = make_job(instrumental=False, duration_s=None, lyrics="[verse]\n" + "la la la\n" * 4)
    long = make_job(instrumental=False, duration_s=None, lyrics="[verse]\n" + "la la la\n" * 40)
    assert short.duration_s is None
    assert short.credits_reserved < long.credits_reserved
    assert make_job(instrumental=False, duration_s=None, lyrics="la\n" * 5000).credits_reserved == 9900


@pytest.mark.parametrize(
    ("task", "instrumental", "song_type", "kind"),
    [
        ("text2music", False, "song", "song"),
        ("text2music", True, "instrumental", "instrumental"),
        ("prompt2instrumental", False, "instrumental", "instrumental"),
        ("text2rap", False, "rap", "rap"),
        ("text2rap", True, "rap", "instrumental"),
        ("lyric2vocals", False, "vocals", "vocals"),
        ("text2samples", False, "samples", "samples"),
        ("simple", False, "song", "song"),
        ("simple", True, "instrumental", "instrumental"),
    ],
)
def test_the_task_says_what_kind_of_music_it_is(make_job, task, instrumental, song_type, kind):
    job = make_job(task=task, instrumental=instrumental, lyrics="la la")
    assert (job.song_type, job.effective["kind"]) == (song_type, kind)
    assert bool(job.lyrics) == (kind in ("song", "rap", "vocals"))


def test_without_lyrics_the_planner_writes_them(make_job):
    assert make_job(instrumental=False).effective["write_lyrics"] is True
    assert make_job(instrumental=True).effective["write_lyrics"] is False


def test_simple_is_found_by_what_was_asked(make_job):
    job = make_job(task="simple", caption=None, query="something for a rainy day")
    assert (job.prompt, job.display_name) == ("something for a rainy day", "something for a rainy day")
    assert (job.effective["query"], job.effective["caption"]) == (job.prompt, "")


def test_what_the_engine_does_not_use_is_told_and_only_if_it_was_sent(make_job):
    job = make_job(params={"caption": "x", "shift": 3.0, "lm_top_k": None}, options={"shift": 3.0, "lora": 1})
    assert set(job.effective["not_applied"]) == {"shift"}
    assert job.effective["options"] == {"lora": 1}


def test_lyrics_for_music_without_a_voice_are_told_too(make_job):
    assert "lyrics" in make_job(lyrics="la la").effective["not_applied"]


def test_a_preset_completes_the_wishes_and_does_not_override_them(make_job):
    from presets.models import Preset

    parameters = {"genre": "Jazz", "caption": "jazz", "bpm": 132, "timesignature": "4/4", "guidance_scale": 6}
    Preset.objects.create(name="Late Night", label="Late Night", parameters=parameters)
    job = make_job(genre="Late Night", bpm=80.0)
    assert (job.prompt, job.bpm, job.timesignature) == ("calm piano", 80.0, "4/4")
    assert (job.effective["genre"], job.effective["options"]) == ("Jazz", {"guidance_scale": 6})


def test_the_title_is_the_given_one(make_job):
    assert make_job(display_name=" My\tSong\x07 ").display_name == "My Song"


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("calm piano", "calm piano"),
        ("a\n b\x00c", "a b c"),
        (" \n", "Untitled"),
        ("word " * 30, "word word word word word word word word word word word…"),
        ("長" * 90, "長" * 59 + "…"),
    ],
)
def test_or_the_first_words_of_the_prompt(prompt, title):
    assert title_from(prompt) == title
    assert len(title_from(prompt)) <= 60


def test_a_model_version_is_the_servers_engine_and_a_name_is_that_engine(make_job):
    assert make_job(model_version="audiomusic-v1.5").engine == "fake"
    assert make_job(model_version="studio").engine == "studio"


def test_auto_is_the_engine_that_runs_anywhere(make_job, settings):
    settings.ENGINE = "auto"
    assert make_job().engine == "studio"


def test_too_few_credits_leave_nothing_behind(make_job, credits_of):
    with pytest.raises(NotEnoughCredits) as refusal:
        make_job(duration_s=300.0, batch_size=3)
    assert (refusal.value.required, refusal.value.available) == (14_850, 10_000)
    assert not Job.objects.exists()


def test_an_unknown_engine_or_preset_is_refused(make_job):
    with pytest.raises(LookupError, match="there are"):
        make_job(model_version="nobody")
    with pytest.raises(LookupError, match="there are"):
        make_job(genre="Nothing")


def test_the_queue_is_rung_once_the_job_is_there(make_job, django_capture_on_commit_callbacks):
    from django_q.models import OrmQ

    with django_capture_on_commit_callbacks(execute=True):
        make_job()
        assert not OrmQ.objects.exists()
    assert OrmQ.objects.count() == 1


def test_a_queue_that_is_down_does_not_refuse_the_job(
    make_job, monkeypatch, django_capture_on_commit_callbacks
):
    def fail(*args, **kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr("jobs.wakeup.async_task", fail)
    with django_capture_on_commit_callbacks(execute=True):
        job = make_job()
    assert Job.objects.get(id=job.id).status == "PENDING"


def test_only_so_many_of_a_user_may_wait(make_job, settings, credits_of, owner, other):
    settings.WAITING_LIMIT = "2"
    make_job(), make_job()
    with pytest.raises(WaitingLimitReached, match="At most 2"):
        make_job()
    assert (Job.objects.count(), credits_of(owner)) == (2, 10_000 - 2 * 165)
    settings.CREDITS = "unlimited"
    make_job(user=other)
    job_claim()
    make_job()


@pytest.mark.parametrize("server_limit", ["1", "off"])
def test_a_user_may_have_a_limit_of_their_own(make_job, settings, owner, server_limit):
    settings.WAITING_LIMIT = server_limit
    owner.waiting_limit = 2
    make_job(), make_job()
    with pytest.raises(WaitingLimitReached, match="At most 2"):
        make_job()


def test_the_limit_of_waiting_songs_can_be_off(make_job, settings):
    settings.WAITING_LIMIT = "off"
    make_job()
