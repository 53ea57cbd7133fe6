"""What `/mcp` checks before it reads a message: the caller, the headers and the protocol version."""

import pytest

from tests.mcp.conftest import META, MODERN

pytestmark = pytest.mark.django_db
PING = {"jsonrpc": "2.0", "id": 7, "method": "ping"}


def error_of(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    return answer.json()["error"]


def test_a_handshake_is_answered_and_nothing_is_remembered(program):
    asked = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    answer = program.send("initialize", asked, MCP_Protocol_Version=None)
    result = answer.json()["result"]
    assert (result["protocolVersion"], set(result["capabilities"])) == (
        "2025-06-18",
        {"tools", "resources", "prompts"},
    )
    assert len(result["instructions"]) <= 1000 and "Mcp-Session-Id" not in answer
    assert answer["Cache-Control"] == "private, no-store"
    noted = program.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (noted.status_code, noted.content) == (202, b"")
    assert program.post(PING).json() == {"jsonrpc": "2.0", "id": 7, "result": {}}


def test_the_first_clients_of_this_transport_ask_for_an_older_version(program):
    """The official client 1.8 knows no newer version, and disconnects if the server answers with one."""
    assert program.ask("initialize", {"protocolVersion": "2024-11-05"})["protocolVersion"] == "2024-11-05"
    for version in ("2024-11-05", None):
        assert program.send("tools/list", MCP_Protocol_Version=version).status_code == 200


@pytest.mark.parametrize("asked", ["1999-01-01", MODERN])
def test_an_unknown_version_is_answered_with_our_newest(program, asked):
    assert program.ask("initialize", {"protocolVersion": asked})["protocolVersion"] == "2025-11-25"


def test_without_a_handshake_a_message_says_all_by_itself(program):
    found = program.modern("server/discover").json()["result"]
    assert MODERN in found["supportedVersions"] and found["resultType"] == "complete"
    assert found["cacheScope"] == "private" and found["ttlMs"] >= 0
    listed = program.modern("tools/list").json()["result"]
    assert listed["resultType"] == "complete" and "generate_music" in {
        tool["name"] for tool in listed["tools"]
    }
    called = program.modern("tools/call", {"name": "list_jobs", "arguments": {}})
    assert called.json()["result"]["structuredContent"]["total"] == 0
    name = program.modern("prompts/get", {"name": "Lied-ü"}, Mcp_Name="=?base64?TGllZC3DvA==?=")
    assert error_of(name, 400)["message"] == "There is no prompt 'Lied-ü'."


@pytest.mark.parametrize(
    ("headers", "params", "code"),
    [
        ({"Mcp_Method": "tools/call"}, {}, -32020),
        ({"Mcp_Method": None}, {}, -32020),
        ({"MCP_Protocol_Version": "2025-11-25"}, {}, -32020),
        ({}, {"_meta": {}}, -32602),
        ({}, {"_meta": {"io.modelcontextprotocol/protocolVersion": MODERN}}, -32602),
    ],
)
def test_headers_and_message_must_agree(program, headers, params, code):
    assert error_of(program.modern("tools/list", params, **headers), 400)["code"] == code


def test_a_name_that_is_another_in_the_header_is_refused(program):
    answer = program.modern("tools/call", {"name": "list_jobs"}, Mcp_Name="delete_job")
    assert error_of(answer, 400)["code"] == -32020


def test_a_version_of_tomorrow_is_refused_with_those_there_are(program):
    meta = META | {"io.modelcontextprotocol/protocolVersion": "2099-01-01"}
    error = error_of(program.modern("tools/list", {"_meta": meta}, MCP_Protocol_Version="2099-01-01"), 400)
    assert (error["code"], error["data"]["requested"]) == (-32022, "2099-01-01")
    assert MODERN in error["data"]["supported"]
    assert error_of(program.send("ping", MCP_Protocol_Version="2098-01-01"), 400)["code"] == -32022


def test_an_unknown_method_is_not_found(program):
    assert error_of(program.modern("subscriptions/listen"), 404)["code"] == -32601
    assert error_of(program.send("sampling/createMessage"), 200)["code"] == -32601


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("[" + '{"jsonrpc": "2.0", "id": 1, "method": "ping"}' + "]", -32600),
        ("7", -32600),
        ('{"id": 1, "method": "ping"}', -32600),
        ('{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600),
        ('{"jsonrpc": "2.0", "id": 1, "method": 3}', -32600),
        ("{", -32700),
        (b"\xff", -32700),
    ],
)
def test_what_is_no_message_is_refused(program, body, code):
    assert error_of(program.post(body), 400)["code"] == code


def test_params_that_are_no_object_are_refused(program):
    assert error_of(program.post(PING | {"params": [1]}), 200)["code"] == -32602


def test_another_content_type_and_a_huge_body_are_refused(program, client):
    answer = client.post("/mcp", "x", content_type="text/plain", headers={"X-API-Key": program.token})
    assert error_of(answer, 415)["code"] == -32000
    assert error_of(program.post(b" " * 1_000_001), 413)["data"]["code"] == "payload_too_large"


@pytest.mark.parametrize("method", ["get", "delete", "put"])
def test_there_is_no_stream_to_open_and_no_session_to_end(program, client, method):
    answer = getattr(client, method)("/mcp", headers={"X-API-Key": program.token})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_without_a_good_key_nothing_is_answered(program, client, owner):
    for headers in (
        {"X_API_Key": None},
        {"X_API_Key": "ap_wrong"},
        {"X_API_Key": None, "Authorization": "Bearer x"},
    ):
        answer = program.post(PING, **headers)
        assert error_of(answer, 401)["code"] == -32000
        assert (
            answer["WWW-Authenticate"].startswith("Bearer")
            and "resource_metadata" not in answer["WWW-Authenticate"]
        )
    assert program.post(PING, X_API_Key=None, Authorization=f"Bearer {program.token}").status_code == 200


def test_a_browsers_cookie_opens_nothing(program, client, owner):
    client.force_login(owner)
    assert program.post(PING, X_API_Key=None).status_code == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example.org", 403),
        ("null", 403),
        ("http://testserver", 200),
        ("https://ok.example.org", 200),
    ],
)
def test_a_page_of_another_site_may_not_ask(program, settings, origin, status):
    settings.CORS_ALLOWED_ORIGINS = ["https://ok.example.org"]
    assert program.post(PING, Origin=origin).status_code == status


def test_another_host_and_a_wrong_address_are_refused_in_json(program, client):
    for answer in (program.post(PING, Host="evil.example.org"), client.post("/mcp/")):
        assert answer.status_code in (400, 404) and answer["Content-Type"] == "application/json"


def test_too_many_reads_come_back_later(program, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"read": "1/min"}
    program.tools()
    answer = program.send("tools/list")
    assert error_of(answer, 429)["data"]["code"] == "throttled" and int(answer["Retry-After"]) > 0
    assert program.refused("list_jobs")["code"] == "throttled"


def test_a_fault_is_told_without_its_words(program, monkeypatch):
    monkeypatch.setattr("audiomusic.mcp.dispatcher.tools_of", lambda caller: 1 / 0)
    error = error_of(program.modern("tools/list"), 500)
    assert (error["code"], error["message"]) == (-32603, "The server failed to answer. The error was logged.")
