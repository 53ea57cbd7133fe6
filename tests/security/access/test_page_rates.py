"""How many pages a user may request, and the response beyond the limit."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def limit(settings):
    settings.PAGE_RATE = "3/min"


def pages(client, path="/account", count=4, **how):
    return [client.get(path, **how).status_code for _ in range(count)]


def test_one_too_many_is_refused_with_a_sentence(client, owner):
    client.force_login(owner)
    assert pages(client) == [200, 200, 200, 429]
    answer = client.get("/account")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    assert "Too many pages" in page and "Try again in" in page


def test_a_script_that_asked_for_a_part_gets_the_sentence_alone(client, owner):
    client.force_login(owner)
    assert pages(client, "/", headers={"HX-Request": "true"}) == [200, 200, 200, 429]
    answer = client.get("/", headers={"HX-Request": "true"})
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.decode().startswith("You requested too many pages. Try again in")
    assert answer["Retry-After"]


def test_each_user_is_counted_apart_wherever_they_are(owner, other):
    here, there, stranger = Client(), Client(REMOTE_ADDR="192.0.2.9"), Client()
    for client, user in ((here, owner), (there, owner), (stranger, other)):
        client.force_login(user)
    assert pages(here, count=2) + pages(there, count=2) == [200, 200, 200, 429]
    assert pages(stranger, count=1) == [200]


def test_visitors_are_counted_by_address(db):
    assert pages(Client(REMOTE_ADDR="192.0.2.7"), "/sign-in") == [200, 200, 200, 429]
    assert pages(Client(REMOTE_ADDR="192.0.2.8"), "/sign-in", count=1) == [200]


def test_visitors_of_one_ipv6_site_are_counted_together_too(db):
    seen = [
        Client(REMOTE_ADDR=f"2001:db8:1:{network:x}::7").get("/sign-in").status_code for network in range(7)
    ]
    assert seen == [200] * 6 + [429]
    assert pages(Client(REMOTE_ADDR="2001:db8:2::7"), "/sign-in", count=1) == [200]


@pytest.mark.parametrize(
    "path", ["/nothing-here", "/admin/", "/s/unknown", "/sign-up", "/api/docs", "/queue/state"]
)
def test_every_page_counts_what_it_may_answer(client, db, path):
    assert pages(client, path)[-1] == 429


@pytest.mark.parametrize(
    "path",
    [
        "/static/site/base.css",
        "/audio/x/y.flac",
        "/peaks/x",
        "/cover/x/y.jpg",
        "/s/x/1.flac",
        "/api/v1/auth/me",
        "/healthz",
    ],
)
def test_what_is_no_page_does_not_count(client, db, path):
    assert 429 not in pages(client, path, count=6)


def test_off_means_no_limit(client, db, settings):
    settings.PAGE_RATE = "off"
    assert pages(client, "/sign-in", count=6) == [200] * 6
