"""Values stored in Redis, as JSON."""

import pickle

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.signing import JSONSerializer

from audiomusic.server.json_values import JsonSerializer

SERIALIZER = JsonSerializer()


@pytest.mark.parametrize("value", [7, True, None, 1.5, "ü", "7", [1, {"a": [2]}]])
def test_values_come_back_as_they_were(value):
    stored = SERIALIZER.dumps(value)
    found = SERIALIZER.loads(stored if isinstance(stored, bytes) else str(stored).encode())
    assert found == value and type(found) is type(value)


def test_a_number_stays_one_so_that_redis_can_add_to_it():
    assert SERIALIZER.dumps(7) == 7


@pytest.mark.parametrize("planted", [pickle.dumps([1]), b"\xff\xfe", b"nonsense", b""])
def test_what_is_no_json_is_nothing(planted):
    assert SERIALIZER.loads(planted) is None


def test_sessions_are_json_too(db):
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")
    assert issubclass(SessionStore().serializer, JSONSerializer)
