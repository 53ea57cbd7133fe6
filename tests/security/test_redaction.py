"""What log lines, error mails and the admin's history leave out."""

import logging
import sys

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.utils.log import AdminEmailHandler

from audiomusic.http.redaction import DropTraceback, RedactingFormatter, redact

KEY = "ap_" + "1d1bd9cadd36bdaa" * 4
JWT = "eyJhbGciOiJIUzI1NiIsInR5.eyJ0b2tlbl90eXBlIjoi.QoDE2jQySb2b-_5EtGZ"
LINK = "7-1-flac-498456.kq9_Zb-Xk3zLw"


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        (f"Invalid HTTP Header: 'X-API-Key {KEY}'", "Invalid HTTP Header: 'X-API-Key ap_…'"),
        (f"Authorization: Bearer {JWT}", "Authorization: Bearer eyJ…"),
        (f"Not Found: /audio/{LINK}/song.flac", "Not Found: /audio/…/song.flac"),
        (f"Not Found: /peaks/{LINK}", "Not Found: /peaks/…"),
        (f"Not Found: /archive/{LINK}/song.zip", "Not Found: /archive/…/song.zip"),
        ("Gone: /s/kq9_Zb-Xk3zLwAAABBBCCCDD/1.mp3", "Gone: /s/…/1.mp3"),
        ("GET /x?password=hunter2&a=1", "GET /x?password=…&a=1"),
        (
            "GET /sign-in/oidc/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=x",
            "GET /sign-in/oidc/callback?code=…&state=x",
        ),
        ("GET /rest/ping?u=olive&p=k7y3&t=9f86d0&s=c19b&c=x", "GET /rest/ping?u=olive&p=…&t=…&s=…&c=x"),
        ("GET /rest/ping?apiKey=k7y3w9", "GET /rest/ping?apiKey=…"),
        ("error_code=engine_failed", "error_code=engine_failed"),
        ("secret whsec_kq9ZbXk3zLwkq9ZbXk3zLw", "secret whsec_…"),
        ("job 7: rendering", "job 7: rendering"),
        ("/static/site/base.65dff6ea76b8.css", "/static/site/base.65dff6ea76b8.css"),
    ],
)
def test_a_line_keeps_what_helps_and_loses_what_opens(line, cleaned):
    assert redact(line) == cleaned


def test_the_key_of_a_language_model_is_not_logged():
    assert redact("{'Authorization': 'Bearer my-own-key-7'}") == "{'Authorization': 'Bearer …'}"
    assert redact("bad key sk-proj-1d1bd9cadd36") == "bad key sk-…"


def record_of(error):
    try:
        raise error
    except type(error):
        return logging.LogRecord("x", logging.ERROR, "x.py", 1, "It broke.", (), sys.exc_info())


def test_tracebacks_are_cleaned_too():
    text = RedactingFormatter("{message}", style="{").format(record_of(ValueError(f"bad {KEY}")))
    assert "ValueError: bad ap_…" in text and KEY not in text


def test_a_knock_at_the_wrong_name_is_one_line():
    record = record_of(ValueError("evil.example"))
    assert DropTraceback().filter(record)
    assert RedactingFormatter("{message}", style="{").format(record) == "It broke."


@pytest.mark.parametrize("path", ["/api/v1/auth/token", "/sign-in", "/account/password"])
def test_an_error_mail_hides_key_cookie_and_password(owner, monkeypatch, settings, path):
    def fail(*arguments, **options):
        raise RuntimeError("it broke")

    settings.ADMINS = [("Ada", "ada@example.org")]
    for broken in ("accounts.api.serializers.TokenRequest.validate", "accounts.views.auth.SignIn.form_valid"):
        monkeypatch.setattr(f"audiomusic.{broken}", fail)
    monkeypatch.setattr("audiomusic.accounts.views.account.PasswordForm.is_valid", fail)
    client = Client(raise_request_exception=False)
    client.force_login(owner)
    session = client.cookies["sessionid"].value
    if path == "/sign-in":
        client.logout()
    handler = AdminEmailHandler()
    logging.getLogger("django.request").addHandler(handler)
    try:
        form = {"username": "olive", "password": "correct horse", "old_password": "correct horse"}
        assert client.post(path, form, headers={"X-API-Key": KEY}).status_code == 500
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    text = "".join(message.body for message in mail.outbox)
    assert "it broke" in text
    assert not [secret for secret in ("correct horse", KEY, session) if secret in text]


def test_the_admins_history_holds_no_password(client, staff, owner):
    client.force_login(staff)
    words = {"password1": "velvet groove 77", "password2": "velvet groove 77", "usable_password": "true"}
    assert client.post(f"/admin/accounts/user/{owner.pk}/password/", words).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("velvet groove 77")
    [entry] = LogEntry.objects.all()
    assert "velvet" not in entry.change_message + entry.object_repr


@pytest.mark.parametrize("path", ["/account/keys", "/account/confirm", "/admin/auth/group/add/"])
def test_an_error_mail_hides_what_confirms_who_is_there(staff, monkeypatch, settings, path):
    def fail(*arguments, **options):
        raise RuntimeError("it broke")

    settings.ADMINS = [("Ada", "ada@example.org")]
    monkeypatch.setattr("audiomusic.accounts.factors.reauthentication.ConfirmForm.is_valid", fail)
    client = Client(raise_request_exception=False)
    client.force_login(staff)
    session = client.session
    session["confirmed_at"] = 0
    session.save()
    handler = AdminEmailHandler()
    logging.getLogger("django.request").addHandler(handler)
    try:
        assert client.post(path, {"confirm_password": "correct horse"}).status_code == 500
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    text = "".join(message.body for message in mail.outbox)
    assert "it broke" in text and "correct horse" not in text
