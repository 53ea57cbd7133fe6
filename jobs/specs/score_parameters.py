"""All parameters of the score-first endpoints; their limits are defined only here."""

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
    "lyrics", "lyrics", None, "Lyrics, with [Verse] and [Chorus] tags; none: an instrumental.",
    minimum=0, maximum=MAX_LYRICS_CHARS,
)  # fmt: skip
DESCRIPTION = Parameter(
    "description", "text", None, "What the song is about: the server writes the lyrics first. Not with "
                                 "lyrics.",
    minimum=1, maximum=MAX_DESCRIPTION_CHARS,
)  # fmt: skip
COT = Parameter(
    "cot",
    "choice",
    None,
    "The binding part of the score: the melody and the chords, or the melody.",
    choices=COTS,
)
SEED = Parameter("seed", "integer", None, "The same seed gives the same score.", minimum=0, maximum=2**31 - 1)
CFG_SCALE = Parameter(
    "cfg_scale", "number", None, "How closely to follow the style; the studio follows all of it.",
    minimum=1.0, maximum=10.0,
)  # fmt: skip
NAME = Parameter("display_name", "text", None, "The song's name.", minimum=0, maximum=MAX_NAME_CHARS)
TARGET = Parameter(
    "target_seconds", "integer", None, "With a description: the approximate length of the song.",
    minimum=30, maximum=300,
)  # fmt: skip
LANGUAGE = Parameter("language", "language", None, "With a description: the language of the lyrics.")
SOURCE = Parameter(
    "source_job_id",
    "integer",
    None,
    "The job with the score.",
    minimum=0,
    maximum=MAX_ROW_ID,
    is_required=True,
)
KEEP = Parameter(
    "keep_audio_of", "integer", None,
    "A recording that keeps its audio, sample for sample, in unchanged bars.",
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
    "section", "text", None, "Change only these sections: chorus is each, chorus 2 the second.",
    minimum=1, maximum=MAX_SECTION_CHARS,
)  # fmt: skip
TEMPO_CHANGE = Parameter("allow_tempo_change", "switch", None, "Whether the tempo can change.")

PLAN = (STYLE, LYRICS, DESCRIPTION, COT, SEED, CFG_SCALE, NAME, TARGET, LANGUAGE)
GENERATE = (STYLE.required(), LYRICS, ABC, COT, SEED, CFG_SCALE, NAME)
REVISE = (SOURCE, INSTRUCTION, SECTION, TEMPO_CHANGE, NAME)  # and bars
RECORD = (SOURCE, ABC, STYLE, LYRICS, COT, SEED, CFG_SCALE, NAME, TEMPO_CHANGE, KEEP)

BARS_SCHEMA = {
    "type": ["object", "null"],
    "description": "Change only these bars, from 1, both ends included.",
    "properties": {
        "start": {"type": "integer", "minimum": 1, "maximum": MAX_BARS},
        "end": {"type": "integer", "minimum": 1, "maximum": MAX_BARS},
    },
    "required": ["start", "end"],
    "additionalProperties": False,
}
