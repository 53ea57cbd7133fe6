"""What a key's scopes allow, on a minimal view."""

import pytest
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from audiomusic.accounts.services import key_create


class Plain(APIView):
    def get(self, request):
        return Response("read")

    def post(self, request):
        return Response("made")


class Asking(Plain):
    required_scopes = {"POST": "music:read"}


def answer(view, method, user, *scopes):
    request = getattr(APIRequestFactory(), method)("/")
    key = key_create(user=user, name="test", scopes=scopes)[0] if scopes else None
    force_authenticate(request, user, key)
    return view.as_view()(request)


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_scope_opens_everything(owner, method):
    assert answer(Plain, method, owner, "*").status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_key_there_are_no_scopes_to_lack(owner, method):
    assert answer(Plain, method, owner).status_code == 200


def test_reading_needs_read_and_making_needs_generate(owner):
    assert answer(Plain, "get", owner, "music:read").status_code == 200
    assert answer(Plain, "post", owner, "music:generate").status_code == 200
    assert answer(Plain, "get", owner, "music:generate").status_code == 403
    assert answer(Plain, "post", owner, "music:read").status_code == 403
    assert answer(Plain, "post", owner, "music:read", "music:generate").status_code == 200


def test_a_view_may_ask_for_another_scope(owner):
    assert answer(Asking, "post", owner, "music:read").status_code == 200
    assert answer(Asking, "post", owner, "music:generate").status_code == 403


def test_the_refusal_names_the_scope(owner):
    refused = answer(Plain, "post", owner, "music:read")
    assert refused.data["code"] == "scope_missing"
    assert '"music:generate"' in refused.data["detail"]


def test_nobody_is_401(db):
    assert Plain.as_view()(APIRequestFactory().get("/")).status_code == 401
