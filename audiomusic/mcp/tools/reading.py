"""Tools that read: jobs, scores, lyrics, the analysis of a song, and the account."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from django.conf import settings

from audiomusic.mcp.caller import McpCaller, Refused
from audiomusic.mcp.schemas import COUNT, TEXT, answer_schema, nullable
from audiomusic.mcp.tools.generation import API
from audiomusic.mcp.tools.job_answers import (
    GENERATE,
    JOB_SCHEMA,
    TOOL_NAMES,
    WAIT,
    blob,
    job_answer,
    job_data,
    job_wait,
    link,
    tasks_of,
    text_file,
)
from audiomusic.mcp.tools.sources import OWN_SOURCE, SOURCE, job_ref, source_body
from audiomusic.mcp.tools.tool import Arguments, Tool, ToolAnswer, value_of
from jobs.models import Job, SongType, Status
from jobs.specs.parameters import MAX_ROW_ID, Parameter
from jobs.storage.files import StorageRefused
from jobs.storage.scores import kept_midi

MAX_LISTED = 50
MAX_EMBEDDED_BYTES = 1_000_000
LYRIC_FORMATS = {"plain": "lyrics", "lrc": "lrc_content", "enhanced": "enhanced_lrc_content"}
STORAGE_FAILED = ("The storage is not available right now. Please try again.", "storage_failed", 503)

JOB = Parameter("job_id", "integer", None, "The job's number; without it the latest job.", 1, MAX_ROW_ID)
BY_TOOL = Parameter(
    "tool", "choice", None, "Without job_id: the latest job of this tool.",
    choices=(GENERATE, *dict.fromkeys(TOOL_NAMES.values())),
)  # fmt: skip
SEARCH = Parameter("search", "text", None, "Words of the title, the prompt or the lyrics.", 1, 200)
STATUS = Parameter("status", "choice", None, "Only these.", choices=tuple(Status.values))
SONG_TYPE = Parameter("song_type", "choice", None, "Only these.", choices=tuple(SongType.values))
LIKED = Parameter("liked", "switch", None, "Only liked jobs, or only the others.")
LIMIT = Parameter("limit", "integer", 10, "The maximum number of jobs.", 1, MAX_LISTED)
FORMAT = Parameter(
    "format", "choice", "plain", "Only the words, with a time for each line, or with a time for each word.",
    choices=tuple(LYRIC_FORMATS),
)  # fmt: skip


def status_body(caller: McpCaller, job_id: int) -> Any:
    """Return the job as the API's polling endpoint does. Raises Refused."""
    return caller.get(f"{API}/jobs/{job_id}/status").body


