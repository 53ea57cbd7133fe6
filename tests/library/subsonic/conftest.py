"""Players of two users, which call as real players do: with all parameters in the URL or in a form."""

import hashlib
import xml.etree.ElementTree as ElementTree

import pytest

from audiomusic.accounts.players.services import player_password_create
from tests.support.recordings import new_job, recorded

NAMESPACE = "{http://subsonic.org/restapi}"
SALT = "c19b2d"


class Player:
    """`player.get("ping")`: the response's envelope, from JSON."""

    def __init__(self, client, user, password):
        self.client, self.user, self.password = client, user, password

    @property
    def credentials(self):
        token = hashlib.md5((self.password + SALT).encode()).hexdigest()
        return {"u": self.user.username, "t": token, "s": SALT, "v": "1.16.1", "c": "test"}

    def call(self, name, /, *, method="get", headers=None, **params):
        send = getattr(self.client, method)
        return send(f"/rest/{name}", {**self.credentials, **params}, headers=headers or {})

    def get(self, name, /, **params):
        answer = self.call(name, f="json", **params)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"] == "application/json"
        return answer.json()["subsonic-response"]

    def ok(self, name, /, **params):
        body = self.get(name, **params)
        assert body["status"] == "ok", body
        return body

    def error(self, name, /, **params):
        body = self.get(name, **params)
        assert body["status"] == "failed", body
        return body["error"]["code"]

    def xml(self, name, /, **params):
        answer = self.call(name, **params)
        assert answer["Content-Type"] == "text/xml; charset=utf-8"
        return ElementTree.fromstring(answer.content)


@pytest.fixture
def player_of(client):
    """player_of(user): a player with its own password."""
    return lambda user: Player(client, user, player_password_create(user=user, name="test")[1])


@pytest.fixture
def player(player_of, owner):
    return player_of(owner)


@pytest.fixture
def stranger(player_of, other):
    """The player of a user without songs."""
    return player_of(other)


@pytest.fixture
def heard(owner):
    """A finished song of the owner with real audio."""
    return recorded(new_job(owner, vocal_language="en", format="flac", lyrics="[Verse]\nla"))
