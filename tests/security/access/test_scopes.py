"""What each scope allows, at every endpoint. By default reads need music:read and everything else
music:generate; the table lists the exceptions."""

import pytest

from audiomusic.accounts.services import key_create
from tests.security.conftest import MARK
from tests.support.addresses import API, PUBLIC

pytestmark = pytest.mark.django_db

#: What outlasts the key, or sends elsewhere what a key would show, needs every scope.
#: What only calculates needs the scope of a read.
OTHERWISE = {
    ("api-keys", "post"): "*",
    ("api-key", "delete"): "*",
    ("security-events", "get"): "*",
    ("webhook-endpoints", "post"): "*",
    ("webhook-endpoint", "patch"): "*",
    ("webhook-endpoint", "delete"): "*",
    ("wallet-estimate", "post"): "music:read",
    ("wallet-check-balance", "post"): "music:read",
    ("wallet-checkout", "post"): "music:read",
    ("wallet-payment-intent", "post"): "music:read",
}
ENDPOINTS = [
    (address, verb) for address in API if address.name not in PUBLIC for verb in address.verbs
]  # fmt: skip


def wanted_scope(address, verb):
    plain = "music:read" if verb in ("get", "head") else "music:generate"
    return OTHERWISE.get((address.name, verb), plain)


@pytest.fixture
def ask(client, owner, belongings):
    """ask(address, verb, scope): the response to a key of the owner with only that scope."""
    tokens = {}

    def send(address, verb, scope):
        if scope not in tokens:
            tokens[scope] = key_create(user=owner, name="test", scopes=[scope])[1]
        path, headers = address.fill(belongings.ids), {"X-API-Key": tokens[scope]}
        return client.generic(
            verb.upper(), path, b"[]", content_type="application/json", headers=headers
        )  # endpoints that read a body refuse a list, so nothing is created

    return send


def test_the_walk_sees_the_endpoints():
    assert len(ENDPOINTS) > 40
    assert not set(OTHERWISE) - {(address.name, verb) for address, verb in ENDPOINTS}


def test_a_key_without_the_scope_is_refused_everywhere(ask, rows):
    before = rows()
    for address, verb in ENDPOINTS:
        wanted = wanted_scope(address, verb)
        for scope in {"music:read", "music:generate"} - {wanted}:
            answer = ask(address, verb, scope)
            assert answer.status_code == 403, (address, verb, scope, answer.content)
            if verb != "head":
                assert answer.json()["code"] == "scope_missing"
                assert f'"{wanted}"' in str(answer.json()["detail"])
                assert MARK not in answer.content.decode()
    after = rows()
    for name in ("ApiKey", "SecurityEvent"):  # they record the use
        before.pop(name)
        after.pop(name)
    assert after == before


def test_a_key_with_the_scope_is_let_in_everywhere(ask):
    for address, verb in ENDPOINTS:
        if verb == "delete":
            continue  # their own tests delete; the next endpoint here needs the row
        for scope in {wanted_scope(address, verb), "*"}:
            assert ask(address, verb, scope).status_code not in (401, 403), (address, verb, scope)


def test_a_key_cannot_give_itself_more(client, owner):
    """A key without every scope cannot create keys or redirect events."""
    _, token = key_create(user=owner, name="both", scopes=["music:read", "music:generate"])
    asked = {"name": "more", "scopes": ["*"], "url": "https://example.org/"}
    for path in ("/api/v1/auth/api-keys", "/api/v1/webhooks/endpoints"):
        answer = client.post(path, asked, content_type="application/json", headers={"X-API-Key": token})
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
