"""Webhooks in the admin: viewed and redelivered."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from audiomusic.accounts.models import User
from jobs.webhooks.models import WebhookDelivery
from jobs.webhooks.sending import delivery_claim, delivery_send
from jobs.webhooks.services import endpoint_test

pytestmark = pytest.mark.django_db
LIST = reverse("admin:jobs_webhookdelivery_changelist")


@pytest.fixture
def site(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def sent(endpoint, receiver):
    """A delivery that got a 500 response."""
    endpoint_test(endpoint=endpoint)
    receiver.answers.append(500)
    delivery = delivery_claim()
    delivery_send(delivery=delivery)
    return WebhookDelivery.objects.get(id=delivery.id)


@pytest.mark.parametrize("model", ["webhookendpoint", "webhookdelivery"])
def test_staff_look_but_do_not_change(site, endpoint, model):
    delivery = endpoint_test(endpoint=endpoint)
    row_id = endpoint.id if model == "webhookendpoint" else delivery.id
    listed = site.get(f"/admin/jobs/{model}/", {"q": "1"})
    assert listed.status_code == 200
    page = site.get(f"/admin/jobs/{model}/{row_id}/change/")
    assert page.status_code == 200
    assert endpoint.salt not in page.content.decode()
    assert site.post(f"/admin/jobs/{model}/{row_id}/change/", {}).status_code == 403
    assert site.get(f"/admin/jobs/{model}/add/").status_code == 403
    assert site.post(f"/admin/jobs/{model}/{row_id}/delete/", {"post": "yes"}).status_code == 403


def test_request_and_answer_can_be_read(site, sent):
    page = site.get(reverse("admin:jobs_webhookdelivery_change", args=[sent.id])).content.decode()
    assert "&quot;status&quot;: &quot;test&quot;" in page
    assert "got 500: so it is" in page


def test_search_and_filters(site, sent):
    def count(**query):
        return site.get(LIST, query).context["cl"].result_count

    for words, wanted in ((str(sent.event_id), 1), ("OLIVE", 1), ("77", 0), ("otto", 0)):
        assert count(q=words) == wanted, words
    assert count(event="webhook.test", status__exact="pending") == 1
    assert count(event="job.failed") == 0
    assert count(endpoint__id__exact=sent.endpoint_id) == 1


@pytest.mark.parametrize("place", ["list", "page"])
def test_send_again_when_that_is_confirmed(site, sent, place):
    again = reverse("admin:jobs_webhookdelivery_again", args=[sent.id])
    address = LIST if place == "list" else again
    form = {"action": "send_again", "_selected_action": [sent.id]}
    asked = site.post(address, form).content.decode()
    assert "<strong>1 event</strong> will be sent again" in asked
    assert WebhookDelivery.objects.get().tries == 1
    site.post(address, {**form, "confirmed": "yes"})
    delivery = delivery_claim()
    assert (delivery.id, delivery.tries) == (sent.id, 0)
    assert str(LogEntry.objects.get().user) == "stella"


def test_a_get_sends_nothing(site, sent):
    site.get(reverse("admin:jobs_webhookdelivery_again", args=[sent.id]), {"confirmed": "yes"})
    assert WebhookDelivery.objects.get().tries == 1


def test_sending_again_wants_the_permission(client, sent):
    viewer = User.objects.create_user("vera", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_webhookdelivery"))
    client.force_login(viewer)
    again = reverse("admin:jobs_webhookdelivery_again", args=[sent.id])
    assert client.post(again, {"confirmed": "yes"}).status_code == 403
    page = client.get(reverse("admin:jobs_webhookdelivery_change", args=[sent.id]))
    assert page.status_code == 200 and again not in page.content.decode()
    assert WebhookDelivery.objects.get().tries == 1
