"""All parameters of the generation endpoints, with their defaults and ranges.

The serializers, the schema, the page and `GET /model/status` all read these tables, so each limit is defined
only here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from audiomusic.engines.base import MAX_DURATION_S, MIN_DURATION_S
from audiomusic.engines.registry import ENGINES
from jobs.models import AudioFormat, Task

Kind = Literal[
    "text", "lyrics", "link", "number", "integer", "switch", "choice", "word",
    "key", "metre", "language", "preset", "adapter", "seeds",
]  # fmt: skip

MODEL_VERSIONS = ("audiomusic-v2", "audiomusic-v1.5")  # both mean: the server's default engine
SAMPLE_TYPES = ("loop", "one-shot")
QUALITIES = ("standard", "premium")
MAX_SEED = 2**32 - 1
MAX_TEXT_CHARS = 2048
MAX_LYRICS_CHARS = 10_000
MAX_QUERY_CHARS = 1000
MAX_NAME_CHARS = 200
MAX_ADAPTERS_CHARS = 300  # four of the longest names, with their weights
MAX_LINK_CHARS = 2000
MAX_SAMPLE_DURATION_S = 120.0
MAX_ROW_ID = 2**63 - 1


@dataclass(frozen=True)
class Parameter:
    """One parameter. `minimum` and `maximum` bound a number, or the number of characters of a text."""

    name: str
    kind: Kind
    default: Any
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()  # a "word" ignores case
    aliases: tuple[str, ...] = ()
    auto: Any = None  # the value that leaves it to the server
    is_required: bool = False
    is_option: bool = False  # a parameter of the model, passed to the engine unchanged
    field: str = ""  # its name in SongRequest, if different

    @property
    def key(self) -> str:
        """Its name in GenerationParams, SongRequest and `Job.effective`."""
        return self.field or self.name

    @property
    def all_names(self) -> tuple[str, ...]:
        """All names a client may use, its own name first."""
        return (self.name, *self.aliases)

    @property
    def is_nullable(self) -> bool:
        """Whether null means the same as omitting it."""
        return self.default is None and not self.is_required

    def required(self) -> Parameter:
        return replace(self, is_required=True)

    def describe(self) -> dict[str, Any]:
        """Return the row as JSON for pages and clients, without keys that do not apply."""
        row = {
            "name": self.name,
            "kind": self.kind,
            "required": self.is_required,
            "default": self.default,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "choices": list(self.choices),
            "aliases": list(self.aliases),
            "help": self.help,
        }
        return {key: value for key, value in row.items() if key == "default" or value not in (None, [])}


def _option(
    name: str, kind: Kind, default: Any, help: str, low: float | None = None, high: float | None = None,
    **more: Any,
) -> Parameter:  # fmt: skip
    return Parameter(name, kind, default, help, low, high, is_option=True, **more)


CAPTION = Parameter(
    "caption", "text", None, "What the music should be: genre, mood, instruments, singer.", 1, MAX_TEXT_CHARS,
    aliases=("prompt",),
)  # fmt: skip
QUERY = Parameter(
    "query", "text", None, "Your whole wish in one sentence; everything else is planned from it.",
    1, MAX_QUERY_CHARS, aliases=("prompt", "caption"),
)  # fmt: skip
LYRICS = Parameter(
    "lyrics", "lyrics", None,
    "Words to sing, typed or pasted: with [verse] and [chorus] tags, as LRC, SRT, ChordPro or a chord "
    "sheet. Tags without words make an instrumental of that form. Without lyrics, and without "
    "`instrumental`, the server writes them.", 1, MAX_LYRICS_CHARS,
)  # fmt: skip
INSTRUMENTAL = Parameter("instrumental", "switch", None, "No vocals, even with lyrics.")
DURATION = Parameter(
    "duration", "number", -1, "Seconds of audio; -1: as long as the lyrics or the plan need.",
    MIN_DURATION_S, MAX_DURATION_S, aliases=("audio_duration",), auto=-1, field="duration_s",
)  # fmt: skip
BPM = Parameter("bpm", "number", None, "Tempo in beats a minute.", 30, 300)
SAMPLE_TYPE = Parameter("sample_type", "choice", "loop", "What the sample is for.", choices=SAMPLE_TYPES)

#: Parameters of every generation endpoint.
BASE = (
    DURATION,
    Parameter("format", "choice", "flac", "What `output_url` opens.", choices=tuple(AudioFormat.values)),
    Parameter(
        "model_version", "choice", MODEL_VERSIONS[0], "A model's version, or the name of an engine.",
        choices=(*MODEL_VERSIONS, *ENGINES),
    ),
    Parameter("batch_size", "integer", 1, "How many takes, each with its own seed.", 1, 8),
    Parameter("seed", "integer", -1, "The first take's seed; -1 draws one.", 0, MAX_SEED, auto=-1),
    BPM,
    Parameter("keyscale", "key", None, "Key, such as C Major, Am, F# minor, D dorian or Bb."),
    Parameter("timesignature", "metre", None, "Metre.", choices=("2/4", "3/4", "4/4", "6/8")),
    Parameter("vocal_language", "language", "unknown", "ISO 639-1 code of the singing.", auto="unknown"),
    Parameter("generate_lrc", "switch", False, "Time-stamped lyrics with the audio."),
    Parameter("calculate_quality", "switch", True, "Rate each take from 0 to 1."),
    Parameter(
        "genre_preset", "preset", None, "The name of a preset; your own parameters take precedence over "
                                        "it.", 1, 64,
        field="genre",
    ),
    Parameter("display_name", "text", None, "The name of the song in your library.", 1, MAX_NAME_CHARS),
    Parameter("thumbnail_url", "link", None, "An http or https link to a picture.", 1, MAX_LINK_CHARS),
    Parameter("quality", "choice", "standard", "Accepted for old clients; no effect.", choices=QUALITIES),
)  # fmt: skip

#: The diffusion model's and its language model's own parameters.
OPTIONS = (
    _option("inference_steps", "integer", 64, "Diffusion steps.", 1, 200, aliases=("infer_step",)),
    _option("guidance_scale", "number", 7.0, "How closely the caption is followed.", 1, 30),
    _option("shift", "number", 3.0, "Timestep shift.", 1, 5),
    _option("infer_method", "choice", "ode", "Sampler.", choices=("ode", "sde")),
    _option("use_adg", "switch", False, "Adaptive dual guidance."),
    _option(
        "cfg_interval_start", "number", 0.0, "Guidance is on down to this level of noise (1 to 0).", 0, 1
    ),
    _option("cfg_interval_end", "number", 1.0, "Guidance is on from this level of noise (1 to 0).", 0, 1),
    _option("thinking", "switch", True, "Let the language model plan first."),
    _option("use_cot_metas", "switch", True, "Let it plan tempo, key and metre."),
    _option("use_cot_caption", "switch", True, "Let it rewrite the caption."),
    _option("use_cot_language", "switch", True, "Let it find the language."),
    _option("use_cot_lyrics", "switch", False, "Let it rewrite the lyrics."),
    _option("use_constrained_decoding", "switch", True, "Hold its plan to a grammar."),
    _option("lm_temperature", "number", 0.85, "Its temperature.", 0, 2),
    _option("lm_cfg_scale", "number", 2.0, "Its guidance.", 0, 10),
    _option("lm_top_k", "integer", 0, "The number of tokens to keep; 0 keeps all.", 0, 100),
    _option("lm_top_p", "number", 0.9, "The share of the probability to keep.", 0, 1),
    _option("lm_negative_prompt", "text", "NO USER INPUT", "What to avoid.", 0, MAX_TEXT_CHARS),
    _option(
        "lora_name_or_path",
        "adapter",
        None,
        'An adapter registered here, or several with their weights: "Rain:0.8, Night:0.4".',
        1,
        MAX_ADAPTERS_CHARS,
    ),
    _option("lora_weight", "number", 1.0, "The weight of adapters that have none of their own.", -3, 3),
)


@dataclass(frozen=True)
class TaskTable:
    """The parameters of one endpoint that creates jobs, and whether its music has a voice. `leaf`: its path,
    if other than its task's name."""

    task: Task
    summary: str
    parameters: tuple[Parameter, ...]
    voice: Literal["maybe", "never", "always"] = "maybe"
    leaf: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)

    def describe(self) -> dict[str, Any]:
        return {
            "summary": self.summary,
            "endpoint": f"/api/v1/music/{self.leaf or self.task}",
            "parameters": [parameter.describe() for parameter in self.parameters],
        }