def _check(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    job_id, wait_s = value_of(arguments, JOB), value_of(arguments, WAIT)
    if job_id is None:
        job_id = _latest(caller, value_of(arguments, BY_TOOL))
    status_body(caller, job_id)  # raises Refused unless the job exists and the caller may read it
    job_wait(caller=caller, job_id=job_id, wait_s=wait_s)
    job = Job.objects.of_user(caller.user).filter(id=job_id).first()
    if job is None:
        raise Refused("Music job not found", "not_found", 404)
    return job_answer(caller, job)


def _latest(caller: McpCaller, tool: str | None) -> int:
    jobs = Job.objects.of_user(caller.user)
    if tool == GENERATE:
        jobs = jobs.exclude(task__in=TOOL_NAMES)
    elif tool is not None:
        jobs = jobs.filter(task__in=tasks_of(tool))
    found = jobs.order_by("-created_at", "-id").values_list("id", flat=True).first()
    if found is None:
        raise Refused("There is no job yet. Make one with generate_music.", "not_found", 404)
    return found


def _list(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    query = {row.name: value_of(arguments, row) for row in (SEARCH, STATUS, SONG_TYPE, LIKED, LIMIT)}
    words = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
        if value not in (None, "")
    }
    answer = caller.get(f"{API}/jobs", words)
    jobs = [job_data(body) for body in answer.body]
    total = int(answer.headers["X-Total-Count"])
    lines = [f'{job["job_id"]} {job["status"]} {job["tool"]} "{job["title"]}"' for job in jobs]
    head = f"{len(jobs)} of {total} jobs, newest first:"
    if corrected := answer.headers.get("X-Search-Corrected"):
        head = f"No song matches the words as written; searched for: {corrected}\n{head}"
    text = "\n".join([head, *lines])
    return ToolAnswer(text, {"jobs": jobs, "total": total})


def _lyrics(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    ref, form = job_ref(arguments), value_of(arguments, FORMAT)
    if form == "plain":
        words = status_body(caller, ref.job_id)["lyrics"]
        take = ref.take or 1
    else:
        query = {"take": ref.take} if ref.take else {}
        timed = caller.ask("POST", f"{API}/{ref.job_id}/lrc", query=query, reads_only=True).body
        words, take = timed[LYRIC_FORMATS[form]], timed["take"]
    uri = f"audiomusic://jobs/{ref.job_id}/takes/{take}/lyrics.lrc"
    items = () if form == "plain" else (text_file(uri, "text/plain", words),)
    data = {"job_id": ref.job_id, "take": take, "format": form, "lyrics": words}
    return ToolAnswer(words or "No one sings in this song.", data, items)


def _score(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    ref = job_ref(arguments)
    body = caller.get(f"{API}/v3/jobs/{ref.job_id}/score").body
    summary = body["score_summary"]
    text = (
        f"{summary['bars']} bars in {summary['key']}, {summary['meter']}, {summary['tempo_bpm']:g} bpm, "
        f"{summary['duration_seconds']:g} s: {', '.join(summary['sections'])}. revise_music_score changes "
        f"it, record_music_score performs it for {body['record_credits']} credits."
    )
    uri = f"audiomusic://jobs/{ref.job_id}/takes/1/score.abc"
    items = (text_file(uri, "text/vnd.abc", body["abc"]), link(body["midi_url"], "audio/midi"))
    return ToolAnswer(text, {"job_id": ref.job_id, **body}, items)


def _analyze(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    body = source_body(arguments, id_name="source_job_id", url_name="audio_url")
    answer = caller.ask("POST", f"{API}/analyze", body, reads_only=True)
    found = dict(answer.body)
    if "Retry-After" in answer.headers:
        return ToolAnswer("The analysis is in progress. Call analyze_music again in a while.", found)
    facts = [f"{name}: {found[name]}" for name in ("bpm", "keyscale", "timesignature") if found.get(name)]
    return ToolAnswer("; ".join(facts) or "The analysis found nothing in this audio.", found)


def _midi(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    ref = job_ref(arguments)
    body = status_body(caller, ref.job_id)
    index = ref.take or 1
    take = next((take for take in body["takes"] if take["index"] == index), None)
    url = take and take["midi_url"]
    if not url:
        raise Refused(f"Job {ref.job_id} has no score, so there is no MIDI of it.", "no_score", 404)
    items = [link(url, "audio/midi"), *_embedded(ref.job_id, index, url)]
    text = f"The notes of job {ref.job_id} as a MIDI file: {url}"
    return ToolAnswer(text, {"job_id": ref.job_id, "take": index, "midi_url": url}, tuple(items))


def _embedded(job_id: int, index: int, url: str) -> list[dict[str, Any]]:
    try:
        content = kept_midi(Job.objects.get(id=job_id).takes.get(index=index))
    except StorageRefused:
        raise Refused(*STORAGE_FAILED) from None
    except FileNotFoundError:
        content = None
    if content is None or len(content) > MAX_EMBEDDED_BYTES:
        return []
    return [blob(url, "audio/midi", b64encode(content).decode())]


def _account(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    credits = caller.get("/api/v1/credits").body
    status = caller.get(f"{API}/model/status").body
    shown = ("name", "label", "tasks", "tools")
    engines = [{name: engine[name] for name in shown} for engine in status["engines"]]
    left = "unlimited" if credits["unlimited"] else str(credits["available_credits"])
    data = {
        "user": caller.user.username,
        "credits": credits,
        "credits_per_minute": settings.CREDITS_PER_MINUTE,
        "rate_limits": {**settings.RATE_LIMITS, **caller.user.rate_limits},
        "waiting_limit": str(settings.WAITING_LIMIT),
        "health": status["health"],
        "engine": status["engine"],
        "engines": engines,
        "may_make_music": caller.allows("music:generate"),
    }
    text = (
        f"Credits left: {left}; a minute of audio costs {settings.CREDITS_PER_MINUTE}. The server is "
        f"{status['health']}, its engine is {status['engine']}."
    )
    return ToolAnswer(text, data)


READING = (
    Tool(
        name="check_job_status",
        title="Progress of a job",
        description=(
            "Returns the progress of a job, and links to its results. Without job_id: the latest job. With "
            "wait_s it waits for the job to finish; otherwise call it again every few seconds."
        ),
        run=_check,
        output=JOB_SCHEMA,
        parameters=(JOB, BY_TOOL, WAIT),
    ),
    Tool(
        name="list_jobs",
        title="Songs and jobs",
        description="Lists jobs, newest first: those in progress, and finished songs to work on.",
        run=_list,
        output=answer_schema(
            {"jobs": {"type": "array", "items": JOB_SCHEMA}, "total": COUNT}, ("jobs", "total")
        ),
        parameters=(SEARCH, STATUS, SONG_TYPE, LIKED, LIMIT),
    ),
    Tool(
        name="get_music_score",
        title="Read a score",
        description="The score of a finished job: key, metre, tempo, sections, and all notes as ABC text.",
        run=_score,
        output=answer_schema(
            {
                "job_id": COUNT, "abc": TEXT, "abc_url": TEXT, "midi_url": TEXT, "musicxml_url": TEXT,
                "score_url": TEXT, "editable": {"type": "boolean"}, "source": TEXT,
                "duration_seconds": {"type": "number"}, "record_credits": COUNT,
                "score_summary": answer_schema(
                    {
                        "key": TEXT, "meter": TEXT, "tempo_bpm": {"type": "number"}, "bars": COUNT,
                        "sections": {"type": "array", "items": TEXT}, "duration_seconds": {"type": "number"},
                    },
                    ("key", "meter", "bars"),
                ),
            },
            ("job_id", "abc", "score_summary", "record_credits"),
        ),
        parameters=(OWN_SOURCE,),
        is_score_first=True,
    ),
    Tool(
        name="analyze_music",
        title="Analysis of a song",
        description=(
            "Tempo, key, metre, chords, sections and words of a song: exact for songs that this server "
            "composed, estimated for other audio. Free."
        ),
        run=_analyze,
        output=answer_schema({"bpm": nullable("number"), "keyscale": nullable("string")}, ()),
        parameters=(SOURCE,),
    ),
    Tool(
        name="audio_to_midi",
        title="A song as MIDI",
        description="The exact notes of a song that this server composed, immediately. Free.",
        run=_midi,
        output=answer_schema({"job_id": COUNT, "take": COUNT, "midi_url": TEXT}, ("job_id", "midi_url")),
        parameters=(OWN_SOURCE,),
    ),
    Tool(
        name="get_lyrics",
        title="The words of a song",
        description="The lyrics of a finished song, on request with the time of each line or word. Free.",
        run=_lyrics,
        output=answer_schema(
            {"job_id": COUNT, "take": COUNT, "format": TEXT, "lyrics": TEXT}, ("job_id", "lyrics", "format")
        ),
        parameters=(OWN_SOURCE, FORMAT),
    ),
    Tool(
        name="get_account",
        title="Credits and limits",
        description="Credits left, limits, and the available engines with their capabilities.",
        run=_account,
        output=answer_schema(
            {
                "user": TEXT, "credits": {"type": "object"}, "credits_per_minute": COUNT,
                "rate_limits": {"type": "object"}, "engines": {"type": "array"},
            },
            ("user", "credits", "engines"),
        ),
    ),
)  # fmt: skip
