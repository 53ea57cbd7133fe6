"""Test events and redeliveries are limited to ten a minute for a user, across API, pages and admin."""

import pytest
from django.urls import reverse

from jobs.webhooks.models import WebhookDelivery
from jobs.webhooks.services import endpoint_create, endpoint_test

pytestmark = pytest.mark.django_db
API = "/api/v1/webhooks"
LIMIT = 3
HTMX = {"HX-Request": "true"}
REFUSAL = f"at most {LIMIT} test and repeated events"
PLAIN_REFUSAL = f"The limit is {LIMIT} test and repeated events in this period."


@pytest.fixture(autouse=True)
def limited(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "webhook": f"{LIMIT}/min"}


@pytest.fixture
def hook(owner):
    return endpoint_create(user=owner, url="https://example.org/hook", events=["webhook.test"])


@pytest.fixture
def sent(hook):
    return endpoint_test(endpoint=hook)


@pytest.fixture
def ways(client_of, client, owner, hook, sent):
    """Each way to trigger a delivery, as a function that returns the response's status."""
    api = client_of(owner)
    client.force_login(owner)
    return {
        "api test": lambda: api.post(f"{API}/endpoints/{hook.id}/test").status_code,
        "api again": lambda: api.post(f"{API}/deliveries/{sent.id}/redeliver").status_code,
        "page test": lambda: client.post(f"/account/webhooks/{hook.id}/test").status_code,
        "page again": lambda: client.post(f"/account/webhooks/deliveries/{sent.id}/again").status_code,
    }


@pytest.mark.parametrize("way", ["api test", "api again", "page test", "page again"])
def test_each_way_has_an_end(ways, way, sent):
    assert all(ways[way]() in (200, 302) for _ in range(LIMIT))
    WebhookDelivery.objects.update(tries=4)
    count = WebhookDelivery.objects.count()
    assert ways[way]() == 429
    assert WebhookDelivery.objects.count() == count
    assert set(WebhookDelivery.objects.values_list("tries", flat=True)) == {4}


def test_all_ways_count_together(ways):
    answers = [ways[way]() for way in ("api test", "page again", "page test")]
    assert 429 not in answers
    assert [act() for act in ways.values()] == [429] * 4


def test_another_users_are_not_counted(ways, client_of, other):
    for _ in range(LIMIT + 1):
        ways["api test"]()
    theirs = endpoint_create(user=other, url="https://example.org/hook", events=["webhook.test"])
    assert client_of(other).post(f"{API}/endpoints/{theirs.id}/test").status_code == 200


def test_what_was_refused_is_told_in_a_sentence(ways, client, client_of, owner, hook, sent):
    for _ in range(LIMIT):
        ways["page test"]()
    assert PLAIN_REFUSAL in client.post(f"/account/webhooks/{hook.id}/test").content.decode()
    for path in (f"{hook.id}/test", f"deliveries/{sent.id}/again"):
        answer = client.post(f"/account/webhooks/{path}", headers=HTMX)
        assert answer.status_code == 200  # htmx shows only successful responses
        assert answer.content.decode().count(PLAIN_REFUSAL) == 1
    refused = client_of(owner).post(f"{API}/endpoints/{hook.id}/test")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert set(refused.json()) == {"detail", "code"}


def test_looking_and_pausing_are_not_counted(ways, client, hook):
    for _ in range(LIMIT + 2):
        assert client.get(f"/account/webhooks/{hook.id}/deliveries").status_code == 200
        assert client.post(f"/account/webhooks/{hook.id}/pause").status_code == 200
    assert ways["api test"]() == 200


def test_staff_who_send_again_are_counted_too(client, staff, sent):
    client.force_login(staff)
    page = reverse("admin:jobs_webhookdelivery_again", args=[sent.id])
    for _ in range(LIMIT):
        client.get(page)  # the confirmation page changes nothing and is not counted
        answer = client.post(page, {"confirmed": "yes"}, follow=True)
        assert "queued to be sent again" in answer.content.decode()
    WebhookDelivery.objects.update(tries=4)
    answer = client.post(page, {"confirmed": "yes"}, follow=True).content.decode()
    assert REFUSAL in answer
    assert WebhookDelivery.objects.get().tries == 4


def test_staff_who_send_many_again_have_each_event_counted(client, staff, hook, sent):
    deliveries = [sent, *(endpoint_test(endpoint=hook) for _ in range(LIMIT))]
    confirmed = {"action": "send_again", "confirmed": "yes"}
    client.force_login(staff)
    page = reverse("admin:jobs_webhookdelivery_changelist")
    answer = client.post(
        page, confirmed | {"_selected_action": [each.id for each in deliveries]}, follow=True
    ).content.decode()
    assert f"{LIMIT + 1} queued to be sent again" in answer
    answer = client.post(page, confirmed | {"_selected_action": [sent.id]}, follow=True).content.decode()
    assert REFUSAL in answer
