"""Webhooks as staff see them: to be looked at."""

import pytest

from jobs.webhooks.services import endpoint_test

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["webhookendpoint", "webhookdelivery"])
def test_staff_look_but_do_not_change(client, staff, endpoint, model):
    delivery = endpoint_test(endpoint=endpoint)
    row_id = endpoint.id if model == "webhookendpoint" else delivery.id
    client.force_login(staff)
    listed = client.get(f"/admin/jobs/{model}/", {"q": "1"})
    assert listed.status_code == 200
    page = client.get(f"/admin/jobs/{model}/{row_id}/change/")
    assert page.status_code == 200
    assert endpoint.salt not in page.content.decode()
    assert client.post(f"/admin/jobs/{model}/{row_id}/change/", {}).status_code == 403
    assert client.get(f"/admin/jobs/{model}/add/").status_code == 403
