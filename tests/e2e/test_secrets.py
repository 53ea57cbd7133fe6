"""No secret appears in a log: a real server receives correct, wrong and malformed requests."""

import http.client
import json
import re
import socket
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support.fail2ban import banned_by

pytestmark = pytest.mark.e2e

PASSWORD = "velvet groove 77 unlike any other"


def ask(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace"), answer.headers


def send_raw(server, text):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(text.encode("latin-1"))
        return raw.recv(4000)


def send_form(server, page, **fields):
    """Submit a page's form. Return its status and every cookie set."""
    _, text, headers = ask(server, "GET", page)
    fields["csrfmiddlewaretoken"] = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)[1]
    cookie = headers["Set-Cookie"].split(";")[0]
    form_type = "application/x-www-form-urlencoded"
    status, _, headers = ask(server, "POST", page, urlencode(fields), Content_Type=form_type, Cookie=cookie)
    return status, " ".join(headers.get_all("Set-Cookie", []))


@pytest.fixture(scope="module")
def song(server):
    status, answer = server.call("POST", "/api/v1/music/text2samples", {"prompt": "one kick", "duration": 1})
    assert status == 200, answer
    return server.wait_for(answer["job"]["id"], "COMPLETED")


@pytest.fixture(scope="module")
def secrets(server, song):
    """Return name -> secret, after using each one in every way that could leave it in a log."""
    found = {"key": server.key, "password": PASSWORD, "guess": "hunter2 of long ago"}
    name = {"username": "singer"}
    assert send_form(server, "/sign-up", password1=PASSWORD, password2=PASSWORD, **name)[0] == 302
    assert send_form(server, "/sign-in", password=found["guess"], **name)[0] == 200
    status, cookies = send_form(server, "/sign-in", password=PASSWORD, **name)
    assert status == 302
    found["session"] = re.search(r"sessionid=(\w+)", cookies)[1]
    for password in (found["guess"], PASSWORD):
        body = json.dumps({**name, "password": password})
        status, answer, _ = ask(server, "POST", "/api/v1/auth/token", body, Content_Type="application/json")
    tokens = json.loads(answer)
    found |= {name: tokens[name] for name in ("access_token", "refresh_token")}
    ask(server, "GET", "/api/v1/auth/me", Authorization=f"Bearer {tokens['refresh_token']}")

    hook = server.call("POST", "/api/v1/webhooks/endpoints", {"url": "https://hook.invalid/x"})[1]
    found["webhook"] = hook["secret"]
    server.call("POST", f"/api/v1/webhooks/endpoints/{hook['id']}/test")

    link = urlsplit(song["output_url"]).path
    found["link"] = link.split("/")[2]
    for path in (link, link.replace(".flac", ".exe"), f"/audio/{found['link']}/x", f"/peaks/{found['link']}"):
        ask(server, "GET", path, Range="bytes=999999999-")
    ask(server, "DELETE", link)
    for path in ("/api/v1/auth/nothing", f"/api/v1/{server.key}", "/api/v1/music/jobs/0"):
        ask(server, "GET", path, X_API_Key=server.key)
        ask(server, "GET", f"{path}?token={tokens['access_token']}&password={urlencode({'': PASSWORD})[1:]}")
    ask(
        server, "POST", "/api/v1/music/text2music", "{", X_API_Key=server.key, Content_Type="application/json"
    )
    for line in (f"X-API-Key {server.key}", f"X-API-Key: {server.key}\x00", f"Bad {server.key}: 1"):
        send_raw(server, f"GET /api/v1/auth/me HTTP/1.1\r\nHost: 127.0.0.1\r\n{line}\r\n\r\n")
    send_raw(server, f"GET /s/{found['link']} {server.key} HTTP/1.1\r\n\r\n")
    ask(server, "GET", "/api/v1/auth/me", X_API_Key=server.key + "x")
    for name in (server.key, PASSWORD):  # users paste secrets into the wrong field
        body = json.dumps({"username": name, "password": found["guess"]})
        ask(
            server, "POST", "/api/v1/auth/token", body, Content_Type="application/json", User_Agent=server.key
        )
    found["secret_key"] = (server.data_dir / "secret_key").read_text()
    return found


def test_none_is_in_the_log(server, secrets):
    log = server.log_path.read_text()
    assert "/audio/…/" in log and "ap_…" in log  # the lines are there, redacted
    assert not [name for name, text in secrets.items() if text in log]


def test_none_is_in_the_security_log(server, secrets):
    """Not even parts of them: the owner knows a key by its name."""
    events = server.manage("dumpdata", "accounts.securityevent")
    kinds = {event["fields"]["kind"] for event in json.loads(events)}
    assert kinds >= {"account_made", "signed_in", "sign_in_failed", "token_issued", "key_made", "key_failed"}
    assert not [name for name, text in secrets.items() if text in events]


def test_fail2ban_finds_the_failures_in_it(server, secrets):
    found = [host for line in server.log_path.read_text().splitlines() if (host := banned_by(line))]
    assert len(found) >= 5
    assert set(found) == {"127.0.0.1"}


def test_none_is_in_what_commands_and_jobs_tell(server, secrets, song):
    told = server.manage("doctor") + json.dumps({**song, "output_url": "", "output_urls": {}, "takes": []})
    assert not [name for name, text in secrets.items() if text in told]
    assert str(server.data_dir) not in told


def test_no_refusal_repeats_one(server, secrets):
    for headers in ({"X_API_Key": server.key + "x"}, {"Authorization": f"Bearer {secrets['access_token']}x"}):
        status, body, _ = ask(server, "GET", "/api/v1/auth/me", **headers)
        assert status == 401
        assert not [name for name, text in secrets.items() if text in body]
