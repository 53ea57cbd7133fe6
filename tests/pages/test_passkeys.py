"""Passkeys, and what must not pass for one: other challenges, hosts, origins, devices and users."""

import json

import pytest
from django.test import Client

from audiomusic.accounts.factors import passkeys
from audiomusic.accounts.factors.models import Passkey
from audiomusic.accounts.factors.reauthentication import CONFIRMED_AT, FACTOR_AT
from audiomusic.accounts.factors.services import has_factor
from audiomusic.accounts.models import ApiKey, User
from tests.support.authenticator import PRESENT, VERIFIED, Authenticator

ADD = "/account/factors/passkey"
KEY = {"name": "laptop", "scope": "*", "days": "0"}
GARBAGE = ["", "{", "null", "[]", "{}", '{"id": 1}', '{"rawId": "!", "response": {}}', "x" * 30_000]


def options(client, address, **headers):
    answer = client.post(f"{address}/options", headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def register(client, device, name="Laptop", **changes):
    answer = device.create(options(client, ADD), **changes)
    return client.post(ADD, {"name": name, "passkey": answer})


@pytest.fixture
def device():
    return Authenticator()


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def added(signed_in, device):
    """A signed-out browser of a user with a passkey."""
    assert register(signed_in, device).status_code == 200
    return Client()


def is_signed_in(client):
    return client.get("/account").status_code == 200


def second_step(client, device, **changes):
    client.post("/sign-in", {"username": "olive", "password": "correct horse"})
    answer = device.use(options(client, "/sign-in/factor"), **changes)
    return client.post("/sign-in/factor", {"passkey": answer})


def alone(client, device, next="", **changes):
    answer = device.use(options(client, "/sign-in/passkey"), **changes)
    return client.post("/sign-in/passkey", {"passkey": answer, "next": next})


def test_it_is_added_with_recovery_codes(signed_in, device, owner):
    answer = register(signed_in, device)
    assert "Recovery codes" in answer.content.decode()
    passkey = Passkey.objects.get(user=owner)
    assert (passkey.name, passkey.attested.credential_id) == ("Laptop", device.credential_id)
    assert has_factor(owner)


def test_the_page_keeps_to_the_policy(signed_in, refused_by_policy):
    page = signed_in.get(ADD)
    assert refused_by_policy(page) == []
    assert "passkeys.js" in page.content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"challenge": "AAAAAAAAAAAAAAAAAAAAAA"}, {"origin": "https://evil.example"},
        {"origin": "http://testserver:81"}, {"origin": "http://sub.testserver"}, {"type": "webauthn.get"},
    ],
)  # fmt: skip
def test_what_was_made_for_something_else_is_not_added(signed_in, device, changes):
    answer = register(signed_in, device, **changes)
    assert answer.status_code == 400
    assert not Passkey.objects.exists()


def test_a_device_for_another_host_is_not_added(signed_in):
    assert register(signed_in, Authenticator(host="evil.example")).status_code == 400


@pytest.mark.parametrize("answer", GARBAGE)
def test_garbage_is_not_added(signed_in, answer):
    options(signed_in, ADD)
    assert signed_in.post(ADD, {"name": "x", "passkey": answer}).status_code == 400


def test_a_challenge_counts_once(signed_in, device):
    answer = device.create(options(signed_in, ADD))
    assert signed_in.post(ADD, {"name": "x", "passkey": answer}).status_code == 200
    Passkey.objects.all().delete()
    assert signed_in.post(ADD, {"name": "x", "passkey": answer}).status_code == 400


def test_a_challenge_grows_old(signed_in, device, monkeypatch):
    answer = device.create(options(signed_in, ADD))
    late = passkeys.time.time() + passkeys.CHALLENGE_S + 1
    monkeypatch.setattr(passkeys.time, "time", lambda: late)
    assert signed_in.post(ADD, {"name": "x", "passkey": answer}).status_code != 200


def test_a_device_is_not_added_to_two_accounts(added, device, other):
    added.force_login(other)
    assert register(added, device).status_code == 400


def test_it_is_the_second_step(added, device):
    answer = second_step(added, device)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_signed_in(added)
    assert FACTOR_AT in added.session


def test_it_signs_in_alone_and_goes_where_somebody_wanted_to_go(added, device):
    assert "Use a passkey" in added.get("/sign-in").content.decode()
    assert alone(added, device, next="/queue")["Location"] == "/queue"
    assert is_signed_in(added)
    assert FACTOR_AT in added.session


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_leads_to_no_other_site(added, device, target):
    assert alone(added, device, next=target)["Location"] == "/"