_CAPTIONED = (CAPTION.required(), LYRICS, INSTRUMENTAL, *BASE, *OPTIONS)
_SAMPLED = {
    "duration": replace(DURATION, maximum=MAX_SAMPLE_DURATION_S),
    "bpm": replace(BPM, minimum=60, maximum=200, aliases=("tempo",)),
}

_DRAFTED_BASE = (
    "duration", "seed", "bpm", "keyscale", "timesignature", "vocal_language", "genre_preset", "display_name",
)  # fmt: skip
#: Parameters of a draft: a wish, as a sentence or as a caption, and any details of the song already decided.
DRAFT = TaskTable(
    Task.TEXT2MUSIC,
    "Lyrics and plan of a song, without making it",
    (
        replace(QUERY, aliases=(), default=""), replace(CAPTION, default=""), LYRICS, INSTRUMENTAL,
        *(parameter for parameter in BASE if parameter.name in _DRAFTED_BASE),
    ),
)  # fmt: skip

#: Name used by a client or a preset -> name in SongRequest. `prompt` is a caption; only in `simple` it is the
#: query.
FIELD_NAMES = {
    name: parameter.key
    for parameter in (QUERY, SAMPLE_TYPE, *_SAMPLED.values(), *_CAPTIONED)
    for name in parameter.all_names
}

TASKS: dict[str, TaskTable] = {
    table.task.value: table
    for table in (
        TaskTable(Task.TEXT2MUSIC, "A song from a caption and lyrics", _CAPTIONED),
        TaskTable(Task.PROMPT2INSTRUMENTAL, "Music without a voice", _CAPTIONED, voice="never"),
        TaskTable(Task.TEXT2RAP, "A rap from a caption and lyrics", _CAPTIONED),
        TaskTable(Task.LYRIC2VOCALS, "Only vocals, singing the lyrics", _CAPTIONED, voice="always"),
        TaskTable(
            Task.TEXT2SAMPLES,
            "A loop or a single sound",
            (SAMPLE_TYPE, *(_SAMPLED.get(parameter.name, parameter) for parameter in _CAPTIONED)),
            voice="never",
        ),
        TaskTable(Task.SIMPLE, "A song from one sentence", (QUERY.required(), INSTRUMENTAL, *BASE, *OPTIONS)),
    )
}
