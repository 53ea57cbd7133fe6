"""An endpoint's secret stays the same when the server's key is rotated, and cannot be guessed."""

import pytest
from django.conf import settings

from jobs.integrity import webhook_problems
from jobs.webhooks.models import EventType, WebhookDelivery, WebhookEndpoint
from jobs.webhooks.sending import delivery_claim, delivery_send
from jobs.webhooks.services import (
    endpoint_create,
    endpoint_test,
    endpoints_losing_secrets,
    endpoints_remember_key,
)
from jobs.webhooks.signing import SecretLost, key_id, secret_of

OLD, NEW, NEWEST = "o" * 50, "n" * 50, "z" * 50


@pytest.fixture
def endpoint(owner, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    return endpoint_create(user=owner, url="https://a.example/", events=[EventType.COMPLETED])


def test_it_remembers_the_key_and_keeps_its_secret(endpoint, settings):
    secret = secret_of(endpoint)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEWEST, [NEW, OLD]
    assert secret_of(WebhookEndpoint.objects.get()) == secret
    assert OLD[:8] not in endpoint.secret_key_id == key_id(OLD)


def test_one_that_is_made_after_a_rotation_has_a_secret_of_the_new_key(endpoint, owner, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    later = endpoint_create(user=owner, url="https://b.example/", events=[])
    secret = secret_of(later)
    settings.SECRET_KEY_FALLBACKS = []
    assert secret_of(later) == secret


def test_one_that_remembers_no_key_is_of_the_oldest(endpoint, settings):
    secret = secret_of(endpoint)
    WebhookEndpoint.objects.update(secret_key_id="")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert secret_of(WebhookEndpoint.objects.get()) == secret
    assert endpoints_remember_key() == 1
    assert WebhookEndpoint.objects.get().secret_key_id == key_id(OLD)
    assert endpoints_remember_key() == 0


def test_without_its_key_nothing_is_signed_nor_sent(endpoint, settings, monkeypatch):
    endpoint_test(endpoint=endpoint)
    settings.SECRET_KEY = NEW
    with pytest.raises(SecretLost):
        secret_of(endpoint)
    monkeypatch.setattr("jobs.webhooks.sending.post", lambda *args, **options: pytest.fail("it was sent"))
    assert not delivery_send(delivery=delivery_claim())
    [entry] = WebhookDelivery.objects.get().log
    assert entry["status_code"] is None and "again" in entry["error"]


def test_who_would_lose_a_secret_is_known_before(endpoint, owner, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    endpoint_create(user=owner, url="https://b.example/", events=[])
    assert endpoints_losing_secrets() == [endpoint]


def test_the_doctor_names_one_that_lost_its_secret(endpoint, settings):
    assert webhook_problems() == []
    settings.SECRET_KEY = NEW
    [problem] = webhook_problems()
    assert "https://a.example/" in problem


def test_no_key_can_be_told_from_its_id():
    assert len(key_id(settings.SECRET_KEY)) == 16
    assert key_id(OLD) != key_id(NEW)
