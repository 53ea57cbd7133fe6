"""The cast: an owner of songs, another user who must never see them, and a member of staff."""

import gc
import os

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from audiomusic.accounts.models import User
from tests.support.prepared import prepare, run_folder
from tests.support.tables import own_tables

#: Long files that would come late: whatever is left for the end leaves the other cores without work.
FIRST = (
    "tests/project/test_schemathesis.py",
    "tests/jobs/worker/test_foreign_rework.py",
    "tests/security/test_slow_clients.py",
    "tests/security/access/test_secret_rotation.py",
    "tests/security/hostile/test_hostile_lyrics.py",
    "tests/project/test_lock.py",
)

#: A browser beside two other processes on two cores is now and then slower than any limit; the summary
#: counts what came out right only the second time.
REPEATED = "tests/browser/"


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Modules and tests stay to the end: no garbage collection looks through them, neither now nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))
    for item in items:
        if item.nodeid.startswith(REPEATED):
            item.add_marker(pytest.mark.flaky(reruns=1))
    if "TEST_DATABASE_URL" in os.environ:  # the half on PostgreSQL: what asks no database is the same there
        rest = [item for item in items if not asks_database(item)]
        items[:] = [item for item in items if asks_database(item)]
        config.hook.pytest_deselected(items=rest)


def asks_database(item):
    return bool(item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(item.fixturenames))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, tmp_path_factory):
    """In place of pytest-django's, which has each process go through all migrations."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with django_db_blocker.unblock(), own_tables(run_folder(tmp_path_factory), process):
        yield


@pytest.fixture(autouse=True)
def no_throttle_history():
    cache.clear()


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory):
    """What a PreparedServer begins with."""
    return prepare(run_folder(tmp_path_factory))


@pytest.fixture
def owner(db):
    return User.objects.create_user("olive", "olive@example.org", "correct horse", first_name="Olive")


@pytest.fixture
def other(db):
    return User.objects.create_user("otto", "otto@example.org", "correct horse")


@pytest.fixture
def staff(db):
    return User.objects.create_superuser("stella", "stella@example.org", "correct horse")


@pytest.fixture
def client_of():
    """client_of(user): an API client signed in as that user, with every scope."""

    def make(user):
        client = APIClient()
        client.force_authenticate(user)
        return client

    return make
