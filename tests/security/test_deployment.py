"""The server as the internet sees it: behind a proxy that speaks https."""

import json
import os
import stat
import subprocess
import sys

import pytest
from django.core.management import call_command
from django_q.conf import Conf

from audiomusic.accounts.models import User
from audiomusic.accounts.services import ensure_first_admin
from audiomusic.devtools.scratch_server import ROOT
from audiomusic.server.secret_key import read_or_make_secret_keys

#: Runs in its own process, because settings are read once. Its output is checked here.
ASK = """
import json, sys
import django
from django.conf import settings
from django.core.checks import run_checks
from django.test import Client

settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
django.setup()


def ask(path, **headers):
    answer = Client().get(path, headers={"Host": "music.example.org"} | headers)
    cookies = {name: dict(cookie) for name, cookie in answer.cookies.items()}
    return {"status": answer.status_code, "headers": dict(answer.headers), "cookies": cookies}


NAMES = sys.argv[1].split(",")
print(json.dumps({
    "settings": {name: getattr(settings, name, None) for name in NAMES},
    "proxies": settings.REST_FRAMEWORK["NUM_PROXIES"],
    "said": [str(each) for each in run_checks(include_deployment_checks=True) if not each.is_silenced()],
    "plain": ask("/sign-in?next=/queue"),
    "secure": ask("/sign-in", **{"X-Forwarded-Proto": "https"}),
    "other": Client().get("/sign-in", headers={"Host": "evil.example"}).status_code,
}))
"""
NAMES = "DEBUG,ALLOWED_HOSTS,SESSION_COOKIE_SECURE,SESSION_COOKIE_HTTPONLY,CSRF_COOKIE_SECURE,ADMINS"
OURS = ("DATABASE_URL", "HOST", "PORT", "DJANGO_ALLOW_ASYNC_UNSAFE")  # the last is for the browser tests


def started(folder, **environment):
    """Start the server's process with this environment; return what it reports."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AUDIOMUSIC_") and name not in OURS
    }
    environment = inherited | {
        "DJANGO_SETTINGS_MODULE": "audiomusic.settings", "AUDIOMUSIC_DATA_DIR": str(folder),
        **environment,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", ASK, NAMES], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public") / "data"
    return started(folder, AUDIOMUSIC_PUBLIC_URL="https://music.example.org")


def test_djangos_own_check_of_a_deployment_finds_nothing(public):
    assert public["said"] == []


def test_plain_http_is_sent_on_and_https_is_remembered(public):
    plain, secure = public["plain"], public["secure"]
    assert plain["status"] == 301
    assert plain["headers"]["Location"] == "https://music.example.org/sign-in?next=/queue"
    assert secure["status"] == 200
    assert secure["headers"]["Strict-Transport-Security"] == f"max-age={30 * 86400}"


def test_cookies_travel_by_https_alone(public):
    assert public["settings"]["SESSION_COOKIE_SECURE"] is True
    assert public["settings"]["SESSION_COOKIE_HTTPONLY"] is True
    assert public["settings"]["CSRF_COOKIE_SECURE"] is True
    assert public["secure"]["cookies"]["csrftoken"]["secure"] is True


def test_it_answers_to_its_own_names_alone(public):
    assert "music.example.org" in public["settings"]["ALLOWED_HOSTS"]
    assert not {"*", ".example.org", ""} & set(public["settings"]["ALLOWED_HOSTS"])
    assert public["other"] == 400


def test_faults_are_shown_to_nobody_unless_asked_for(public):
    assert public["settings"]["DEBUG"] is False
    assert public["settings"]["ADMINS"] == []


def test_one_proxy_is_believed(public):
    assert public["proxies"] == 1


def test_at_home_no_proxy_is_believed_and_plain_http_will_do(tmp_path):
    home = started(tmp_path / "data", AUDIOMUSIC_PUBLIC_URL="http://music.example.org")
    assert home["proxies"] == 0
    assert home["plain"]["status"] == home["secure"]["status"] == 200
    assert not home["secure"]["cookies"]["csrftoken"]["secure"]  # no header makes it https
    assert home["settings"]["SESSION_COOKIE_SECURE"] is False


def test_the_first_admin_has_a_password_of_chance(db):
    first = ensure_first_admin()
    assert len(first.password) == 16
    assert User.objects.get(username=first.username).check_password(first.password)
    assert first.password not in str(User.objects.values())
    assert ensure_first_admin() is None  # shown once: there is no second time
    User.objects.all().delete()
    assert ensure_first_admin().password != first.password


def test_the_secret_is_made_of_chance_and_for_its_owner_alone(tmp_path):
    (one,), (two,) = (read_or_make_secret_keys(tmp_path / name) for name in "ab")
    assert one != two and len(one) == 50
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "secret_key").stat().st_mode) == 0o600


def test_a_backup_is_for_its_owner_alone(tmp_path, transactional_db):
    """It contains the secret key and every user's rows."""
    file = tmp_path / "backup.tar"
    call_command("backup", str(file), verbosity=0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_row_cannot_have_the_queue_call_a_function():
    """django-q2 calls any function that a schedule names; here it reads no schedules."""
    assert Conf.SCHEDULER is False
