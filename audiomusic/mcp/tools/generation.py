"""Tools that create a job: songs from text, songs from songs, scores. Each calls one endpoint of the API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from audiomusic.mcp.caller import MAKE_SCOPE, McpCaller
from audiomusic.mcp.schemas import Schema
from audiomusic.mcp.tools.job_answers import JOB_SCHEMA, WAIT, job_answer, job_wait
from audiomusic.mcp.tools.sources import OWN_SOURCE, SOURCE, source_body
from audiomusic.mcp.tools.tool import MAKES, Arguments, Tool, ToolAnswer, value_of
from jobs.models import Job
from jobs.specs import score_parameters as rows
from jobs.specs.parameters import BASE, CAPTION, INSTRUMENTAL, LYRICS, SAMPLE_TYPE, TASKS, Parameter
from jobs.specs.tool_parameters import TOOLS

API = "/api/v1/music"
NAMES = {
    "caption": "prompt", "edit_target_prompt": "prompt", "edit_target_lyrics": "lyrics", "keyscale": "key",
    "genre_preset": "genre", "batch_size": "takes", "retake_variance": "variance", "retake_seeds": "seeds",
    "audio_cover_strength": "strength", "repainting_start": "start_s", "repainting_end": "end_s",
    "left_extend_length": "left_s", "right_extend_length": "right_s",
}  # fmt: skip
TASK = Parameter(
    "task_type", "choice", "text2music",
    "text2music: a song; prompt2instrumental: without vocals; text2rap: a rap; lyric2vocals: only vocals; "
    "text2samples: a loop or a single sound; simple: everything is planned from the prompt.",
    choices=tuple(TASKS),
)  # fmt: skip
ONCE = Parameter(
    "idempotency_key", "text", None,
    "The same key with the same arguments makes only one job, even if sent several times within a "
    "day.", 1, 200,
)  # fmt: skip
#: Parameters that a model has no use for: settings of the diffusion model, pictures, and those without
#: effect.
LEFT_OUT = {"quality", "thumbnail_url", "calculate_quality", "generate_lrc", "source_take"}
NAMED_BY_SOURCE = {"source_job_id", "original_job_id", "src_audio_url", "reference_audio_url"}
COSTS = "It costs credits: get_account says how many are left."
FOLLOW = "Returns a job immediately; follow it with check_job_status."


def few(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    skipped = LEFT_OUT | NAMED_BY_SOURCE
    return tuple(row for row in parameters if not row.is_option and row.name not in skipped)


def names_of(parameters: tuple[Parameter, ...]) -> dict[str, str]:
    """Return the rows that tools name differently from the API: API name -> tool name."""
    return {row.name: NAMES[row.name] for row in parameters if row.name in NAMES}


def make(
    caller: McpCaller,
    arguments: Arguments,
    *,
    path: str,
    names: Mapping[str, str],
    source: Mapping[str, Any] | None = None,
    skipped: tuple[str, ...] = (),
) -> ToolAnswer:
    """Request the job from the API, and wait for it as long as asked. Raises Refused."""
    wait_s, key = value_of(arguments, WAIT), value_of(arguments, ONCE)
    own = {WAIT.name, ONCE.name, SOURCE.name, *skipped}
    known = {shown: name for name, shown in names.items()}
    body = {known.get(name, name): value for name, value in arguments.items() if name not in own}
    answer = caller.ask("POST", path, {**body, **(source or {})}, idempotency_key=key).body
    job_id = int(answer["job_id"] if "job_id" in answer else answer["job"]["id"])
    job_wait(caller=caller, job_id=job_id, wait_s=wait_s)
    return job_answer(caller, Job.objects.of_user(caller.user).get(id=job_id))


#: `simple` calls `query` what the other tasks call `caption`.
GENERATE_NAMES = {"query": "prompt", **names_of((CAPTION, *BASE))}


def _generate(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    task = value_of(arguments, TASK)
    return make(caller, arguments, path=f"{API}/{task}", names=GENERATE_NAMES, skipped=(TASK.name,))


def _of_song(caller: McpCaller, arguments: Arguments, *, task: str) -> ToolAnswer:
    table = TOOLS[task]
    row_names = {row.name for row in table.parameters}
    id_name = "original_job_id" if "original_job_id" in row_names else "source_job_id"
    url_name = next((name for name in ("src_audio_url", "reference_audio_url") if name in row_names), None)
    source = source_body(arguments, id_name=id_name, url_name=url_name)
    path, names = f"{API}/{table.leaf or task}", names_of(table.parameters)
    return make(caller, arguments, path=path, names=names, source=source)


def _of_words(caller: McpCaller, arguments: Arguments) -> ToolAnswer:
    return make(caller, arguments, path=f"{API}/v3/plan", names={})


def _of_score(caller: McpCaller, arguments: Arguments, *, leaf: str) -> ToolAnswer:
    source = source_body(arguments, id_name="source_job_id", url_name=None)
    source.pop("source_take", None)  # a job has only one written score
    return make(caller, arguments, path=f"{API}/v3/{leaf}", names={}, source=source)


def song_tool(task: str, name: str, title: str, description: str) -> Tool:
    """Return the tool for a task of `jobs.specs.tool_parameters`."""
    return Tool(
        name=name,
        title=title,
        description=f"{description} {FOLLOW} {COSTS}",
        run=partial(_of_song, task=task),
        output=JOB_SCHEMA,
        parameters=(SOURCE, *few(TOOLS[task].parameters), WAIT, ONCE),
        names=names_of(TOOLS[task].parameters),
        scope=MAKE_SCOPE,
        hints=MAKES,
    )


def score_tool(
    leaf: str,
    name: str,
    title: str,
    description: str,
    parameters: tuple[Parameter, ...],
    more: Mapping[str, Schema] | None = None,
) -> Tool:
    """Return a tool that makes a new score or a recording from a score."""
    kept = tuple(row for row in parameters if row.name != "source_job_id")
    return Tool(
        name=name,
        title=title,
        description=f"{description} {FOLLOW} {COSTS}",
        run=partial(_of_score, leaf=leaf),
        output=JOB_SCHEMA,
        parameters=(OWN_SOURCE, *kept, WAIT, ONCE),
        more=more or {},
        scope=MAKE_SCOPE,
        hints=MAKES,
        is_score_first=True,
    )


RECORD = score_tool(
    "edit", "record_music_score", "Perform a score",
    "Sings and plays a written score note for note. abc replaces the job's own text; with keep_audio_of, "
    "unchanged bars keep their audio.",
    rows.RECORD,
)  # fmt: skip

MAKING = (
    Tool(
        name="generate_music",
        title="Make music",
        description=(
            "Makes a song, instrumental, rap, a cappella, loop or sound from a prompt and lyrics. Without "
            f"lyrics, the server writes them, unless instrumental is true. {FOLLOW} {COSTS}"
        ),
        run=_generate,
        output=JOB_SCHEMA,
        parameters=(
            CAPTION.required(), TASK, LYRICS, INSTRUMENTAL, *few(BASE), SAMPLE_TYPE, WAIT, ONCE,
        ),
        names=GENERATE_NAMES,
        scope=MAKE_SCOPE,
        hints=MAKES,
    ),
    Tool(
        name="compose_music",
        title="Write a score",
        description=(
            "Writes melody, chords, words and band as a score, without audio. Start with this to change "
            f"the score before it is recorded. {FOLLOW} Then get_music_score, revise_music_score, "
            f"record_music_score. {COSTS}"
        ),
        run=_of_words,
        output=JOB_SCHEMA,
        parameters=(*rows.PLAN, WAIT, ONCE),
        scope=MAKE_SCOPE,
        hints=MAKES,
        is_score_first=True,
    ),
    score_tool(
        "revise", "revise_music_score", "Change a score in words",
        "Makes a new score from an instruction such as 'make the chorus higher'; everything outside "
        "section and bars stays the same.",
        rows.REVISE, {"bars": {**rows.BARS_SCHEMA, "type": "object"}},
    ),
    RECORD,
    song_tool("cover", "cover_music", "Cover a song", "Makes the same song in another style."),
    song_tool(
        "reference", "reference_music", "Follow the sound of a song", "Makes a new song that sounds like "
                                                                      "another."
    ),
    song_tool("retake", "retake_music", "Another take", "Makes the same song again."),
    song_tool(
        "repaint", "repaint_music", "Make a part again",
        "Makes a part of a song again, given in seconds, bars or as a section; outside it every sample "
        "stays the same.",
    ),
    song_tool("extend", "extend_music", "Go on", "Extends a song after its end or before its beginning."),
    song_tool(
        "edit", "edit_music", "Other words, band or mix",
        "Sings other words to the same melody, or changes the arrangement or the mix.",
    ),
    song_tool(
        "extract", "separate_stems", "Take out parts",
        "Extracts one stem of a song (track_name), all but one (mode without), or all (all_stems).",
    ),
)  # fmt: skip

#: Names from earlier servers, which are not listed.
ALIASES = {"edit_music_score": RECORD}
