import pytest

from audiomusic.accounts.models import User

GOOD = {"username": "nora", "email": "", "password1": "velvet-groove-77", "password2": "velvet-groove-77"}


def test_it_makes_an_account_and_signs_in(client, db):
    response = client.post("/sign-up", GOOD)
    user = User.objects.get(username="nora")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.id)
    assert user.check_password("velvet-groove-77")
    assert not user.is_staff


def test_it_shows_the_form(client, db, refused_by_policy):
    response = client.get("/sign-up")
    assert "<h1>Create an account</h1>" in response.content.decode()
    assert refused_by_policy(response) == []


def test_it_goes_where_somebody_wanted_to_go(client, db):
    assert client.post("/sign-up", GOOD | {"next": "/?song=3"})["Location"] == "/?song=3"


def test_it_never_goes_to_another_site(client, db):
    assert client.post("/sign-up", GOOD | {"next": "https://evil.example/"})["Location"] == "/"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"username": "olive"}, "A user with that username already exists."),
        ({"username": "OLIVE"}, "A user with that username already exists."),
        ({"username": "two words"}, "Enter a valid username."),
        ({"email": "nowhere"}, "Enter a valid email address."),
        ({"password2": "velvet-groove-78"}, "The two password fields didn’t match."),
        ({"password1": "12345678", "password2": "12345678"}, "This password is entirely numeric."),
    ],
)
def test_it_says_what_is_wrong(client, owner, changes, sentence):
    response = client.post("/sign-up", GOOD | changes)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert User.objects.count() == 1


def test_nobody_makes_themselves_staff(client, db):
    client.post("/sign-up", GOOD | {"is_staff": "on", "is_superuser": "on"})
    user = User.objects.get(username="nora")
    assert not user.is_staff
    assert not user.is_superuser


def test_it_refuses_where_sign_up_is_closed(client, db, settings, refused_by_policy):
    settings.SIGN_UP = "closed"
    for response in (client.get("/sign-up"), client.post("/sign-up", GOOD)):
        assert response.status_code == 403
        assert "Sign-up is closed" in response.content.decode()
        assert refused_by_policy(response) == []
    assert not User.objects.exists()


def test_it_sends_the_signed_in_home(client, owner):
    client.force_login(owner)
    assert client.get("/sign-up")["Location"] == "/"
