"""The tools: their input, their output, who sees them, and that each refusal is the API's own."""

import json

import jsonschema
import pytest

from audiomusic.mcp.tools.registry import TOOLS
from jobs.models import Job, Status
from tests.support.recordings import new_job, recorded, with_score

pytestmark = pytest.mark.django_db

READING = {
    "check_job_status", "list_jobs", "get_music_score", "analyze_music", "audio_to_midi", "get_lyrics",
    "get_account",
}  # fmt: skip
SONG = {"prompt": "calm piano", "instrumental": True, "duration": 10, "seed": 7}


@pytest.fixture
def heard(owner):
    """Create a finished song of the owner's with real sound."""
    take = recorded(new_job(owner, lyrics="[Verse]\nla", format="flac"))
    with_score(take)
    return take.job


def is_answer_of(name, data):
    jsonschema.validate(data, TOOLS[name].output)
    return True


def test_each_says_what_it_takes_and_what_it_does(program):
    tools = program.tools()
    assert len(tools) == 23
    for name, tool in tools.items():
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            jsonschema.Draft202012Validator.check_schema(schema)
        assert tool["inputSchema"]["additionalProperties"] is False and tool["title"] and tool["description"]
        assert "{" not in tool["description"]
        assert tool["annotations"]["readOnlyHint"] == (name in READING)
        assert tool["annotations"]["openWorldHint"] is False
    assert {name for name, tool in tools.items() if tool["annotations"].get("destructiveHint")} == {
        "delete_job",
        "cancel_job",
    }


def test_limits_are_those_of_the_api(program):
    asked = program.tools()["generate_music"]["inputSchema"]
    assert asked["required"] == ["prompt"]
    assert asked["properties"]["duration"] | {"description": ""} == {
        "type": "number", "minimum": 1.0, "maximum": 600.0, "description": "",
    }  # fmt: skip
    assert asked["properties"]["takes"]["maximum"] == 8 and asked["properties"]["wait_s"]["maximum"] == 25
    assert not {"inference_steps", "caption", "quality"} & set(asked["properties"])


def test_a_key_that_may_read_sees_reading_tools_alone(program_of, owner, fake_engine):
    reader = program_of(owner, ["music:read"])
    assert set(reader.tools()) == READING
    refused = reader.refused("generate_music", **SONG)
    assert (refused["code"], refused["status"]) == ("scope_missing", 403)
    assert "music:generate" in refused["detail"] and not Job.objects.exists()


def test_a_key_that_may_only_make_reads_nothing(program_of, owner, heard):
    maker = program_of(owner, ["music:generate"])
    assert not READING & set(maker.tools())
    assert maker.refused("check_job_status")["code"] == "scope_missing"
    assert maker.send("resources/read", {"uri": f"audiomusic://jobs/{heard.id}"}).status_code == 403


def test_a_song_is_asked_for_and_followed(program, fake_engine, credits_of, owner):
    made = program.made("generate_music", **SONG, key="Am", takes=2)
    assert is_answer_of("generate_music", made)
    assert (made["status"], made["tool"], made["credits_reserved"]) == ("PENDING", "generate_music", 330)
    assert "check_job_status" in made["message"] and credits_of(owner) == 10_000 - 330
    job = Job.objects.get(id=made["job_id"])
    assert (job.keyscale, job.batch_size, job.prompt) == ("A Minor", 2, "calm piano")
    for asked in ({}, {"job_id": job.id}, {"tool": "generate_music"}):
        found = program.made("check_job_status", **asked)
        assert (
            is_answer_of("check_job_status", found) and found["job_id"] == job.id and found["position"] == 0
        )


@pytest.mark.parametrize("task", ["text2rap", "prompt2instrumental", "simple"])
def test_each_task_takes_the_same_prompt(program, fake_engine, task):
    made = program.made("generate_music", prompt="a calm morning", task_type=task, duration=10)
    assert Job.objects.get(id=made["job_id"]).task == task


def test_what_the_api_refuses_is_refused_in_its_words_under_the_tools_names(
    program, fake_engine, client_of, owner
):
    for asked, name, sent in (
        ({"prompt": "x", "key": "H9"}, "key", {"caption": "x", "keyscale": "H9"}),
        ({"prompt": "x", "takes": 9}, "takes", {"caption": "x", "batch_size": 9}),
        ({"prompt": " "}, "prompt", {"caption": " "}),
    ):
        refused = program.refused("generate_music", **asked)
        [words] = client_of(owner).post("/api/v1/music/text2music", sent).json()["errors"].values()
        assert (refused["code"], refused["errors"]) == ("invalid", {name: words})
        assert refused["detail"] == f"{name}: {words[0]}"
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("tool", "arguments", "name"),
    [
        ("generate_music", {"prompt": "x", "wait_s": 26}, "wait_s"),
        ("generate_music", {"prompt": "x", "task_type": "opera"}, "task_type"),
        ("generate_music", {"prompt": "x", "caption": "y"}, "caption"),
        ("generate_music", {}, "prompt"),
        ("check_job_status", {"job_id": "7"}, "job_id"),
        ("cancel_job", {}, "job_id"),
        ("repaint_music", {"prompt": "x"}, "source"),
        ("retake_music", {"source": "https://example.org/x.mp3"}, "source"),
        ("get_lyrics", {"source": "job:0"}, "source"),
        ("get_lyrics", {"source": "job:7", "format": "pdf"}, "format"),
    ],
)
def test_arguments_that_do_not_fit_are_named(program, fake_engine, tool, arguments, name):
    refused = program.refused(tool, **arguments)
    assert refused["code"] == "invalid" and list(refused["errors"]) == [name]
    assert refused["detail"].startswith(f"{name}: ")


