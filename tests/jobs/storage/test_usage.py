"""The running total of each user's stored bytes stays right when any file is added, removed or corrected."""

from types import SimpleNamespace

import pytest
from django.db import connection

from audiomusic.db.triggers import missing_triggers
from jobs.models import AudioFile, Job, ScoreFile, StorageTotal, Take
from jobs.services import job_delete
from jobs.storage.takes import ensure_format
from jobs.storage.usage import MB, StorageUse, storage_use, storage_use_problems, storage_use_rebuild
from jobs.storage.usage_triggers import TRIGGERS, create_triggers, drop_triggers
from tests.jobs.test_services_races import race
from tests.support.recordings import SCORE, new_job, recorded


def kept_by(user):
    total = 0
    for model in (AudioFile, ScoreFile):
        total += sum(model.objects.filter(take__job__user=user).values_list("byte_count", flat=True))
    return total


def add_file(take, byte_count, model=AudioFile, format="wav"):
    return model.objects.create(
        take=take, format=format, storage_name=f"{take.pk}-{format}", byte_count=byte_count, sha256=""
    )


@pytest.mark.django_db
def test_files_of_every_kind_count_for_their_owner_alone(owner, other):
    take = recorded(new_job(owner), score=SCORE)
    assert take.score_files.count() == 2
    assert storage_use(owner).kept == kept_by(owner) > 0
    assert storage_use(other) == StorageUse(0, 0, None)


@pytest.mark.django_db
def test_a_format_made_on_demand_counts_and_deleting_gives_room_again(owner):
    job = new_job(owner)
    take = recorded(job)
    before = storage_use(owner).kept
    made = ensure_format(take=take, format="wav")
    assert storage_use(owner).kept == before + made.byte_count
    made.delete()
    assert storage_use(owner).kept == before
    job_delete(job=job)
    assert storage_use(owner).kept == 0
    assert storage_use_problems() == []


@pytest.mark.django_db
def test_a_corrected_size_and_a_moved_file_count_anew(owner, other):
    take, others = recorded(new_job(owner)), recorded(new_job(other))
    file = add_file(take, 1000)
    AudioFile.objects.filter(id=file.id).update(byte_count=400)
    assert storage_use(owner).kept == kept_by(owner)
    AudioFile.objects.filter(id=file.id).update(take=others)
    assert (storage_use(owner).kept, storage_use(other).kept) == (kept_by(owner), kept_by(other))
    assert storage_use_problems() == []


@pytest.mark.django_db
def test_many_files_at_once_and_past_the_services(owner):
    takes = [recorded(new_job(owner)) for _ in range(3)]
    AudioFile.objects.bulk_create(
        AudioFile(take=take, format="ogg", storage_name=f"x{take.pk}", byte_count=10, sha256="")
        for take in takes
    )
    assert storage_use(owner).kept == kept_by(owner)
    Take.objects.filter(id=takes[0].id).delete()
    Job.objects.filter(id=takes[1].job_id).delete()
    assert storage_use(owner).kept == kept_by(owner)
    assert storage_use_problems() == []


@pytest.mark.django_db
def test_a_users_deletion_leaves_no_total(owner):
    recorded(new_job(owner))
    owner.delete()
    assert not StorageTotal.objects.exists()
    assert storage_use_problems() == []


@pytest.mark.django_db
def test_the_proof_tells_a_wrong_total_and_the_rebuild_mends_it(owner):
    recorded(new_job(owner))
    kept = kept_by(owner)
    StorageTotal.objects.update(byte_count=7)
    assert storage_use_problems() == [
        f"User {owner.pk} has {kept} bytes in stored files, but their total says 7."
    ]
    storage_use_rebuild()
    assert storage_use(owner).kept == kept
    assert storage_use_problems() == []


@pytest.mark.django_db
def test_the_proof_tells_a_missing_trigger():
    assert missing_triggers(connection, TRIGGERS) == []
    with connection.cursor() as cursor:
        on = " ON jobs_audiofile" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER storage_audiofile_insert{on}")
    assert storage_use_problems() == [
        "The trigger storage_audiofile_insert is missing, so the totals of stored bytes are not updated."
    ]


@pytest.mark.django_db
def test_the_triggers_can_be_taken_away_and_put_back(owner):
    editor = SimpleNamespace(connection=connection)
    drop_triggers(None, editor)
    assert missing_triggers(connection, TRIGGERS) == list(TRIGGERS)
    create_triggers(None, editor)
    recorded(new_job(owner))
    assert storage_use_problems() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("server", "own_mb", "allowed"),
    [("off", None, None), ("2GB", None, 2_000_000_000), ("2GB", 5, 5 * MB), ("off", 0, 0)],
)
def test_a_users_own_limit_comes_before_the_servers(settings, owner, server, own_mb, allowed):
    settings.STORAGE_PER_USER, owner.storage_limit_mb = server, own_mb
    assert storage_use(owner).allowed == allowed


def test_the_share_of_what_is_allowed():
    assert StorageUse(300, 200, 1000).percent == 50
    assert StorageUse(900, 300, 1000).percent == 100
    assert StorageUse(0, 0, 0).percent == 100
    assert StorageUse(5, 0, None).percent == 0


@pytest.mark.django_db(transaction=True)
def test_no_byte_is_lost_when_many_write_at_once(owner):
    takes = [recorded(new_job(owner)) for _ in range(8)]
    gone = [add_file(take, 500, format="mp3") for take in takes]

    def add_then_remove(place):
        def act():
            for turn in range(5):
                add_file(takes[place], 1000 + turn).delete()
            gone[place].delete()
            add_file(takes[place], 77, format="ogg")

        return act

    results = race(*[add_then_remove(place) for place in range(8)])
    assert results == [None] * 8
    assert storage_use(owner).kept == kept_by(owner)
    assert storage_use_problems() == []
