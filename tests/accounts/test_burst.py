"""The same POST repeated while the first is in progress: one job, even without an idempotency key."""

import threading

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from audiomusic.accounts import idempotency
from audiomusic.accounts.idempotency import once_in_a_burst

made = []


class View(APIView):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    started, go_on = threading.Event(), threading.Event()

    @once_in_a_burst
    def post(self, request) -> HttpResponse:
        made.append(request.data)
        self.started.set()
        self.go_on.wait(5)
        return Response({"number": len(made)})


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()
    made.clear()
    View.started.clear()
    View.go_on.clear()


def post(body, **headers):
    response = View.as_view()(APIRequestFactory().post("/x", body, format="json", headers=headers))
    response.render() if hasattr(response, "render") else None
    return response


def test_a_repeat_in_flight_gets_the_first_answer(monkeypatch):
    """The first request continues once the second waits for it."""
    monkeypatch.setattr(idempotency.time, "sleep", lambda seconds: View.go_on.set())
    answers = []
    first = threading.Thread(target=lambda: answers.append(post({"a": 1})))
    first.start()
    assert View.started.wait(5)
    second = threading.Thread(target=lambda: answers.append(post({"a": 1})))
    second.start()
    first.join(5)
    second.join(5)
    assert len(made) == 1
    assert {answer.content for answer in answers} == {b'{"number":1}'}
    assert sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in answers) == 1


def test_once_answered_the_same_request_is_a_new_wish():
    View.go_on.set()
    assert [post({"a": 1}).content for _ in range(2)] == [b'{"number":1}', b'{"number":2}']


def test_another_body_is_another_wish():
    View.go_on.set()
    post({"a": 1})
    post({"a": 2})
    assert len(made) == 2
