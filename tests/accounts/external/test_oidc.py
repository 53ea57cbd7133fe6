"""Sign-in through a real OpenID Connect provider, and every response that must not sign anyone in."""

import time
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from audiomusic.accounts.external import oidc
from audiomusic.accounts.external.models import ExternalIdentity
from audiomusic.accounts.factors.reauthentication import CONFIRMED_AT
from audiomusic.accounts.models import User
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, new_key, running_provider
from tests.support.totp import add_app, code_of

pytestmark = pytest.mark.django_db
START, CALLBACK = "/sign-in/oidc", "/sign-in/oidc/callback"


@pytest.fixture(scope="module")
def running():
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running, settings):
    """The provider of the settings; it behaves correctly unless a test changes it."""
    fresh = {name: value for name, value in vars(type(running)()).items() if name not in ("issuer", "key")}
    vars(running).update(fresh)
    settings.OIDC_ISSUER = running.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    settings.OIDC_NAME = "Example login"
    settings.OIDC_SIGN_UP = "on"
    oidc._client_of.cache_clear()
    return running


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *parts):
        return None


def visit_provider(address):
    """Visit the provider as a browser does; return the callback address."""
    opener = urllib.request.build_opener(NoRedirect)
    with pytest.raises(urllib.error.HTTPError) as sent_back:
        opener.open(address)
    back = urlsplit(sent_back.value.headers["Location"])
    assert back.path == CALLBACK
    return f"{back.path}?{back.query}"


def sign_in(client, next="", **changes):
    """Sign in through the provider; `changes` overrides callback parameters."""
    away = client.get(START, {"next": next})
    assert away.status_code == 302, away.content
    back = visit_provider(away["Location"])
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    return client.get(CALLBACK, query | changes)


def is_signed_in(client):
    return client.get("/account").status_code == 200


def is_refused(client, answer):
    return (
        answer.status_code == 400 and "Not signed in" in answer.content.decode() and not is_signed_in(client)
    )


def test_it_signs_in_and_goes_where_somebody_wanted_to_go(client, provider):
    answer = sign_in(client, next="/queue")
    assert (answer.status_code, answer["Location"]) == (302, "/queue")
    assert is_signed_in(client)
    user = User.objects.get()
    assert (user.username, user.email, user.has_usable_password()) == ("jane", "", False)
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_the_flow_has_state_nonce_and_pkce_and_they_differ_each_time(client, provider):
    for _ in range(2):
        sign_in(client)
        client.logout()
    first, second = provider.asked
    assert first["response_type"] == "code" and "openid" in first["scope"].split()
    assert first["redirect_uri"] == f"http://testserver{CALLBACK}"
    assert first["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name] and len(first[name]) >= 20


def test_the_same_person_has_the_same_account_whatever_they_are_called_now(client, provider):
    sign_in(client)
    provider.person = {"sub": provider.person["sub"], "preferred_username": "jane.married"}
    again = Client()
    assert sign_in(again)["Location"] == "/"
    assert User.objects.get().username == "jane"
    assert ExternalIdentity.objects.get().last_used_at is not None


def test_another_person_with_the_same_name_is_another_account(client, provider, owner):
    provider.person = {"sub": "x", "preferred_username": "olive"}
    sign_in(client)
    assert client.session["_auth_user_id"] != str(owner.pk)
    assert {*User.objects.values_list("username", flat=True)} == {"olive", "olive2"}


WRONG = {
    "nonce of another sign-in": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another-program"},
    "no audience": {"aud": None},
    "made for another program, by this one": {"aud": "another-program", "azp": CLIENT_ID},
    "another party": {"aud": [CLIENT_ID, "another"], "azp": "another"},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": int(time.time()) - 3600},
    "never expires": {"exp": None},
    "nobody": {"sub": None},
    "empty subject": {"sub": ""},
    "subject that is no text": {"sub": 5},
    "endless subject": {"sub": "x" * 256},
    "of the future": {"iat": int(time.time()) + 3600},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_a_token_with_wrong_claims_opens_nothing(client, provider, claims):
    provider.claims = claims
    assert is_refused(client, sign_in(client))
    assert not User.objects.exists()


def test_a_token_that_somebody_else_signed_opens_nothing(client, provider):
    provider.signing_key = new_key()
    assert is_refused(client, sign_in(client))


@pytest.mark.parametrize("are_named", [True, False], ids=["algorithms named", "not named"])
@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_nor_one_without_a_signature_or_with_the_public_key_as_a_secret(
    client, provider, algorithm, are_named
):
    provider.algorithm, provider.names_algorithms = algorithm, are_named
    assert is_refused(client, sign_in(client))


def test_nor_one_signed_by_an_algorithm_that_the_provider_does_not_name(client, provider):
    provider.algorithm = "RS512"
    assert is_refused(client, sign_in(client))


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 10_000])
def test_nor_garbage_nor_none(client, provider, token):
    provider.raw_token = token
    assert is_refused(client, sign_in(client))
    provider.leaves_out_id_token = True
    assert is_refused(client, sign_in(client))


