"""Shared fixtures: an owner of songs, another user who must never see them, and a staff user."""

import gc
import os

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from audiomusic.accounts.models import User
from tests.support.prepared import prepare, run_folder
from tests.support.tables import own_tables

#: Slow files run first: started late, they would leave the other cores idle at the end.
FIRST = (
    "tests/project/test_schemathesis.py",
    "tests/jobs/worker/test_foreign_rework.py",
    "tests/security/test_slow_clients.py",
    "tests/security/access/test_secret_rotation.py",
    "tests/security/hostile/test_hostile_lyrics.py",
    "tests/project/test_lock.py",
)

#: A browser that shares two cores with two other processes sometimes exceeds any time limit. The summary
#: counts the tests that pass only on the second try.
REPEATED = "tests/browser/"


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Freeze modules and tests after collection, so that the garbage collector never scans them."""
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
    if "TEST_DATABASE_URL" in os.environ:  # on PostgreSQL, run only the tests that use the database
        rest = [item for item in items if not asks_database(item)]
        items[:] = [item for item in items if asks_database(item)]
        config.hook.pytest_deselected(items=rest)


def asks_database(item):
    return bool(item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(item.fixturenames))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, tmp_path_factory):
    """Replace pytest-django's fixture, with which each process runs every migration."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with django_db_blocker.unblock(), own_tables(run_folder(tmp_path_factory), process):
        yield


@pytest.fixture(autouse=True)
def no_throttle_history():
    cache.clear()


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory):
    """Return the folder that each PreparedServer starts from."""
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
    """client_of(user): return an API client authenticated as that user, with every scope."""

    def make(user):
        client = APIClient()
        client.force_authenticate(user)
        return client

    return make