def test_a_tool_that_is_none_and_arguments_that_are_none_are_errors_of_the_protocol(program):
    for params in ({"name": "sing"}, {"name": 7}, {}, {"name": "list_jobs", "arguments": [1]}):
        assert program.send("tools/call", params).json()["error"]["code"] == -32602


def test_sent_twice_with_one_key_it_is_made_once(program, fake_engine, credits_of, owner):
    first, again = (program.made("generate_music", **SONG, idempotency_key="k1") for _ in range(2))
    assert first["job_id"] == again["job_id"] and credits_of(owner) == 10_000 - 165
    refused = program.refused("generate_music", **SONG | {"seed": 8}, idempotency_key="k1")
    assert (refused["code"], refused["status"]) == ("idempotency_key_reused", 422)


def test_missing_credits_and_too_many_calls_are_refused(program, fake_engine, settings, owner):
    settings.CREDITS = "0"
    refused = program.refused("generate_music", **SONG)
    assert (refused["code"], refused["status"], refused["required_credits"]) == (
        "insufficient_credits",
        402,
        165,
    )
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"generation": "1/min"}
    program.refused("generate_music", **SONG)
    assert program.refused("generate_music", **SONG)["code"] == "throttled"


def test_others_jobs_do_not_exist(program_of, other, heard, rows_of):
    stranger, before = program_of(other), rows_of(heard)
    source = f"job:{heard.id}"
    for name in ("retry_job", "cancel_job", "like_job", "delete_job", "check_job_status"):
        assert stranger.refused(name, job_id=heard.id)["status"] == 404, name
    assert stranger.refused("rename_job", job_id=heard.id, title="x")["status"] == 404
    for name in ("get_lyrics", "audio_to_midi", "analyze_music", "get_music_score", "record_music_score"):
        assert stranger.refused(name, source=source)["status"] == 404, name
    for name in ("repaint_music", "extend_music", "cover_music", "reference_music"):
        assert stranger.refused(name, source=source, prompt="x")["status"] == 404, name
    assert stranger.refused("retake_music", source=source)["status"] == 404
    assert stranger.refused("separate_stems", source=source, track_name="drums")["status"] == 404
    assert stranger.refused("revise_music_score", source=source, instruction="higher")["status"] == 404
    assert stranger.made("list_jobs")["total"] == 0
    for uri in (f"jobs/{heard.id}", f"jobs/{heard.id}/takes/1/score", f"jobs/{heard.id}/takes/1/lyrics.lrc"):
        answer = stranger.send("resources/read", {"uri": f"audiomusic://{uri}"})
        assert answer.json()["error"]["code"] == -32002
    assert rows_of(heard) == before


@pytest.fixture
def rows_of():
    return lambda job: Job.objects.filter(user=job.user).values_list("id", "status", "display_name").get()


def test_a_finished_song_has_links_and_no_sound_in_the_answer(program, client, heard):
    result = program.call("check_job_status", job_id=heard.id)
    data = result["structuredContent"]
    assert (
        is_answer_of("check_job_status", data)
        and data["takes"][0]["audio"]["flac"] in result["content"][0]["text"]
    )
    sound, notes = result["content"][1:]
    assert (sound["type"], sound["mimeType"], notes["mimeType"]) == (
        "resource_link",
        "audio/flac",
        "audio/midi",
    )
    assert sound["size"] > 1000 and client.get(sound["uri"]).status_code == 200
    assert len(result["content"][0]["text"].encode()) <= 2000
    params = {"name": "check_job_status", "arguments": {}}
    oldest = program.send("tools/call", params, MCP_Protocol_Version=None).json()["result"]
    assert [item["type"] for item in oldest["content"]] == ["text"]


def test_its_words_are_given_in_three_forms(program, heard):
    words = {
        form: program.made("get_lyrics", source=f"job:{heard.id}", format=form) for form in ("plain", "lrc")
    }
    assert words["plain"]["lyrics"] == "[Verse]\nla" and words["lrc"]["lyrics"].endswith("[00:00.50]la\n")
    assert "<00:00.50>la" in program.made("get_lyrics", source=f"{heard.id}", format="enhanced")["lyrics"]


def test_a_reading_key_gets_words_notes_and_analysis(program_of, owner, heard):
    reader, source = program_of(owner, ["music:read"]), f"job:generate_music:{heard.id}/take/1"
    assert reader.made("get_lyrics", source=source, format="lrc")["take"] == 1
    assert reader.made("analyze_music", source=source)["bpm"] == 120
    account = reader.made("get_account")
    assert is_answer_of("get_account", account) and account["may_make_music"] is False