@pytest.mark.parametrize("changes", [{"state": "another"}, {"state": ""}, {"code": "another"}, {"code": ""}])
def test_a_wrong_state_or_code_opens_nothing(client, provider, changes):
    assert is_refused(client, sign_in(client, **changes))


def test_what_came_back_counts_once_and_in_its_own_browser(client, provider):
    back = visit_provider(client.get(START)["Location"])
    assert is_refused(Client(), Client().get(back))
    thief = Client()
    thief.get(START)
    assert is_refused(thief, thief.get(back))
    assert client.get(back).status_code == 302
    client.logout()
    assert is_refused(client, client.get(back))


def test_a_refusal_of_the_provider_is_told(client, provider):
    client.get(START)
    answer = client.get(CALLBACK, {"error": "access_denied", "error_description": "<b>no"})
    assert is_refused(client, answer)
    assert "<b>no" not in answer.content.decode()


def test_a_provider_that_is_down_holds_nobody_up(client, provider):
    provider.is_down = True
    answer = client.get(START)
    assert answer.status_code == 400 and "failed" in answer.content.decode()
    provider.is_down = False
    assert sign_in(client).status_code == 302


def test_a_new_key_of_the_provider_is_found(client, provider):
    sign_in(client)
    client.logout()
    provider.key = new_key()
    assert sign_in(client).status_code == 302


def test_without_sign_up_strangers_are_told_what_to_do(client, provider, settings):
    settings.OIDC_SIGN_UP = "off"
    answer = sign_in(client)
    assert is_refused(client, answer)
    assert "You have no account here yet" in answer.content.decode()
    assert not User.objects.exists()


JANE = {"sub": "j", "email": "Olive@Example.org", "email_verified": True}


def test_a_verified_address_finds_the_account_where_that_is_allowed(client, provider, settings, owner):
    settings.OIDC_MATCH_EMAIL, settings.OIDC_SIGN_UP = "on", "off"
    provider.person = JANE
    assert sign_in(client).status_code == 302
    assert client.session["_auth_user_id"] == str(owner.pk)
    assert ExternalIdentity.objects.get().user == owner


@pytest.mark.parametrize("verified", [False, None, "true", "false", 1])
def test_an_address_that_nobody_verified_finds_none(client, provider, settings, owner, verified):
    settings.OIDC_MATCH_EMAIL, settings.OIDC_SIGN_UP = "on", "off"
    provider.person = JANE | {"email_verified": verified}
    assert is_refused(client, sign_in(client))


def test_nor_one_that_two_have_nor_where_it_is_not_allowed(client, provider, settings, owner):
    settings.OIDC_SIGN_UP = "off"
    provider.person = JANE
    assert is_refused(client, sign_in(client))
    settings.OIDC_MATCH_EMAIL = "on"
    User.objects.create_user("double", "olive@example.org")
    assert is_refused(client, sign_in(client))


