"""A job as a tool result: its progress, its outcome, and the next step."""

from __future__ import annotations

import time
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings

from audiomusic.engines.encoding import FORMATS
from audiomusic.mcp.caller import McpCaller
from audiomusic.mcp.schemas import COUNT, TEXT, Schema, answer_schema, nullable
from audiomusic.mcp.tools.tool import ToolAnswer
from jobs.models import FINISHED, AudioFile, Job, Status
from jobs.representations import JobBody, TakeBody, job_body
from jobs.specs.parameters import Parameter
from jobs.specs.score_tasks import SILENT_TASKS

MAX_WAIT_S = 25  # proxies time out after 30
LOOK_S = 0.25
WAITERS = 2  # of the eight threads of a web process, so waiting calls do not block the others
_waiters = BoundedSemaphore(WAITERS)

WAIT = Parameter(
    "wait_s", "number", 0, "Seconds to wait for the job to finish; after that the response comes anyway.",
    0, MAX_WAIT_S,
)  # fmt: skip

#: Task -> the tool that requests it.
TOOL_NAMES = {
    "plan": "compose_music", "revise": "revise_music_score", "record": "record_music_score",
    "score_song": "record_music_score", "extract": "separate_stems", "cover": "cover_music",
    "reference": "reference_music", "retake": "retake_music", "repaint": "repaint_music",
    "extend": "extend_music", "edit": "edit_music",
}  # fmt: skip
GENERATE = "generate_music"

TAKE_SCHEMA: Schema = answer_schema(
    {
        "take": COUNT, "track_name": nullable("string"), "seed": COUNT, "duration_s": {"type": "number"},
        "quality": nullable("number"),
        "audio": {"type": "object", "additionalProperties": TEXT, "description": "Format -> link."},
        "lrc_url": nullable("string"), "midi_url": nullable("string"), "score_url": nullable("string"),
    },
    ("take", "audio"),
)  # fmt: skip
JOB_SCHEMA: Schema = answer_schema(
    {
        "job_id": COUNT, "status": {"type": "string", "enum": list(Status.values)}, "tool": TEXT,
        "message": TEXT, "title": TEXT, "progress": nullable("integer"), "stage": nullable("string"),
        "position": nullable("integer"), "duration_s": nullable("number"), "credits_reserved": COUNT,
        "credits_charged": COUNT, "error_code": nullable("string"), "error_message": nullable("string"),
        "source_job_id": nullable("integer"), "takes": {"type": "array", "items": TAKE_SCHEMA},
    },
    ("job_id", "status", "tool", "message", "credits_reserved"),
)  # fmt: skip


def tool_of(task: str) -> str:
    return TOOL_NAMES.get(task, GENERATE)


def tasks_of(tool: str) -> list[str]:
    """Return the tasks that a tool requests; empty for `generate_music`, which handles all others."""
    return [task for task, name in TOOL_NAMES.items() if name == tool]


def job_wait(*, caller: McpCaller, job_id: int, wait_s: float) -> None:
    """Wait until the job is finished, at most `wait_s` and the limit in the settings. Don't wait if too many
    calls are already waiting.
    """
    wait_s = min(wait_s, settings.MCP_WAIT_S)
    if wait_s <= 0 or not _waiters.acquire(blocking=False):
        return
    try:
        ends_at = time.monotonic() + wait_s
        job = Job.objects.filter(id=job_id)
        while (row := job.values_list("status", "progress", "stage").first()) is not None:
            status, progress, stage = row
            if caller.progress is not None:
                caller.progress(100 if status in FINISHED else progress or 0, stage or status.lower())
            if status in FINISHED or time.monotonic() >= ends_at:
                return
            time.sleep(LOOK_S)
    finally:
        _waiters.release()


def job_answer(caller: McpCaller, job: Job, *, lead: str = "") -> ToolAnswer:
    """Return the job as a tool result. `lead` says what was just done."""
    body = job_body(job, base_url=caller.base_url)
    data = job_data(body)
    data["message"] = " ".join(filter(None, (lead, data["message"])))
    text = data["message"]
    if body["output_url"]:
        text += f"\n{body['output_url']}"
    return ToolAnswer(text, data, tuple(_links(job, body)))


def job_data(body: JobBody) -> dict[str, Any]:
    return {
        "job_id": body["id"],
        "status": str(body["status"]),
        "tool": tool_of(body["task"]),
        "message": message_of(body),
        "title": body["display_name"],
        "progress": body["progress"],
        "stage": body["stage"],
        "position": body["queue_position"],
        "duration_s": body["audio_duration"],
        "credits_reserved": body["credits"]["reserved"],
        "credits_charged": body["credits"]["charged"],
        "error_code": body["error_code"],
        "error_message": body["error_message"],
        "source_job_id": body["source_job_id"],
        "takes": [_take(take) for take in body["takes"]],
    }


def _take(take: TakeBody) -> dict[str, Any]:
    return {
        "take": take["index"],
        "track_name": take["track_name"],
        "seed": take["seed"],
        "duration_s": take["duration"],
        "quality": take["quality_score"],
        "audio": take["urls"],
        "lrc_url": take["lrc_url"],
        "midi_url": take["midi_url"],
        "score_url": take["score_url"],
    }


def message_of(body: JobBody) -> str:
    """Describe the job's state and the next step."""
    job_id, status = body["id"], body["status"]
    poll = f"Call check_job_status with job_id {job_id}"
    if status == Status.PENDING:
        return (
            f"Job {job_id} is in the queue, with {body['queue_position'] or 0} before it. {poll} in a while."
        )
    if status == Status.PROCESSING:
        return f"Job {job_id} is being made, {body['progress'] or 0} % so far. {poll} in a while."
    if status == Status.FAILED:
        return f"Job {job_id} failed: {body['error_message']} retry_job tries again."
    if status == Status.CANCELLED:
        return f"Job {job_id} was cancelled; its reserved credits were released."
    if body["task"] in SILENT_TASKS:
        return (
            f'The score of "{body["display_name"]}" is written (job {job_id}). get_music_score shows it, '
            f"revise_music_score changes it, record_music_score with source job:{job_id} performs it."
        )
    return (
        f'"{body["display_name"]}" is finished (job {job_id}), {body["audio_duration"] or 0:g} s. Its '
        f"links open without a key for {settings.AUDIO_LINK_HOURS} h; other tools work on it as source "
        f"job:{job_id}."
    )


def _links(job: Job, body: JobBody) -> list[dict[str, Any]]:
    """Return a link to each take in the job's format, and to its score as MIDI."""
    if not body["takes"]:
        return []
    files = AudioFile.objects.filter(take__job=job, format=job.format)
    sizes = dict(files.values_list("take__index", "byte_count"))
    found = []
    for take in body["takes"]:
        size = sizes.get(take["index"])
        found.append(link(take["urls"][job.format], FORMATS[job.format].content_type, size))
        if take["midi_url"]:
            found.append(link(take["midi_url"], "audio/midi"))
    return found


def link(url: str, kind: str, size: int | None = None) -> dict[str, Any]:
    item = {"type": "resource_link", "uri": url, "name": url.rpartition("/")[2], "mimeType": kind}
    return item if size is None else {**item, "size": size}


def blob(uri: str, kind: str, content: str) -> dict[str, Any]:
    """Return a small file embedded in the result; `content` is base64."""
    return {"type": "resource", "resource": {"uri": uri, "mimeType": kind, "blob": content}}


def text_file(uri: str, kind: str, content: str) -> dict[str, Any]:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": kind, "text": content}}
