"""Clients with real credentials, and a server on which credits run out."""

import pytest
from rest_framework.test import APIClient

from audiomusic.accounts.services import key_create


@pytest.fixture
def limited(settings):
    """New users start with 1000 credits and get no more."""
    settings.CREDITS = "1000"


@pytest.fixture
def visitor():
    return APIClient()


@pytest.fixture
def token_of():
    """token_of(user, …): create a key for the user and return its text."""

    def make(user, **wishes):
        return key_create(user=user, name="test", **wishes)[1]

    return make


@pytest.fixture
def keyed(token_of):
    """keyed(user, "music:read", …): a client that sends a key with these scopes."""

    def make(user, *scopes):
        client = APIClient()
        client.credentials(HTTP_X_API_KEY=token_of(user, scopes=scopes or ["*"]))
        return client

    return make