def test_the_page_to_sign_in_offers_it_without_asking_the_database(client):
    assert "Use a passkey" in client.get("/sign-in").content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"challenge": "AAAAAAAAAAAAAAAAAAAAAA"}, {"origin": "https://evil.example"},
        {"origin": "http://testserver:81"}, {"type": "webauthn.create"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", [second_step, alone])
def test_what_was_signed_for_something_else_opens_nothing(added, device, way, changes):
    assert way(added, device, **changes).status_code == 200
    assert not is_signed_in(added)


@pytest.mark.parametrize("way", [second_step, alone])
def test_nor_does_another_key_another_host_or_nobody_present(added, device, way, other):
    impostor = Authenticator(credential_id=device.credential_id, user_handle=device.user_handle)
    elsewhere = Authenticator(host="evil.example", key=device.key, credential_id=device.credential_id)
    absent = Authenticator(flags=0, key=device.key, credential_id=device.credential_id)
    unknown = Authenticator()
    for each in (impostor, elsewhere, absent, unknown):
        assert way(added, each).status_code == 200
        assert not is_signed_in(added)
    assert way(added, device).status_code == 302


@pytest.mark.parametrize("answer", GARBAGE)
def test_garbage_opens_nothing(added, answer):
    added.post("/sign-in", {"username": "olive", "password": "correct horse"})
    for address in ("/sign-in/factor", "/sign-in/passkey"):
        options(added, address)
        assert added.post(address, {"passkey": answer}).status_code == 200
    assert not is_signed_in(added)


def test_a_device_that_does_not_know_its_owner_is_a_second_factor_only(added, device):
    device.flags = PRESENT
    assert alone(added, device).status_code == 200
    assert not is_signed_in(added)
    assert second_step(added, device).status_code == 302


def test_a_signature_counts_once(added, device):
    answer = device.use(options(added, "/sign-in/passkey"))
    assert added.post("/sign-in/passkey", {"passkey": answer}).status_code == 302
    for again in (added, Client()):
        again.logout()
        assert again.post("/sign-in/passkey", {"passkey": answer}).status_code == 200
        assert not is_signed_in(again)


def test_a_challenge_of_one_session_is_none_of_anothers(added, device):
    thief = Client()
    options(thief, "/sign-in/passkey")
    answer = device.use(options(added, "/sign-in/passkey"))
    assert thief.post("/sign-in/passkey", {"passkey": answer}).status_code == 200
    assert not is_signed_in(thief)


def test_what_was_signed_as_a_second_step_does_not_sign_in_alone(added, device):
    added.post("/sign-in", {"username": "olive", "password": "correct horse"})
    device.flags = PRESENT
    answer = device.use(options(added, "/sign-in/factor"))
    assert added.post("/sign-in/passkey", {"passkey": answer}).status_code == 200
    assert not is_signed_in(added)


def test_anothers_passkey_is_not_my_second_step(added, device, other):
    browser = Client()
    browser.post("/sign-in", {"username": "olive", "password": "correct horse"})
    theirs = Authenticator()
    elsewhere = Client()
    elsewhere.force_login(other)
    register(elsewhere, theirs)
    answer = theirs.use(options(browser, "/sign-in/factor"))
    assert browser.post("/sign-in/factor", {"passkey": answer}).status_code == 200
    assert not is_signed_in(browser)


def test_a_handle_of_somebody_else_is_refused(added, device, other):
    device.user_handle = "OTk5"
    assert alone(added, device).status_code == 200
    assert not is_signed_in(added)


def test_a_counter_that_did_not_grow_is_a_copy(added, device):
    device.counter = 5
    assert second_step(added, device).status_code == 302
    for counter in (5, 4, 0):
        device.counter = counter
        browser = Client()
        assert second_step(browser, device).status_code == 200
        assert not is_signed_in(browser)
    device.counter = 6
    assert second_step(Client(), device).status_code == 302


def test_a_shut_account_stays_shut(added, device):
    answer = device.use(options(added, "/sign-in/passkey"))
    User.objects.update(is_active=False)
    assert added.post("/sign-in/passkey", {"passkey": answer}).status_code == 200
    assert not is_signed_in(added)


def test_a_removed_passkey_opens_nothing(added, device, signed_in):
    passkey = Passkey.objects.get()
    signed_in.post(f"/account/factors/passkey/{passkey.pk}/remove")
    assert alone(added, device).status_code == 200
    assert not is_signed_in(added)


def test_it_confirms_who_is_there(added, device):
    second_step(added, device)
    session = added.session
    session[CONFIRMED_AT] -= 3600
    session.save()
    asked = added.post("/account/keys", KEY)
    assert "Use a passkey" in asked.content.decode()
    wrong = Authenticator(credential_id=device.credential_id)
    for each, makes_one in ((wrong, False), (device, True)):
        answer = each.use(options(added, "/account/confirm"))
        added.post("/account/keys", KEY | {"confirm_passkey": answer})
        assert ApiKey.objects.exists() is makes_one


def test_the_options_name_the_host_and_the_device(added, device):
    asked = options(added, "/sign-in/passkey")["publicKey"]
    assert asked["rpId"] == "testserver"
    assert asked["userVerification"] == "required"
    assert not asked.get("allowCredentials")
    added.post("/sign-in", {"username": "olive", "password": "correct horse"})
    asked = options(added, "/sign-in/factor")["publicKey"]
    assert len(asked["allowCredentials"]) == 1


def test_nobody_is_told_of_anybodys_devices(added):
    assert Client().post("/sign-in/factor/options").status_code == 404
    assert "Location" in Client().post("/account/confirm/options").headers


def test_a_stranger_can_ask_for_many_challenges_in_no_time(db):
    browser = Client()
    seen = [browser.post("/sign-in/passkey/options").status_code for _ in range(61)]
    assert seen == [200] * 60 + [429]


def test_verified_is_said_by_the_device(added, device):
    """The flag is signed: setting it on the way breaks the signature."""
    device.flags = PRESENT
    answer = json.loads(device.use(options(added, "/sign-in/passkey")))
    device.flags = PRESENT | VERIFIED
    answer["response"]["authenticatorData"] = json.loads(device.use({"publicKey": {"challenge": "x"}}))[
        "response"
    ]["authenticatorData"]
    assert added.post("/sign-in/passkey", {"passkey": json.dumps(answer)}).status_code == 200
    assert not is_signed_in(added)
