"""A song is deleted at the moment its stem is requested: one of the two waits."""

import pytest

from jobs.models import Job
from jobs.services import JobInUse, job_delete
from jobs.specs.refusals import SourceNotFound
from jobs.tools.extraction import stem_job_create
from jobs.tools.sources import SourceRef, source_take
from tests.jobs.test_services_races import race
from tests.support.studio_songs import studio_song

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("turn", range(5))
def test_a_song_goes_or_is_kept_for_its_stem(owner, turn):
    song = studio_song(owner)
    take = source_take(user=owner, ref=SourceRef(song.id))
    made, deleted = race(
        lambda: stem_job_create(user=owner, take=take, wishes={"track_name": "bass"}, params={}),
        lambda: job_delete(job=song),
    )
    if isinstance(made, SourceNotFound):
        assert deleted is None and not Job.objects.exists()
    else:
        assert isinstance(deleted, JobInUse)
        assert Job.objects.get(id=made.id).source_job_id == song.id
