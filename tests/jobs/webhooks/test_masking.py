"""Users who may not choose where events go see only the host: in the API, the admin, logs and searches."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from rest_framework.test import APIClient

from audiomusic.accounts.groups import OPERATORS, READ_ONLY
from audiomusic.accounts.models import User
from audiomusic.accounts.services import key_create
from audiomusic.http.safe_http import masked_url
from jobs.services import job_cancel
from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint
from jobs.webhooks.services import endpoint_create, endpoint_test

pytestmark = pytest.mark.django_db
API = "/api/v1/webhooks"
SECRET = "T0000-xyz"
URL = f"https://hooks.example.org/services/{SECRET}?token={SECRET}"
SAID = f"Expected 200 to 299, but 404 came: Cannot POST /services/{SECRET}"
BROKEN = f"The connection broke off: /services/{SECRET}."


def told(error, status_code):
    return {"at": "2026-01-01T00:00:00Z", "status_code": status_code, "error": error, "duration_ms": 9}


@pytest.fixture
def hook(owner):
    return endpoint_create(user=owner, url=URL, events=["job.cancelled", "webhook.test"])


@pytest.fixture
def tried(hook):
    """A delivery whose receiver repeated the path of the call in its response."""
    delivery = endpoint_test(endpoint=hook)
    WebhookDelivery.objects.update(log=[told(BROKEN, None), told(SAID, 404)], status="failed")
    return delivery


def with_key(owner, *scopes):
    client = APIClient()
    client.credentials(HTTP_X_API_KEY=key_create(user=owner, name="k", scopes=scopes)[1])
    return client


def reads(client, hook):
    for path in ("endpoints", f"endpoints/{hook.id}", f"endpoints/{hook.id}/deliveries"):
        answer = client.get(f"{API}/{path}")
        assert answer.status_code == 200
        yield answer.content.decode()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "https://hooks.example.org/…"),
        ("http://10.0.0.1:8080/x", "http://10.0.0.1:8080/…"),
        ("https://example.org?x=1", "https://example.org/…"),
        ("https://example.org/#x", "https://example.org/…"),
        ("https://name:word@example.org/", "https://example.org/"),
        ("https://example.org", "https://example.org/"),
        ("https://[::1", "…"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/…"),
        ("nonsense", "…"),
    ],
)
def test_the_host_is_kept(url, shown):
    assert masked_url(url) == shown


@pytest.mark.parametrize("scopes", [("music:read",), ("music:read", "music:generate")])
def test_a_key_that_may_not_say_where_events_go_sees_the_host_alone(owner, hook, tried, scopes):
    words = list(reads(with_key(owner, *scopes), hook))
    assert not [text for text in words if SECRET in text]
    assert "https://hooks.example.org/…" in words[0]
    assert "Expected a status from 200 to 299, got 404." in words[2]


def test_a_key_that_sends_a_test_or_an_event_again_learns_no_more(owner, hook, tried):
    client = with_key(owner, "music:generate")
    again = client.post(f"{API}/deliveries/{tried.id}/redeliver")
    tested = client.post(f"{API}/endpoints/{hook.id}/test")
    assert (again.status_code, tested.status_code) == (200, 200)
    assert SECRET not in again.content.decode() + tested.content.decode()


@pytest.mark.parametrize("how", ["session", "key"])
def test_the_owner_sees_all(owner, hook, tried, client_of, how):
    client = client_of(owner) if how == "session" else with_key(owner, "*")
    assert all(SECRET in text for text in reads(client, hook))


@pytest.fixture
def staff_of(client):
    """staff_of(group): a browser signed in as a member of that group."""

    def sign_in(group):
        user = User.objects.create_user("rita", is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def pages(hook, tried, make_job):
    """The admin's pages that show the endpoint."""
    job = make_job()
    job_cancel(job=job)
    WebhookDelivery.objects.update(log=[told(SAID, 404)])
    return [
        reverse("admin:jobs_webhookendpoint_changelist"),
        reverse("admin:jobs_webhookendpoint_change", args=[hook.id]),
        reverse("admin:jobs_webhookendpoint_history", args=[hook.id]),
        reverse("admin:jobs_webhookdelivery_changelist"),
        reverse("admin:jobs_webhookdelivery_change", args=[tried.id]),
        reverse("admin:jobs_webhookdelivery_history", args=[tried.id]),
        reverse("admin:jobs_job_change", args=[job.id]),
    ]


def test_read_only_staff_see_the_host_alone(staff_of, pages):
    site = staff_of(READ_ONLY)
    for page in pages:
        answer = site.get(page)
        assert answer.status_code == 200, page
        assert SECRET not in answer.content.decode(), page
    assert "https://hooks.example.org/…" in site.get(pages[0]).content.decode()


def test_operators_see_all(staff_of, pages):
    site = staff_of(OPERATORS)
    for page in (pages[0], pages[1], pages[3], pages[4], pages[6]):
        assert SECRET in site.get(page).content.decode(), page


@pytest.mark.parametrize("query", ["q", "url__startswith", "url__contains", "url", "salt__startswith"])
def test_an_address_is_not_found_out_by_searching(staff_of, hook, query):
    site = staff_of(READ_ONLY)
    asked = (
        hook.salt[:3] if query.startswith("salt") else URL if query in ("url", "url__startswith") else SECRET
    )
    listed = site.get(reverse("admin:jobs_webhookendpoint_changelist"), {query: asked})
    shown = listed.context["cl"].result_count if listed.status_code == 200 and listed.context else None
    assert shown in (None, 0)


def test_nor_by_way_of_its_deliveries(staff_of, tried):
    listed = staff_of(READ_ONLY).get(
        reverse("admin:jobs_webhookdelivery_changelist"), {"endpoint__url__contains": SECRET}
    )
    assert listed.status_code in (302, 400)


def test_its_name_in_the_admins_log_is_masked(hook):
    assert SECRET not in str(WebhookEndpoint.objects.get())
