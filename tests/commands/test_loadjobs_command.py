"""`loadjobs N`: sample jobs with all their related rows, identical for the same seed."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from audiomusic.accounts.models import User
from audiomusic.bench.fixtures.sample_jobs import COMMON_WORD, LANGUAGES, RARE_WORD, SPAN, sample_jobs
from jobs.models import FINISHED, Job, JobCount, JobTag, Status, Take
from library.models import Reaction

pytestmark = pytest.mark.django_db
COUNT = 200
UNTIL = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def no_vacuum(monkeypatch):
    """PostgreSQL's VACUUM cannot run inside a test's transaction."""
    monkeypatch.setattr("audiomusic.management.commands.loadjobs.refresh_statistics", lambda: None)


@pytest.fixture
def loaded(no_vacuum):
    output = io.StringIO()
    call_command("loadjobs", str(COUNT), stdout=output)
    return output.getvalue()


def test_it_writes_jobs_as_a_server_has_them(loaded):
    """Check one load from every side, because loading takes a second."""
    assert Job.objects.count() == COUNT
    assert "200 of 200 jobs" in loaded
    assert loaded.splitlines()[-1] == "Loaded 200 jobs for 200 users; bulk owns every other one."

    # One user owns half, many share the rest.
    bulk = User.objects.get(username="bulk")
    assert Job.objects.of_user(bulk).count() == COUNT // 2
    assert User.objects.filter(username__startswith="bulk-", jobs__isnull=False).distinct().count() > 30

    # They span two years, oldest first.
    moments = list(Job.objects.order_by("id").values_list("created_at", flat=True))
    assert moments == sorted(moments)
    assert SPAN * 0.9 < moments[-1] - moments[0] <= SPAN
    assert timezone.now() - moments[-1] < timedelta(days=5)

    # Only the newest wait.
    waiting = Job.objects.waiting()
    assert waiting.count() == COUNT // 100
    assert min(waiting.values_list("id", flat=True)) > max(
        Job.objects.filter(status__in=FINISHED).values_list("id", flat=True)
    )

    # Only finished songs have takes, as many as requested.
    for job in Job.objects.prefetch_related("takes"):
        wanted = job.batch_size if job.status == Status.COMPLETED else 0
        assert [take.index for take in job.takes.all()] == list(range(1, wanted + 1))
    assert Take.objects.filter(peaks=[]).count() == Take.objects.count()

    # Tags and likes copy their job's user and date.
    assert {"genre", "emotion", "occasion"} <= set(JobTag.objects.values_list("kind", flat=True))
    for tag in JobTag.objects.select_related("job"):
        assert (tag.user_id, tag.created_at) == (tag.job.user_id, tag.job.created_at)
    for reaction in Reaction.objects.select_related("job"):
        assert (reaction.user_id, reaction.job_created_at) == (reaction.job.user_id, reaction.job.created_at)
    assert 0 < Reaction.objects.count() < COUNT // 5

    # The counts include every job.
    total = JobCount.objects.filter(kind="").aggregate(total=Sum("count"))["total"]
    assert total == COUNT

    # The rare word occurs in few captions, the common one in half.
    mine = Job.objects.filter(user__username="bulk")
    assert mine.filter(prompt__contains=RARE_WORD).count() == 10
    assert COUNT * 0.15 < mine.filter(prompt__contains=COMMON_WORD).count() < COUNT * 0.35

    # They cost nothing.
    assert not Job.objects.exclude(credits_reserved=0, credits_charged=0, credits_refunded=0).exists()


def test_a_loaded_job_is_answered_by_the_api(loaded, client_of):
    bulk = User.objects.get(username="bulk")
    job = Job.objects.of_user(bulk).filter(status=Status.COMPLETED).first()
    body = client_of(bulk).get(f"/api/v1/music/jobs/{job.id}/status").json()
    assert body["display_name"] == job.display_name
    assert body["params"]["caption"] == job.prompt


def test_loading_twice_adds_to_what_is_there(no_vacuum):
    call_command("loadjobs", "30", stdout=io.StringIO())
    call_command("loadjobs", "20", "--seed", "2", stdout=io.StringIO())
    assert Job.objects.count() == 50


def test_another_user_may_own_half(owner, no_vacuum):
    call_command("loadjobs", "10", "--user", owner.username, stdout=io.StringIO())
    assert Job.objects.of_user(owner).count() == 5


def test_a_job_made_afterwards_gets_an_id_of_its_own(loaded, owner):
    newest = Job.objects.latest("id").id
    assert Job.objects.create(user=owner, task="text2music", song_type="song").id > newest


def test_the_same_seed_gives_the_same_jobs():
    first, again, other = (list(sample_jobs(50, seed=seed, until=UNTIL)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_every_language_is_sung_in_its_own_script():
    sung = {
        job.columns["vocal_language"]: job.columns["lyrics"] for job in sample_jobs(2000, seed=1, until=UNTIL)
    }
    assert set(sung) == {*LANGUAGES, ""}
    assert any("\u4e00" <= letter <= "\u9fff" for letter in sung["zh"])
    assert any("\u0400" <= letter <= "\u04ff" for letter in sung["ru"])


@pytest.mark.parametrize("count", ["0", "-5", "many", "1.5", "10000001"])
def test_a_count_that_is_none_is_refused(count):
    with pytest.raises(CommandError, match="expected a whole number from 1 to 10000000"):
        call_command("loadjobs", count)
    assert not Job.objects.exists()
