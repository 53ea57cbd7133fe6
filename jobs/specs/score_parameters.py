"""What the endpoints of score-first music take: a limit stands here and nowhere else."""

from __future__ import annotations

from audiomusic.engines.notation.reader import MAX_CHARS
from audiomusic.engines.notation.tune import MAX_BARS
from jobs.specs.parameters import MAX_LYRICS_CHARS, MAX_NAME_CHARS, MAX_ROW_ID, Parameter

COTS = ("full", "melody")
MAX_STYLE_CHARS, MAX_DESCRIPTION_CHARS, MAX_INSTRUCTION_CHARS, MAX_SECTION_CHARS = 2000, 1000, 500, 60

STYLE = Parameter(
    "style", "text", None, "Genre, instruments, mood, tempo and voice.", minimum=1, maximum=MAX_STYLE_CHARS
)
LYRICS = Parameter(
    "lyrics", "lyrics", None, "Words, with [Verse] and [Chorus] marks; none: an instrumental.",
    minimum=0, maximum=MAX_LYRICS_CHARS,
)  # fmt: skip
DESCRIPTION = Parameter(
    "description", "text", None, "What the song is about: its words are written first. Not with lyrics.",
    minimum=1, maximum=MAX_DESCRIPTION_CHARS,
)  # fmt: skip
COT = Parameter(
    "cot", "choice", None, "What of the score holds: the melody and the chords, or the melody.", choices=COTS
)
SEED = Parameter("seed", "integer", None, "The same seed, the same score.", minimum=0, maximum=2**31 - 1)
CFG_SCALE = Parameter(
    "cfg_scale", "number", None, "How literally the style is followed; the studio follows all of it.",
    minimum=1.0, maximum=10.0,
)  # fmt: skip
NAME = Parameter("display_name", "text", None, "The song's name.", minimum=0, maximum=MAX_NAME_CHARS)
TARGET = Parameter(
    "target_seconds", "integer", None, "With a description: about how long the song should be.",
    minimum=30, maximum=300,
)  # fmt: skip
LANGUAGE = Parameter("language", "language", None, "With a description: of the words.")
SOURCE = Parameter(
    "source_job_id",
    "integer",
    None,
    "The job whose score it is.",
    minimum=0,
    maximum=MAX_ROW_ID,
    is_required=True,
)
KEEP = Parameter(
    "keep_audio_of", "integer", None,
    "A recording whose sound stays, sample for sample, in the bars that did not change.",
    minimum=0, maximum=MAX_ROW_ID,
)  # fmt: skip
ABC = Parameter(
    "abc", "text", None, "A whole score in ABC notation; none: the job's own.", minimum=1, maximum=MAX_CHARS
)
INSTRUCTION = Parameter(
    "instruction", "text", None, "What to change, in words.", minimum=1, maximum=MAX_INSTRUCTION_CHARS,
    is_required=True,
)  # fmt: skip
SECTION = Parameter(
    "section", "text", None, "Change nothing but these sections: chorus is each, chorus 2 the second.",
    minimum=1, maximum=MAX_SECTION_CHARS,
)  # fmt: skip
TEMPO_CHANGE = Parameter("allow_tempo_change", "switch", None, "Whether the tempo may change.")

PLAN = (STYLE, LYRICS, DESCRIPTION, COT, SEED, CFG_SCALE, NAME, TARGET, LANGUAGE)
GENERATE = (STYLE.required(), LYRICS, ABC, COT, SEED, CFG_SCALE, NAME)
REVISE = (SOURCE, INSTRUCTION, SECTION, TEMPO_CHANGE, NAME)  # and bars
RECORD = (SOURCE, ABC, STYLE, LYRICS, COT, SEED, CFG_SCALE, NAME, TEMPO_CHANGE, KEEP)

BARS_SCHEMA = {
    "type": ["object", "null"],
    "description": "Change nothing but these bars, from 1, both ends included.",
    "properties": {
        "start": {"type": "integer", "minimum": 1, "maximum": MAX_BARS},
        "end": {"type": "integer", "minimum": 1, "maximum": MAX_BARS},
    },
    "required": ["start", "end"],
    "additionalProperties": False,
}
