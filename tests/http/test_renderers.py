"""Responses are the same JSON that REST framework itself would write."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.renderers import JSONRenderer

from audiomusic.http.renderers import FastJSONRenderer, json_bytes


@pytest.mark.parametrize(
    "body",
    [
        {"name": 'Über 夜 🎵 " \\ \n', "list": [1, 2.5, True, None], "deep": {"a": [{}]}},
        {1: "a number as a name"},
        {"at": datetime(2031, 5, 1, 12, 0, 0, 250000, tzinfo=UTC), "day": date(2031, 5, 1)},
        {"price": Decimal("3.30"), "id": UUID(int=7), "lazy": gettext_lazy("Yes")},
        [],
        "a sentence",
    ],
)
def test_it_writes_the_same(body):
    assert json.loads(FastJSONRenderer().render(body)) == json.loads(JSONRenderer().render(body))


def test_it_writes_no_spaces_and_plain_letters():
    assert json_bytes({"a": ["夜", 1]}) == '{"a":["夜",1]}'.encode()


def test_nothing_is_an_empty_body():
    assert FastJSONRenderer().render(None) == b""


def test_it_refuses_what_json_cannot_say():
    with pytest.raises(TypeError):
        json_bytes({"bytes": object()})
