import pytest
from django.test import Client

PASSWORD = "correct horse"


def sign_in(client, **changes):
    return client.post("/sign-in", {"username": "olive", "password": PASSWORD} | changes)


def test_it_signs_in_and_goes_home(client, owner):
    response = sign_in(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(owner.id)


def test_it_shows_the_form(client, db, refused_by_policy):
    response = client.get("/sign-in")
    assert response.status_code == 200
    assert "<h1>Sign in</h1>" in response.content.decode()
    assert refused_by_policy(response) == []


def test_it_goes_where_somebody_wanted_to_go(client, owner):
    assert sign_in(client, next="/?song=3")["Location"] == "/?song=3"


def test_it_keeps_next_in_the_form_and_in_the_link_to_sign_up(client, db):
    page = client.get("/sign-in?next=/%3Fa=1%26b=2").content.decode()
    assert '<input type="hidden" name="next" value="/?a=1&amp;b=2">' in page
    assert 'href="/sign-up?next=/%3Fa%3D1%26b%3D2"' in page


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_never_goes_to_another_site(client, owner, target):
    assert sign_in(client, next=target)["Location"] == "/"


def test_it_refuses_a_wrong_password(client, owner):
    response = sign_in(client, password="wrong")
    assert response.status_code == 200
    assert "Please enter a correct username and password" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_it_escapes_what_was_typed(client, owner):
    page = sign_in(client, username='"><script>alert(1)</script>', password="x").content.decode()
    assert "<script>alert(1)" not in page
    assert "&quot;&gt;&lt;script&gt;" in page


def test_it_sends_the_signed_in_home(client, owner):
    client.force_login(owner)
    assert client.get("/sign-in")["Location"] == "/"


def test_it_refuses_a_form_without_its_token(owner):
    response = sign_in(Client(enforce_csrf_checks=True))
    assert response.status_code == 403
    assert "The form has expired" in response.content.decode()


def test_it_hides_sign_up_where_that_is_closed(client, db, settings):
    settings.SIGN_UP = "closed"
    assert "/sign-up" not in client.get("/sign-in").content.decode()


def test_it_signs_out(client, owner):
    client.force_login(owner)
    response = client.post("/sign-out")
    assert (response.status_code, response["Location"]) == (302, "/sign-in")
    assert "_auth_user_id" not in client.session


def test_a_link_cannot_sign_out(client, owner):
    client.force_login(owner)
    assert client.get("/sign-out").status_code == 405
    assert "_auth_user_id" in client.session
