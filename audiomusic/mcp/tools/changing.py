"""Tools that manage jobs: retry, cancel, rename, like and delete."""

from __future__ import annotations

from audiomusic.mcp.caller import MAKE_SCOPE, McpCaller
from audiomusic.mcp.schemas import COUNT, TEXT, answer_schema, nullable
from audiomusic.mcp.tools.generation import API, ONCE
from audiomusic.mcp.tools.job_answers import JOB_SCHEMA, WAIT, job_answer, job_wait
from audiomusic.mcp.tools.tool import Arguments, Hints, Tool, ToolAnswer, value_of
from jobs.models import Job
from jobs.specs.parameters import MAX_NAME_CHARS, MAX_ROW_ID, Parameter

JOB = Parameter("job_id", "integer", None, "The job's number.", 1, MAX_ROW_ID, is_required=True)
TITLE = Parameter("title", "text", None, "The new name.", 1, MAX_NAME_CHARS, is_required=True)
IS_LIKED = Parameter("liked", "switch", True, "false removes the like.")


def _of(caller: McpCaller, job_id: int, lead: str = "") -> ToolAnswer:
    return job_answer(caller, Job.objects.of_user(caller.user).get(id=job_id), lead=lead)


def _retry(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    job_id, wait_s = value_of(arguments, JOB), value_of(arguments, WAIT)
    caller.ask("POST", f"{API}/jobs/{job_id}/retry", idempotency_key=value_of(arguments, ONCE))
    job_wait(caller=caller, job_id=job_id, wait_s=wait_s)
    return _of(caller, job_id)


def _cancel(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    job_id = value_of(arguments, JOB)
    answer = caller.ask("POST", f"{API}/jobs/{job_id}/cancel").body
    return _of(caller, job_id, f"{answer['message']}.")


def _rename(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    job_id, title = value_of(arguments, JOB), value_of(arguments, TITLE)
    caller.ask("PATCH", f"{API}/jobs/{job_id}", {"display_name": title})
    return _of(caller, job_id, "The job is renamed.")


def _like(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    job_id, is_liked = value_of(arguments, JOB), value_of(arguments, IS_LIKED)
    body = caller.ask("POST" if is_liked else "DELETE", f"{API}/jobs/{job_id}/like").body
    text = f"Job {job_id} is liked." if is_liked else f"Job {job_id} is not liked any more."
    return ToolAnswer(text, {**body, "message": text})


def _delete(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    job_id = value_of(arguments, JOB)
    answer = caller.ask("DELETE", f"{API}/jobs/{job_id}").body
    return ToolAnswer(f"{answer['message']}.", {"job_id": job_id, "message": answer["message"]})


CHANGING = (
    Tool(
        name="retry_job",
        title="Try a failed job again",
        description="Makes a failed job again, with the same seeds and at the same price.",
        run=_retry,
        output=JOB_SCHEMA,
        parameters=(JOB, WAIT, ONCE),
        scope=MAKE_SCOPE,
        hints=Hints(),
    ),
    Tool(
        name="cancel_job",
        title="Stop a job",
        description="Stops a job that is waiting or running, and releases its credits.",
        run=_cancel,
        output=JOB_SCHEMA,
        parameters=(JOB,),
        scope=MAKE_SCOPE,
        hints=Hints(destroys=True, is_repeatable=True),
    ),
    Tool(
        name="rename_job",
        title="Name a song",
        description="Renames a job.",
        run=_rename,
        output=JOB_SCHEMA,
        parameters=(JOB, TITLE),
        scope=MAKE_SCOPE,
        hints=Hints(is_repeatable=True),
    ),
    Tool(
        name="like_job",
        title="Like a song",
        description="Likes a job, or removes the like.",
        run=_like,
        output=answer_schema(
            {"job_id": COUNT, "interaction": nullable("string"), "message": TEXT}, ("job_id", "message")
        ),
        parameters=(JOB, IS_LIKED),
        scope=MAKE_SCOPE,
        hints=Hints(is_repeatable=True),
    ),
    Tool(
        name="delete_job",
        title="Delete a song",
        description="Deletes a job and its audio permanently. Ask the user first.",
        run=_delete,
        output=answer_schema({"job_id": COUNT, "message": TEXT}, ("job_id", "message")),
        parameters=(JOB,),
        scope=MAKE_SCOPE,
        hints=Hints(destroys=True, is_repeatable=True),
    ),
)
