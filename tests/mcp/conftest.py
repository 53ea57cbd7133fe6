"""Clients that send requests to `/mcp`, one message at a time."""

import json

import pytest

from audiomusic.accounts.services import key_create
from tests.jobs.api.conftest import job_row  # noqa: F401
from tests.jobs.conftest import credits_of, fake_engine  # noqa: F401

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


class Program:
    """An MCP client. `program.call("list_jobs")` returns the tool's result."""

    def __init__(self, client, token):
        self.client, self.token = client, token

    def post(self, body, **headers):
        if not isinstance(body, str | bytes):
            body = json.dumps(body)
        sent = {"X-API-Key": self.token, "MCP-Protocol-Version": "2025-11-25"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in sent.items() if value is not None}
        return self.client.post("/mcp", body, content_type="application/json", headers=sent)

    def send(self, method, params=None, **headers):
        return self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}, **headers)

    def ask(self, method, params=None):
        answer = self.send(method, params)
        assert answer.status_code == 200, answer.content
        return answer.json()["result"]

    def modern(self, method, params=None, **headers):
        params = {"_meta": META, **(params or {})}
        sent = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if method in NAMED:
            sent["Mcp-Name"] = params.get(NAMED[method])
        return self.send(method, params, **{**sent, **headers})

    def call(self, name, /, **arguments):
        return self.ask("tools/call", {"name": name, "arguments": arguments})

    def made(self, name, /, **arguments):
        result = self.call(name, **arguments)
        assert not result["isError"], result
        return result["structuredContent"]

    def refused(self, name, /, **arguments):
        result = self.call(name, **arguments)
        assert result["isError"], result
        return result["structuredContent"]

    def tools(self):
        return {tool["name"]: tool for tool in self.ask("tools/list")["tools"]}


@pytest.fixture
def program_of(client):
    """program_of(user, scopes=["music:read"]): return a client with a key of that user."""

    def make(user, scopes=("*",)):
        return Program(client, key_create(user=user, name="test", scopes=list(scopes))[1])

    return make


@pytest.fixture
def program(program_of, owner):
    return program_of(owner)
