"""OPTIONS, which browsers and API tools send first."""

import pytest

from tests.support.addresses import API

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", API, ids=lambda each: each.name)
def test_every_endpoint_answers_options(client_of, owner, address):
    ids = dict.fromkeys(address.parameters, 0) | {"endpoint_id": "00000000-0000-0000-0000-000000000000"}
    answer = client_of(owner).options(address.fill(ids))
    assert answer.status_code == 200 and answer.json()["name"]
