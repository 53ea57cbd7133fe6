"""A rotated secret key: what the old one signed stays valid until that key is dropped, in real processes."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from audiomusic.devtools.scratch_server import ROOT

#: Reads {"sign": names, "read": what was signed, "commands": lists of words} and does these in that order. A
#: process keeps the keys it started with, whatever the commands do.
#: process has the keys that it began with, whatever the commands do.
SCRIPT = """
import io, json, sys, django
django.setup()
from django.contrib.auth.tokens import default_token_generator
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from audiomusic.accounts.models import User
from jobs.storage.links import LinkInvalid, make_token, read_token
from jobs.webhooks.models import EventType, WebhookEndpoint
from jobs.webhooks.services import endpoint_create
from jobs.webhooks.signing import SecretLost, secret_of

def sign(name):
    user = User.objects.create(username=name)
    browser = Client()
    browser.force_login(user)
    refresh = RefreshToken.for_user(user)
    endpoint = endpoint_create(user=user, url=f"https://{user}.example/", events=[EventType.COMPLETED])
    return {
        "user": user.username,
        "session": browser.cookies["sessionid"].value,
        "link": make_token(1, 1, "mp3"),
        "refresh": str(refresh),
        "access": str(refresh.access_token),
        "reset": default_token_generator.make_token(user),
        "endpoint": [str(endpoint.id), secret_of(endpoint)],
    }

def works(call, *errors):
    try:
        return bool(call())
    except errors:
        return False

def read(signed):
    browser = Client(SERVER_NAME="localhost")
    browser.cookies["sessionid"] = signed["session"]
    endpoint = WebhookEndpoint.objects.get(id=signed["endpoint"][0])
    user = User.objects.get(username=signed["user"])
    is_signed_in = browser.get("/api/v1/auth/me").status_code == 200
    return {
        "cookie": browser.cookies["sessionid"].value,
        "session": is_signed_in,
        "link": works(lambda: read_token(signed["link"]), LinkInvalid),
        "refresh": works(lambda: RefreshToken(signed["refresh"]), TokenError),
        "access": works(lambda: AccessToken(signed["access"]), TokenError),
        "reset": default_token_generator.check_token(user, signed["reset"]),
        "endpoint": works(lambda: secret_of(endpoint) == signed["endpoint"][1], SecretLost),
    }

def run(words):
    try:
        call_command(*words, stdout=io.StringIO())
    except CommandError as error:
        return str(error)

asked = json.load(sys.stdin)
print(json.dumps([[do(each) for each in asked[name]] for name, do in
                  (("sign", sign), ("read", read), ("commands", run))]))
"""
EVERYTHING = {"session", "link", "refresh", "access", "reset", "endpoint"}


class Place:
    """A data folder of its own, and processes that use it."""

    def __init__(self, folder, **environment):
        self.folder = folder
        inherited = {n: v for n, v in os.environ.items() if not n.startswith("AUDIOMUSIC_")}
        inherited["DATABASE_URL"] = f"sqlite:///{folder / 'audiomusic.sqlite3'}"
        self.environment = inherited | {
            "AUDIOMUSIC_DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "audiomusic.settings",
            **environment,
        }

    def run(self, *, sign=(), read=(), commands=()):
        """Run one new process; return (what it signed, what of each signed set still works, each command's
        error). Using a session signs it again, under another session key."""
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env=self.environment,
            input=json.dumps({"sign": sign, "read": read, "commands": commands}),
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        signed, found, refused = json.loads(done.stdout)
        for each, answers in zip(read, found, strict=True):
            each["session"] = answers.pop("cookie")
        return signed, [{name for name, is_good in each.items() if is_good} for each in found], refused


@pytest.fixture(scope="module")
def place(prepared_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("place") / "data"
    shutil.copytree(prepared_folder / "data", folder)
    return Place(folder)


def test_what_was_signed_works_until_the_old_key_is_dropped(place):
    [signed], _, [refused] = place.run(sign=["ann"], commands=[["rotatesecret"]])
    assert refused is None

    drop = ["rotatesecret", "--drop-old"]
    [later], [working], [refused, forced] = place.run(
        sign=["bob"], read=[signed], commands=[drop, [*drop, "--force"]]
    )
    assert working == EVERYTHING
    assert "https://ann.example/ of ann" in refused
    assert "bob" not in refused
    assert forced is None

    _, [working, working_later], _ = place.run(read=[signed, later])
    assert working == {"session"}  # it was used after the rotation
    assert working_later == EVERYTHING


def test_keys_of_the_environment_go_on_in_the_environment(place):
    old, new = "a" * 60, "b" * 60
    [signed], _, _ = Place(place.folder, AUDIOMUSIC_SECRET_KEY=old).run(sign=["cyd"])
    both = {"AUDIOMUSIC_SECRET_KEY": new, "AUDIOMUSIC_SECRET_KEY_FALLBACKS": f"{'c' * 60},{old}"}
    assert Place(place.folder, **both).run(read=[signed])[1] == [EVERYTHING]
    assert Place(place.folder, AUDIOMUSIC_SECRET_KEY=new).run(read=[signed])[1] == [{"session"}]
