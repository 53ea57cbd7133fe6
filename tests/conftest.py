"""The cast: an owner of songs, another user who must never see them, and a member of staff."""

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from audiomusic.accounts.models import User
from tests.support.prepared import prepare, run_folder


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
