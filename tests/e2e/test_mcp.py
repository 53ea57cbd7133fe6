"""The official client on a real server: over HTTP with both protocol generations, and over stdio."""

import asyncio
import json
import subprocess
import sys

import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from audiomusic.devtools.scratch_server import ROOT

pytestmark = pytest.mark.e2e
HIT = {"prompt": "one drum hit", "task_type": "text2samples", "duration": 1, "sample_type": "one-shot"}


def over_http(server, mode, talk):
    async def run():
        async with httpx2.AsyncClient(headers={"X-API-Key": server.key}, timeout=60) as http:
            transport = streamable_http_client(f"{server.base_url}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await talk(client)

    return asyncio.run(run())


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_a_song_is_made_and_read_in_each_era(server, mode, version):
    """The client itself validates each result against the tool's output schema."""

    async def talk(client):
        assert client.protocol_version == version
        assert len((await client.list_tools()).tools) == 23
        made = await client.call_tool("generate_music", {**HIT, "wait_s": 25})
        job_id = made.structured_content["job_id"]
        while (found := await client.call_tool("check_job_status", {"job_id": job_id, "wait_s": 25})) and (
            found.structured_content["status"] in ("PENDING", "PROCESSING")
        ):
            pass
        assert found.structured_content["status"] == "COMPLETED"
        score = await client.read_resource(f"audiomusic://jobs/{job_id}/takes/1/score")
        notes = await client.call_tool("audio_to_midi", {"source": f"job:{job_id}"})
        refused = await client.call_tool("get_lyrics", {"source": f"job:{job_id}", "format": "lrc"})
        assert refused.is_error and refused.structured_content["code"] == "no_lyrics"
        assert (await client.list_prompts()).prompts and (await client.list_resources()).resources
        return found, score, notes

    found, score, notes = over_http(server, mode, talk)
    link = next(item for item in found.content if item.type == "resource_link")
    sound = httpx2.get(link.uri)
    assert sound.status_code == 200 and len(sound.content) == link.size
    assert json.loads(score.contents[0].text)["format"] == "audiomusic-score"
    assert {item.type for item in notes.content} == {"text", "resource_link", "resource"}


def test_the_same_on_standard_input_with_progress(server):
    heard = []

    async def note(progress, total, message):
        heard.append((progress, total))

    async def run():
        parameters = StdioServerParameters(
            command=sys.executable,
            args=[str(ROOT / "manage.py"), "mcp"],
            env=server.environment | {"AUDIOMUSIC_API_KEY": server.key},
        )
        async with Client(stdio_client(parameters), mode="legacy") as client:
            return await client.call_tool("generate_music", {**HIT, "wait_s": 25}, progress_callback=note)

    made = asyncio.run(run())
    assert made.structured_content["job_id"] and not made.is_error
    assert heard and heard == sorted(heard) and all(total == 100 for _, total in heard)


def test_nothing_but_messages_comes_out_and_strangers_are_refused(server):
    command = [sys.executable, str(ROOT / "manage.py"), "mcp"]
    asked = ['{"jsonrpc": "2.0", "id": 1, "method": "ping"}', "no JSON", '{"jsonrpc": "2.0", "method": "x"}']
    done = subprocess.run(
        [*command, "--user", "scratch"], input="\n".join(asked), env=server.environment,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer.get("result", answer.get("error", {}).get("code")) for answer in answers] == [{}, -32700]
    environment = server.environment | {"AUDIOMUSIC_API_KEY": "ap_wrong"}
    done = subprocess.run(command, input="", env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "unknown, expired or revoked" in done.stderr and not done.stdout
