"""The protocol's response formats, byte by byte."""

import json

import pytest

from library.subsonic import responses, views
from library.subsonic.responses import xml
from tests.library.subsonic.conftest import NAMESPACE
from tests.support.recordings import new_job, recorded

pytestmark = pytest.mark.django_db
ENVELOPE = {"status", "version", "type", "serverVersion", "openSubsonic"}
HOSTILE = '<b a="1">&\'\x0b\ud7ff\uffff "\n]]> é 😀'


def test_xml_is_the_default_and_json_says_the_same(player):
    root = player.xml("ping")
    assert root.tag == f"{NAMESPACE}subsonic-response" and root.attrib.keys() >= ENVELOPE
    assert (root.attrib["status"], root.attrib["openSubsonic"]) == ("ok", "true")
    body = player.get("ping")
    assert body.keys() == ENVELOPE and body["openSubsonic"] is True and body["version"] == "1.16.1"


@pytest.mark.parametrize("name", ["ping", "ping.view"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_each_way_to_call(player, name, method):
    assert (
        json.loads(player.call(name, method=method, f="json").content)["subsonic-response"]["status"] == "ok"
    )


def test_address_and_form_are_read_together(client, player):
    answer = client.post("/rest/getUser.view?f=json&username=olive", player.credentials)
    assert answer.json()["subsonic-response"]["user"]["username"] == "olive"


def test_jsonp_is_a_call_of_the_function(player):
    answer = player.call("ping", f="jsonp", callback="app.on_$1")
    assert answer["Content-Type"].startswith("application/javascript")
    text = answer.content.decode()
    assert text.startswith("/**/app.on_$1({") and text.endswith("});")
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("callback", ["", "alert(1)", "a;b", "a b", "<script>", "1x", "é", "a" * 65, "x\n"])
def test_what_is_no_functions_name_is_refused(player, callback):
    answer = player.call("ping", f="jsonp", callback=callback)
    assert answer["Content-Type"] == "application/json"
    body = answer.json()["subsonic-response"]
    assert (body["status"], body["error"]["code"]) == ("failed", 0)


def test_no_words_break_out_of_xml(owner, player):
    recorded(new_job(owner, display_name=HOSTILE, prompt=HOSTILE))
    for name in ("search3", "search2", "getAlbumList2?type=newest"):
        root = player.xml(name.partition("?")[0], type="newest", query="")
        titles = [each.get("title") or each.get("name") for each in root.iter()]
        assert HOSTILE.replace("\x0b", "").replace("\uffff", "") in titles
    script = player.call("search3", f="jsonp", callback="x").content.decode()
    assert "<b" not in script


def test_xml_says_each_kind_of_value():
    body = {
        "a": 1,
        "b": True,
        "list": [{"value": "x&y"}, {"value": "z", "n": 2}],
        "words": ["p", "q"],
        "empty": [],
    }
    assert xml("r", body) == (
        '<r a="1" b="true"><list>x&amp;y</list><list n="2">z</list><words>p</words><words>q</words></r>'
    )
    assert (
        xml("cueLine", {"value": "x", "cue": [{"value": "y"}]}) == '<cueLine value="x"><cue>y</cue></cueLine>'
    )


def test_every_refusal_has_its_form(client, player):
    cases = {
        "ping?f=json": 10,
        "ping?f=json&u=olive": 10,
        "ping?f=json&u=olive&p=wrong": 40,
        "ping?f=json&u=olive&t=00&s=x": 40,
        "ping?f=json&apiKey=wrong": 44,
        "ping?f=json&apiKey=wrong&u=olive": 43,
        "nonsense?f=json&apiKey=wrong": 44,
    }
    for path, code in cases.items():
        answer = client.get(f"/rest/{path}")
        body = answer.json()["subsonic-response"]
        assert (answer.status_code, body["status"], body["error"]["code"]) == (200, "failed", code), path
        assert body["openSubsonic"] is True and body["error"]["helpUrl"].endswith("/account#players-section")
    assert player.error("nonsense") == 0
    assert player.error("getSong") == 10
    for wrong in ("x", "tr-1-1", "tr-99999999999999999999999-1", "tr-1", "al-1", "tr-\u0661-1"):
        assert player.error("getSong", id=wrong) == 70
    assert player.error("getUsers") == 50
    assert player.error("getAlbumList2", type="loudest") == 0
    assert player.error("search3", query="", songCount="many") == 0


def test_without_credentials_the_extensions_are_told(client):
    body = client.get("/rest/getOpenSubsonicExtensions", {"f": "json"}).json()["subsonic-response"]
    known = {each["name"]: each["versions"] for each in body["openSubsonicExtensions"]}
    assert known == {"apiKeyAuthentication": [1], "formPost": [1], "songLyrics": [1, 2]}


def test_a_fault_is_told_in_the_same_form(player, monkeypatch, caplog):
    monkeypatch.setitem(views.EVERY_ANSWER, "ping", lambda call: 1 / 0)
    assert player.error("ping") == 0
    assert player.call("ping")["Content-Type"].startswith("text/xml")
    assert "ZeroDivisionError" in caplog.text and player.password not in caplog.text


def test_odd_requests_are_answered_too(client, player, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    bodies = (
        client.post("/rest/ping?f=json", b"x" * 100, content_type="application/x-www-form-urlencoded"),
        client.post("/rest/ping?f=json", b"x", content_type="multipart/form-data; boundary=a"),
        client.post("/rest/ping?f=json", b"{}", content_type="application/json"),
        client.put("/rest/ping?f=json", b""),
        client.delete("/rest/a/b/c"),
        client.get("/rest/ping?f=json&u=%00&p=%ff"),
        client.get("/rest/.view"),
    )
    for answer in bodies:
        assert answer.status_code == 200 and b"failed" in answer.content and b"<html" not in answer.content


def test_every_origin_may_ask_but_brings_no_cookie(client, owner, player):
    client.force_login(owner)
    answer = client.get("/rest/ping", {"f": "json"}, headers={"Origin": "https://player.example"})
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer
    assert answer.json()["subsonic-response"]["error"]["code"] == 10  # a session grants no access here
    asked = client.options("/rest/ping", headers={"Origin": "https://player.example"})
    assert asked.status_code == 204 and "POST" in asked["Access-Control-Allow-Methods"]


def test_too_many_calls_come_back_later(player, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"player": "2/min"}
    assert [player.call("ping").status_code for _ in range(3)] == [200, 200, 429]
    assert player.call("ping")["Retry-After"]


def test_too_many_guesses_come_back_later(client, player):
    for _ in range(10):
        assert client.get("/rest/ping", {"u": "olive", "p": "guess"}).status_code == 200
    answer = client.get("/rest/ping", {"u": "olive", "p": "guess"})
    assert answer.status_code == 429 and b'code="40"' in answer.content
    assert player.ok("ping")


def test_json_in_a_script_stays_a_script():
    assert responses._for_script("a\u2028<".encode()) == b"a\\u2028\\u003c"
