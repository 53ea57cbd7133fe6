"""Another secret key: what the old one signed goes on working until it is dropped, in real processes."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from audiomusic.devtools.scratch_server import ROOT

SETUP = "import json, sys, django; django.setup()\n"
#: Signs one of each and prints them.
SIGN = (
    SETUP
    + """
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from rest_framework_simplejwt.tokens import RefreshToken
from audiomusic.accounts.models import User
from jobs.storage.links import make_token
from jobs.webhooks.models import EventType
from jobs.webhooks.services import endpoint_create
from jobs.webhooks.signing import secret_of

user = User.objects.create(username=sys.argv[1])
browser = Client()
browser.force_login(user)
refresh = RefreshToken.for_user(user)
endpoint = endpoint_create(user=user, url=f"https://{user}.example/", events=[EventType.COMPLETED])
print(json.dumps({
    "user": user.username,
    "session": browser.cookies["sessionid"].value,
    "link": make_token(1, 1, "mp3"),
    "refresh": str(refresh),
    "access": str(refresh.access_token),
    "reset": default_token_generator.make_token(user),
    "endpoint": [str(endpoint.id), secret_of(endpoint)],
}))
"""
)
#: Says of each whether it still works.
READ = (
    SETUP
    + """
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from audiomusic.accounts.models import User
from jobs.storage.links import LinkInvalid, read_token
from jobs.webhooks.models import WebhookEndpoint
from jobs.webhooks.signing import SecretLost, secret_of

def works(call, *errors):
    try:
        return bool(call())
    except errors:
        return False

signed = json.load(sys.stdin)
browser = Client(SERVER_NAME="localhost")
browser.cookies["sessionid"] = signed["session"]
endpoint = WebhookEndpoint.objects.get(id=signed["endpoint"][0])
is_signed_in = browser.get("/api/v1/auth/me").status_code == 200
print(json.dumps({
    "cookie": browser.cookies["sessionid"].value,
    "session": is_signed_in,
    "link": works(lambda: read_token(signed["link"]), LinkInvalid),
    "refresh": works(lambda: RefreshToken(signed["refresh"]), TokenError),
    "access": works(lambda: AccessToken(signed["access"]), TokenError),
    "reset": default_token_generator.check_token(User.objects.get(username=signed["user"]), signed["reset"]),
    "endpoint": works(lambda: secret_of(endpoint) == signed["endpoint"][1], SecretLost),
}))
"""
)
EVERYTHING = {"session", "link", "refresh", "access", "reset", "endpoint"}


class Place:
    """A data folder of its own, and processes on it."""

    def __init__(self, folder, **environment):
        self.folder = folder
        inherited = {n: v for n, v in os.environ.items() if not n.startswith("AUDIOMUSIC_")}
        inherited["DATABASE_URL"] = f"sqlite:///{folder / 'audiomusic.sqlite3'}"
        self.environment = inherited | {
            "AUDIOMUSIC_DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "audiomusic.settings",
            **environment,
        }

    def run(self, *command, stdin=""):
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment, input=stdin,
            capture_output=True, text=True,
        )  # fmt: skip

    def manage(self, *command):
        done = self.run("manage.py", *command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sign(self, user):
        done = self.run("-c", SIGN, user)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def working(self, signed):
        """What still works. A session that was used is signed again, under another key of its own."""
        done = self.run("-c", READ, stdin=json.dumps(signed))
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        signed["session"] = found.pop("cookie")
        return {name for name, is_good in found.items() if is_good}


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        place.manage("migrate", "--verbosity=0")
        yield place


def test_what_was_signed_works_until_the_old_key_is_dropped(place):
    signed = place.sign("ann")
    place.manage("rotatesecret")
    later = place.sign("bob")
    assert place.working(signed) == EVERYTHING

    refused = place.run("manage.py", "rotatesecret", "--drop-old")
    assert refused.returncode != 0 and "https://ann.example/ of ann" in refused.stderr
    assert "bob" not in refused.stderr

    place.manage("rotatesecret", "--drop-old", "--force")
    assert place.working(signed) == {"session"}  # it was used after the rotation
    assert place.working(later) == EVERYTHING


def test_keys_of_the_environment_go_on_in_the_environment(place):
    old, new = "a" * 60, "b" * 60
    signed = Place(place.folder, AUDIOMUSIC_SECRET_KEY=old).sign("cyd")
    both = {"AUDIOMUSIC_SECRET_KEY": new, "AUDIOMUSIC_SECRET_KEY_FALLBACKS": f"{'c' * 60},{old}"}
    assert Place(place.folder, **both).working(signed) == EVERYTHING
    assert Place(place.folder, AUDIOMUSIC_SECRET_KEY=new).working(signed) == {"session"}
