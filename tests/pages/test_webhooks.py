"""Webhooks on the account page: created, paused, tested, deleted, and their log."""

import re
from uuid import uuid4

import pytest

from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint
from jobs.webhooks.services import MAX_ENDPOINTS, endpoint_create, endpoint_test
from jobs.webhooks.signing import secret_of

HOOK = {"url": "https://robot.example.org/song", "events": ["job.completed", "job.failed"]}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def hook(owner):
    return endpoint_create(user=owner, **HOOK)


def path_of(hook, action):
    return f"/account/webhooks/{hook.id}/{action}"


def test_the_account_has_them(signed_in, hook, refused_by_policy):
    page = signed_in.get("/account")
    words = page.content.decode()
    assert ">Webhooks</h2>" in words
    assert HOOK["url"] in words
    assert "Called when a song is ready, failed" in words
    assert "csrfmiddlewaretoken" in words[words.index('id="webhooks"') :]
    assert refused_by_policy(page) == []


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_is_made_and_its_secret_shown_once(signed_in, owner, headers):
    answer = signed_in.post("/account/webhooks", HOOK, headers=headers)
    made = WebhookEndpoint.objects.get()
    assert (made.user, made.url, made.events, made.is_active) == (owner, HOOK["url"], HOOK["events"], True)
    assert secret_of(made) in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    for path in ("/account", "/account/webhooks"):
        page = signed_in.get(path).content.decode()
        assert HOOK["url"] in page
        assert secret_of(made) not in page


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"url": ""}, "url", "This field is required."),
        (
            {"url": "ftp://example.org"},
            "url",
            "Expected an http or https URL such as https://example.org/hook",
        ),
        ({"url": "http://127.0.0.1/hook"}, "url", "127.0.0.1 is a private address; expected a public one."),
        ({"events": ["job.eaten"]}, "events", "job.eaten is not one of the available choices"),
        ({"events": []}, "events", "This field is required."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(signed_in, wrong, field, sentence):
    answer = signed_in.post("/account/webhooks", HOOK | wrong)
    assert answer.status_code == 400
    errors = re.search(rf'id="id_{field}_error">(.*?)</ul>', answer.content.decode(), re.S)
    assert sentence in errors[1]
    assert signed_in.post("/account/webhooks", HOOK | wrong, headers=HTMX).status_code == 200
    assert not WebhookEndpoint.objects.exists()


def test_there_are_only_so_many(signed_in, owner):
    for _ in range(MAX_ENDPOINTS):
        endpoint_create(user=owner, **HOOK)
    answer = signed_in.post("/account/webhooks", HOOK)
    assert answer.status_code == 400
    assert "A user can have at most 20 endpoints." in answer.content.decode()


def test_it_is_paused_and_resumed(signed_in, hook):
    assert ">paused<" in signed_in.post(path_of(hook, "pause")).content.decode()
    hook.refresh_from_db()
    assert hook.is_active is False
    assert ">paused<" not in signed_in.post(path_of(hook, "resume")).content.decode()
    hook.refresh_from_db()
    assert hook.is_active is True


def test_it_is_deleted_with_its_log(signed_in, hook):
    endpoint_test(endpoint=hook)
    assert "No webhooks yet" in signed_in.post(path_of(hook, "delete")).content.decode()
    assert not WebhookDelivery.objects.exists()


def test_a_test_is_sent_and_its_log_lies_open(signed_in, hook):
    answer = signed_in.post(path_of(hook, "test"), headers=HTMX).content.decode()
    assert WebhookDelivery.objects.get().event_type == "webhook.test"
    assert ">In progress<" in answer
    assert '<details class="more" open>' in answer
    assert "load delay:1500ms" in answer  # it polls until the event has arrived


def test_the_log_says_how_each_call_went_and_sends_it_again(signed_in, hook):
    tried = {"at": "2026-01-01T00:00:00Z", "status_code": None, "error": "No answer came.", "duration_ms": 9}
    delivery = endpoint_test(endpoint=hook)
    WebhookDelivery.objects.filter(id=delivery.id).update(
        status="failed", tries=5, next_try_at=None, log=[tried]
    )
    page = signed_in.get(path_of(hook, "deliveries"), headers=HTMX).content.decode()
    assert ">Failed<" in page
    assert "No answer came." in page
    assert "load delay" not in page
    assert "last call: failed" in signed_in.get("/account").content.decode()
    again = f"/account/webhooks/deliveries/{delivery.id}/again"
    assert ">In progress<" in signed_in.post(again, headers=HTMX).content.decode()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries) == ("pending", 0)


def test_without_htmx_the_log_is_a_page(signed_in, hook):
    delivery = endpoint_test(endpoint=hook)
    answer = signed_in.post(f"/account/webhooks/deliveries/{delivery.id}/again", follow=True)
    assert answer.redirect_chain == [(path_of(hook, "deliveries"), 302)]
    assert ">In progress<" in answer.content.decode()


def test_nobody_touches_anothers(client, other, hook):
    delivery = endpoint_test(endpoint=hook)
    client.force_login(other)
    for action in ("pause", "test", "delete"):
        assert client.post(path_of(hook, action)).status_code == 404
    assert client.get(path_of(hook, "deliveries")).status_code == 404
    assert client.post(f"/account/webhooks/deliveries/{delivery.id}/again").status_code == 404
    assert hook.url not in client.get("/account/webhooks").content.decode()
    assert WebhookDelivery.objects.count() == 1


def test_there_are_only_four_actions(signed_in, hook):
    assert signed_in.post(path_of(hook, "eat")).status_code == 404
    assert signed_in.post(f"/account/webhooks/{uuid4()}/pause").status_code == 404
    assert signed_in.get(path_of(hook, "pause")).status_code == 405


def test_strangers_sign_in_first(client, db):
    assert client.get("/account/webhooks")["Location"] == "/sign-in?next=/account/webhooks"
