"""/api/v1/webhooks/endpoints"""

import uuid

import pytest
from rest_framework.test import APIClient

from audiomusic.accounts.services import key_create
from jobs.webhooks.models import WebhookEndpoint
from jobs.webhooks.services import MAX_ENDPOINTS, endpoint_create

pytestmark = pytest.mark.django_db
URL = "/api/v1/webhooks/endpoints"
HOOK = "https://example.org/hooks/music"


@pytest.fixture
def api(client_of, owner):
    return client_of(owner)


@pytest.fixture
def keyed():
    def make(user, *scopes):
        client = APIClient()
        client.credentials(HTTP_X_API_KEY=key_create(user=user, name="test", scopes=scopes)[1])
        return client

    return make


@pytest.fixture
def theirs(other):
    return endpoint_create(user=other, url=HOOK, events=["job.failed"])


def make(user):
    return endpoint_create(user=user, url=HOOK, events=["job.failed"])


def test_it_is_made_and_its_secret_shown_once(api):
    answer = api.post(URL, {"url": HOOK, "events": ["job.completed", "job.failed"], "description": "mine"})
    assert answer.status_code == 201
    body = answer.json()
    assert body.pop("secret").startswith("whsec_")
    assert (body["url"], body["active"], body["description"]) == (HOOK, True, "mine")
    assert body["events"] == ["job.completed", "job.failed"]
    assert api.get(URL).json() == [body]
    assert api.get(f"{URL}/{body['id']}").json() == body


def test_the_secret_is_not_in_the_database(api):
    secret = api.post(URL, {"url": HOOK}).json()["secret"]
    assert secret.removeprefix("whsec_") not in str(WebhookEndpoint.objects.values().get())


def test_each_endpoint_has_a_secret_of_its_own(api):
    assert len({api.post(URL, {"url": HOOK}).json()["secret"] for _ in range(3)}) == 3


def test_without_a_choice_it_hears_of_everything(api):
    events = api.post(URL, {"url": HOOK}).json()["events"]
    assert events == ["job.completed", "job.failed", "job.cancelled", "webhook.test"]


def test_it_changes_what_is_named(api, owner):
    endpoint = make(owner)
    answer = api.patch(f"{URL}/{endpoint.id}", {"active": False, "events": ["job.failed", "job.failed"]})
    assert answer.status_code == 200
    assert (answer.json()["active"], answer.json()["events"]) == (False, ["job.failed"])
    assert answer.json()["url"] == HOOK
    assert api.patch(f"{URL}/{endpoint.id}", {"url": HOOK + "2"}).json()["active"] is False


def test_it_is_deleted(api, owner):
    endpoint = make(owner)
    assert api.delete(f"{URL}/{endpoint.id}").status_code == 204
    assert api.get(f"{URL}/{endpoint.id}").status_code == 404


def test_there_is_an_end_to_their_number(api, owner):
    for _ in range(MAX_ENDPOINTS):
        make(owner)
    answer = api.post(URL, {"url": HOOK})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_endpoints")


@pytest.mark.parametrize("leaf", ["", "/test", "/deliveries"])
@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_anothers_does_not_exist(api, theirs, method, leaf):
    allowed = {"": ("get", "patch", "delete"), "/test": ("post",), "/deliveries": ("get",)}
    for endpoint_id in (theirs.id, uuid.uuid4()):
        answer = getattr(api, method)(f"{URL}/{endpoint_id}{leaf}")
        assert answer.status_code == (404 if method in allowed[leaf] else 405)
    theirs.refresh_from_db()
    assert theirs.is_active and not theirs.deliveries.exists()
    assert api.get(URL).json() == []


def test_without_credentials_it_is_401(theirs):
    for answer in (APIClient().get(URL), APIClient().post(f"{URL}/{theirs.id}/test")):
        assert answer.status_code == 401


def test_only_a_key_with_every_scope_says_where_events_go(keyed, owner):
    endpoint, client = make(owner), keyed(owner, "music:read", "music:generate")
    assert client.get(URL).status_code == 200
    assert client.post(f"{URL}/{endpoint.id}/test").status_code == 200
    for answer in (
        client.post(URL, {"url": HOOK}),
        client.patch(f"{URL}/{endpoint.id}", {"url": HOOK}),
        client.delete(f"{URL}/{endpoint.id}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert keyed(owner, "music:read").post(f"{URL}/{endpoint.id}/test").status_code == 403
    assert keyed(owner, "*").post(URL, {"url": HOOK}).status_code == 201


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "https://",
        "example.org",
        "https://user:secret@example.org/",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://exa mple.org/",
        "https://example.org/\r\nX-Evil: 1",
        "https://example.org\\@10.0.0.1/",
        "https://exämple.org/",
        "https://[::1/",
        "https://example.org/" + "x" * 2000,
        7,
        None,
        "",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://168.63.129.16/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
    ],
)
def test_a_url_that_is_not_to_be_called_is_400(api, url):
    answer = api.post(URL, {"url": url})
    assert answer.status_code == 400
    assert "url" in answer.json()["errors"]
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("url", ["https://93.184.215.14/", "http://[2606:4700::1111]:8080/a?b=c", HOOK])
def test_a_public_address_will_do(api, url):
    assert api.post(URL, {"url": url}).json()["url"] == url


def test_where_the_operator_says_so_a_private_address_will_do(api, settings):
    settings.WEBHOOK_PRIVATE = True
    assert api.post(URL, {"url": "http://127.0.0.1:9000/"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": HOOK, "events": []}, "events"),
        ({"url": HOOK, "events": ["job.eaten"]}, "events"),
        ({"url": HOOK, "events": "job.failed"}, "events"),
        ({"url": HOOK, "active": "yes"}, "active"),
        ({"url": HOOK, "description": "x" * 201}, "description"),
        ({"url": HOOK, "description": 5}, "description"),
        ([], "non_field_errors"),
    ],
)
def test_a_wrong_wish_is_400(api, body, field):
    answer = api.post(URL, body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
