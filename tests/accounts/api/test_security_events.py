"""/api/v1/auth/security-events"""

import pytest

from audiomusic.accounts.models import SecurityEvent
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record

EVENTS = "/api/v1/auth/security-events"


def test_the_newest_come_first(client_of, owner, other, rf, staff):
    request = rf.get("/", REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="curl/8.5")
    security_event_record(kind=Kind.SIGNED_IN, user=owner, request=request)
    security_event_record(kind=Kind.SIGNED_IN, user=other, request=request)
    security_event_record(kind=Kind.ACCOUNT_SHUT, user=owner, actor=staff, detail="too loud")
    answer = client_of(owner).get(EVENTS)
    assert answer.status_code == 200
    assert answer["X-Total-Count"] == "3"
    shut, signed_in, made = answer.json()
    assert (shut["kind"], shut["actor"], shut["detail"]) == ("account_shut", "stella", "too loud")
    assert made["kind"] == "account_made"
    moment = signed_in.pop("created_at")
    assert moment.endswith("Z")
    assert signed_in == {
        "id": SecurityEvent.objects.get(kind="signed_in", user=owner).pk, "kind": "signed_in",
        "address": "203.0.113.7", "user_agent": "curl/8.5", "key": "", "actor": "", "detail": "", "count": 1,
    }  # fmt: skip


def test_it_has_pages(client_of, owner):
    for number in range(5):
        security_event_record(kind=Kind.SIGNED_IN, user=owner, detail=str(number))
    answer = client_of(owner).get(f"{EVENTS}?skip=1&limit=2")
    assert [event["detail"] for event in answer.json()] == ["3", "2"]
    assert answer["X-Total-Count"] == "6"


@pytest.mark.parametrize("query", ["skip=-1", "limit=0", "limit=101", "skip=x"])
def test_a_wrong_page_is_400(client_of, owner, query):
    answer = client_of(owner).get(f"{EVENTS}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_key_needs_every_scope(keyed, owner):
    assert keyed(owner).get(EVENTS).status_code == 200
    for verb in ("get", "head", "options"):
        answer = getattr(keyed(owner, "music:read", "music:generate"), verb)(EVENTS)
        assert answer.status_code == 403


def test_without_credentials_it_is_401(visitor, db):
    assert visitor.get(EVENTS).status_code == 401


def test_nothing_is_written_or_deleted_there(client_of, owner):
    for verb in ("post", "put", "patch", "delete"):
        assert getattr(client_of(owner), verb)(EVENTS).status_code == 405
