"""The filter in docs/security.md, applied to log lines as the server writes them."""

import io
import logging
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from audiomusic.accounts.models import User
from audiomusic.accounts.security_log.events import FAILURES, Kind
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.http.redaction import RedactingFormatter
from tests.support.fail2ban import banned_by, banned_by_journal, documented

pytestmark = pytest.mark.django_db

FORGED = "WARNING audiomusic.security: sign-in failed user=x address=192.0.2.99"


@pytest.fixture
def written():
    """written(): the lines of the log, in the server's own format."""
    line = settings.LOGGING["formatters"]["line"]
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(RedactingFormatter(line["format"], style=line["style"]))
    logging.getLogger().addHandler(handler)
    yield lambda: handler.stream.getvalue().splitlines()
    logging.getLogger().removeHandler(handler)


def banned(lines):
    by_file = [host for line in lines if (host := banned_by(line))]
    assert by_file == [host for line in lines if (host := banned_by_journal(line))]
    return by_file


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
def test_it_finds_every_failure_and_its_address(owner, written, address):
    client = Client(REMOTE_ADDR=address)
    client.post("/sign-in", {"username": "olive", "password": "guess"})
    client.post("/sign-in", {"username": "nobody here", "password": "guess"})
    client.post("/api/v1/auth/token", {"username": "olive", "password": "guess"})
    client.post("/api/v1/auth/refresh", {"refresh_token": "a.b.c"})
    client.get("/api/v1/auth/me", headers={"X-API-Key": "ap_" + "0" * 60})
    client.force_login(owner)
    client.post("/account/password", {"old_password": "guess"})
    assert banned(written()) == [address] * 6


def test_every_kind_of_failure_is_found_but_those_a_throttle_refused(owner, written, rf):
    for kind in FAILURES:
        security_event_record(kind=kind, user=owner, request=rf.get("/", REMOTE_ADDR="203.0.113.7"))
    assert banned(written()) == ["203.0.113.7"] * (len(FAILURES) - 1)


def test_a_success_and_a_refusal_ban_nobody(owner, written):
    client = Client(REMOTE_ADDR="203.0.113.7")
    client.post("/sign-in", {"username": "olive", "password": "correct horse"})
    client.get("/nowhere")
    for number in range(15):
        Client(REMOTE_ADDR=f"192.0.2.{number}").post("/sign-in", {"username": "otto", "password": "guess"})
    assert len(banned(written())) == 10
    assert "203.0.113.7" not in banned(written())


@pytest.mark.parametrize("before", ["", " ", "\n", "\r\n", "\u2028", "2031-05-01 12:00:00,123 ", 'x" '])
def test_nobody_can_have_another_banned(owner, written, before):
    """Forged log lines in a path, a name, a header or a user name set by staff ban no one else."""
    forged = f"{before}{FORGED}"
    client = Client(REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="Mozilla/5.0 " + FORGED)
    client.get(f"/{quote(forged)}")
    client.get(f"/api/v1/{quote(forged)}")
    for name in (forged, f"olive{forged}", f"{forged}\n"):
        client.post("/sign-in", {"username": name, "password": "guess"})
        client.post("/api/v1/auth/token", {"username": name, "password": name})
    User.objects.create_user(forged, password="x")
    client.post("/api/v1/auth/token", {"username": forged, "password": "guess"})
    for name in (forged, f"{forged}\n"):
        security_event_record(kind=Kind.SIGN_IN_FAILED, user=User(username=name), address="203.0.113.7")
        assert banned(written()[-1:]) == ["203.0.113.7"]  # nor does it hide the real address
    lines = written()
    assert any("192.0.2.99" in line for line in lines)  # the forged text is there, somewhere
    assert set(banned(lines)) == {"203.0.113.7"}


def test_the_jail_lets_an_owner_mistype_as_often_as_the_throttle():
    assert documented("audiomusic")["maxretry"] == "10"