def test_only_a_verified_address_is_kept(client, provider):
    provider.person = {"sub": "a", "email": "a@example.org", "email_verified": True}
    sign_in(client)
    provider.person = {"sub": "b", "email": "b@example.org"}
    sign_in(Client())
    assert [*User.objects.order_by("id").values_list("username", "email")] == [
        ("a", "a@example.org"), ("listener", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wished", "name"), [("a b/<c>", "abc"), ("", "listener"), ("x" * 300, "x" * 140), (7, "listener")]
)
def test_names_are_brought_into_shape(client, provider, wished, name):
    provider.person = {"sub": "x", "preferred_username": wished}
    sign_in(client)
    assert User.objects.get().username == name


def test_staff_follow_a_claim_where_the_settings_name_one(client, provider, settings):
    provider.claims = {"groups": ["music-staff", "others"]}
    sign_in(client)
    assert not User.objects.get().is_staff
    settings.OIDC_STAFF_CLAIM, settings.OIDC_STAFF_VALUES = "groups", ["music-staff"]
    for groups, is_staff in (
        (["music-staff"], True), (["others"], False), ("music-staff", True), (None, False), ([{}], False),
    ):  # fmt: skip
        provider.claims = {"groups": groups}
        sign_in(Client())
        assert User.objects.get().is_staff is is_staff


def test_a_superuser_stays_one_whatever_the_claim_says(client, provider, settings, staff):
    settings.OIDC_STAFF_CLAIM, settings.OIDC_STAFF_VALUES = "groups", ["music-staff"]
    ExternalIdentity.objects.create(user=staff, issuer=provider.issuer, subject=provider.person["sub"])
    sign_in(client)
    staff.refresh_from_db()
    assert staff.is_staff and staff.is_superuser


def test_an_account_that_is_shut_stays_shut(client, provider):
    sign_in(client)
    client.logout()
    User.objects.update(is_active=False)
    assert is_refused(client, sign_in(client))


def test_it_is_no_way_round_the_second_factor(client, provider, owner):
    app = add_app(owner)
    ExternalIdentity.objects.create(user=owner, issuer=provider.issuer, subject=provider.person["sub"])
    answer = sign_in(client, next="/queue")
    assert answer["Location"] == "/sign-in/factor"
    assert not is_signed_in(client)
    assert client.post("/sign-in/factor", {"code": code_of(app)})["Location"] == "/queue"


def test_an_account_is_connected_by_its_owner(client, provider, settings, owner):
    settings.OIDC_SIGN_UP = "off"
    client.force_login(owner)
    assert "Connect Example login" in client.get("/account").content.decode()
    assert sign_in(client)["Location"] == "/account"
    assert "Connected: you can sign in" in client.get("/account").content.decode()
    other = Client()
    assert sign_in(other).status_code == 302
    assert other.session["_auth_user_id"] == str(owner.pk)


def test_not_by_who_finds_the_browser_open_nor_to_a_second_account(client, provider, owner, other):
    client.force_login(owner)
    session = client.session
    session[CONFIRMED_AT] -= 3600
    session.save()
    answer = sign_in(client)
    assert answer.status_code == 400 and "recent sign-in" in answer.content.decode()
    assert not ExternalIdentity.objects.exists()
    ExternalIdentity.objects.create(user=other, issuer=provider.issuer, subject=provider.person["sub"])
    answer = sign_in(client)
    assert answer.status_code == 400 and "has another account here" in answer.content.decode()


def test_who_has_no_password_confirms_at_the_provider(client, provider):
    sign_in(client)
    session = client.session
    session[CONFIRMED_AT] -= 3600
    session.save()
    key = {"name": "x", "scope": "*", "days": "0"}
    asked = client.post("/account/keys", key).content.decode()
    assert "Sign in with Example login again" in asked and 'name="confirm_password"' not in asked
    assert client.post("/account/keys", key | {"confirm_password": "!"}).context["form"].errors
    provider.claims = {"auth_time": int(time.time()) - 3600}
    assert "did not ask you to sign in again" in sign_in(client).content.decode()
    assert client.post("/account/keys", key).context.get("token") is None
    provider.claims = {}
    assert sign_in(client, next="/account")["Location"] == "/account"
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
    assert client.post("/account/keys", key).context["token"]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_leads_to_no_other_site(client, provider, target):
    assert sign_in(client, next=target)["Location"] == "/"


def test_tries_are_counted_by_address(provider):
    seen = [Client().get(CALLBACK, {"state": "x", "code": "x"}).status_code for _ in range(61)]
    assert seen == [400] * 60 + [429]


def test_where_no_provider_is_configured_there_is_nothing(client, db):
    for address in (START, CALLBACK):
        assert client.get(address)["Location"] == "/sign-in"
    assert "/sign-in/oidc" not in client.get("/sign-in").content.decode()


def test_the_sign_in_page_has_a_button_with_its_name(client, provider):
    page = client.get("/sign-in?next=/queue")
    assert f'href="{START}?next=/queue">Sign in with Example login' in page.content.decode()


def test_behind_a_proxy_the_public_address_is_what_it_comes_back_to(client, provider, settings):
    settings.PUBLIC_URL = "https://music.example.org"
    client.get(START)
    away = parse_qs(urlsplit(client.get(START)["Location"]).query)
    assert away["redirect_uri"] == [f"https://music.example.org{CALLBACK}"]
