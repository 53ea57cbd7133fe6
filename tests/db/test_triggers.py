"""Triggers that a migration dropped with their table are recreated, and the data they maintain is correct."""

import pytest
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection

from audiomusic.accounts.models import User
from jobs.models import AudioFile, Job
from jobs.search.documents import search_documents_update
from jobs.search.integrity import SEARCH_TRIGGERS, text_problems
from jobs.storage.usage import STORAGE_TRIGGERS, storage_use_problems
from library.integrity import COUNT_TRIGGERS, counts_problems
from tests.support.recordings import new_job, recorded
from tests.support.searching import count

SETS = {"counts": COUNT_TRIGGERS, "storage": STORAGE_TRIGGERS, "search": SEARCH_TRIGGERS}


def problems():
    return [*counts_problems(), *storage_use_problems(), *text_problems()]


def take_away(names):
    """Drop the triggers, as SQLite does with their table; PostgreSQL must be told which table."""
    with connection.cursor() as cursor:
        for name in names:
            on = ""
            if connection.vendor == "postgresql":
                cursor.execute("SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = %s", [name])
                on = f" ON {cursor.fetchone()[0]}"
            cursor.execute(f"DROP TRIGGER {name}{on}")


def migrated(*, is_backwards=False):
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default", plan=[(None, is_backwards)])


@pytest.fixture
def songs(owner):
    jobs = [new_job(owner, display_name=f"Night Drive {number}") for number in range(3)]
    for job in jobs:
        recorded(job)
    search_documents_update()
    return jobs


def change_everything(songs, owner):
    """Rename a job, delete one, add one, and change a file's size."""
    Job.objects.filter(id=songs[0].id).update(display_name="Morning Walk")
    Job.objects.filter(id=songs[1].id).delete()
    recorded(new_job(owner, display_name="Evening Swim"))
    AudioFile.objects.filter(take__job=songs[2]).update(byte_count=7)


def expect_order(owner):
    assert not any(triggers.missing(connection) for triggers in SETS.values())
    assert problems() == []
    assert [count(owner, words) for words in ("night", "morning", "evening")] == [1, 1, 1]
    assert problems() == []


@pytest.mark.django_db
@pytest.mark.parametrize("triggers", SETS.values(), ids=SETS)
def test_they_come_back_after_a_migration(owner, songs, triggers):
    take_away(triggers.names[connection.vendor])
    change_everything(songs, owner)
    assert problems()
    migrated()
    expect_order(owner)


@pytest.mark.django_db
@pytest.mark.parametrize("triggers", SETS.values(), ids=SETS)
def test_a_single_one_comes_back(owner, songs, triggers):
    take_away(triggers.names[connection.vendor][-1:])
    change_everything(songs, owner)
    migrated()
    expect_order(owner)


@pytest.mark.django_db
@pytest.mark.parametrize("triggers", SETS.values(), ids=SETS)
def test_a_migration_backwards_leaves_them_away(triggers):
    names = list(triggers.names[connection.vendor])
    take_away(names)
    migrated(is_backwards=True)
    assert triggers.missing(connection) == names


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps a table's triggers.")
@pytest.mark.parametrize("model", [AudioFile, User])
def test_a_table_that_sqlite_makes_again_gets_its_triggers_back(owner, songs, model):
    with connection.schema_editor() as editor:
        editor._remake_table(model)
    assert any(triggers.missing(connection) for triggers in SETS.values())
    change_everything(songs, owner)
    migrated()
    expect_order(owner)