def test_without_notes_there_is_no_midi(program, owner):
    job = recorded(new_job(owner)).job
    assert program.refused("audio_to_midi", source=f"job:{job.id}")["code"] == "no_score"


def test_jobs_are_looked_after(program, heard, job_row, owner):
    assert program.made("rename_job", job_id=heard.id, title="Harbour")["title"] == "Harbour"
    assert program.made("like_job", job_id=heard.id)["interaction"] == "like"
    listed = program.made("list_jobs", search="harbour", status="COMPLETED", liked=True, limit=5)
    assert is_answer_of("list_jobs", listed) and [job["job_id"] for job in listed["jobs"]] == [heard.id]
    assert program.made("like_job", job_id=heard.id, liked=False)["interaction"] is None
    waiting = job_row(owner)
    assert program.made("cancel_job", job_id=waiting.id)["status"] == "CANCELLED"
    failed = job_row(owner, status=Status.FAILED, error_message="It broke.")
    assert "It broke." in program.made("check_job_status", job_id=failed.id)["message"]
    assert program.made("retry_job", job_id=failed.id)["status"] == "PENDING"
    assert program.refused("retry_job", job_id=heard.id)["code"] == "job_not_failed"
    assert program.refused("cancel_job", job_id=heard.id)["code"] == "job_finished"
    assert program.made("delete_job", job_id=heard.id) and not Job.objects.filter(id=heard.id).exists()


def test_scores_are_hidden_where_they_are_switched_off(program, settings):
    settings.SCORE_FIRST = "off"
    assert not {"compose_music", "revise_music_score", "get_music_score"} & set(program.tools())
    error = program.send("tools/call", {"name": "compose_music", "arguments": {"style": "x"}}).json()["error"]
    assert error["code"] == -32602


def test_a_score_is_ordered_and_refused_as_by_its_endpoints(program, fake_engine):
    assert program.refused("compose_music", description="a", lyrics="b")["code"] == "validation_error"
    missing = program.refused("edit_music_score", source="job:7")
    assert (missing["code"], missing["detail"]) == ("not_found", "NOT_FOUND: Music job not found.")


def test_a_fault_in_a_tool_is_told_without_its_words(program, monkeypatch):
    monkeypatch.setattr("audiomusic.mcp.tools.reading.job_data", lambda body: 1 / 0)
    monkeypatch.setattr("audiomusic.mcp.caller.McpCaller.get", lambda *args, **options: 1 / 0)
    assert program.refused("list_jobs")["code"] == "server_error"


def test_only_a_few_wait_at_once(program, fake_engine, monkeypatch):
    slept = []
    monkeypatch.setattr("audiomusic.mcp.tools.job_answers.time.sleep", lambda seconds: slept.append(seconds))
    monkeypatch.setattr("audiomusic.mcp.tools.job_answers._waiters.acquire", lambda blocking: False)
    assert program.made("generate_music", **SONG, wait_s=25)["status"] == "PENDING" and not slept


def test_resources_are_read(program, heard):
    listed = program.ask("resources/list")["resources"]
    assert [each["uri"] for each in listed] == ["audiomusic://presets", f"audiomusic://jobs/{heard.id}"]
    assert len(program.ask("resources/templates/list")["resourceTemplates"]) == 4
    texts = {}
    for uri in (
        "presets",
        f"jobs/{heard.id}",
        *(f"jobs/{heard.id}/takes/1/{leaf}" for leaf in ("score", "lyrics.lrc")),
    ):
        [content] = program.ask("resources/read", {"uri": f"audiomusic://{uri}"})["contents"]
        texts[uri.rpartition("/")[2]] = content["text"]
    assert "genre_presets" in json.loads(texts["presets"]) and json.loads(texts["score"])["bpm"] == 120
    assert json.loads(texts[str(heard.id)])["id"] == heard.id and "la" in texts["lyrics.lrc"]
    for uri in ("audiomusic://jobs/0", f"audiomusic://jobs/{heard.id}/takes/2/score", "file:///etc/passwd"):
        assert program.send("resources/read", {"uri": uri}).json()["error"]["code"] == -32002
    assert program.modern("resources/read", {"uri": "audiomusic://x"}).json()["error"]["code"] == -32602


def test_prompts_are_filled(program):
    listed = program.ask("prompts/list")["prompts"]
    assert [prompt["name"] for prompt in listed] == ["write_song", "fix_section", "make_album"]
    [said] = program.ask("prompts/get", {"name": "write_song", "arguments": {"topic": "{rain}"}})["messages"]
    assert said["role"] == "user" and "{rain}" in said["content"]["text"]
    for arguments in ({}, {"topic": 7}, {"topic": "x", "other": "y"}):
        answer = program.send("prompts/get", {"name": "write_song", "arguments": arguments})
        assert answer.json()["error"]["code"] == -32602
