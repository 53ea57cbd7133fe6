"""All parameters of the endpoints that work on a song; those of generation are in `parameters`."""

from __future__ import annotations

from dataclasses import replace

from audiomusic.engines.base import MAX_DURATION_S
from audiomusic.engines.studio.rework.stem_names import STEM_NAMES
from jobs.models import Task
from jobs.specs.parameters import (
    BASE,
    CAPTION,
    DURATION,
    INSTRUMENTAL,
    LYRICS,
    MAX_ROW_ID,
    MAX_SEED,
    MAX_TEXT_CHARS,
    OPTIONS,
    Parameter,
    TaskTable,
)

MODES = ("stem", "without", "lego", "complete")
SNAPS = ("none", "beat", "bar", "line")
EDIT_TYPES = ("only_lyrics", "remix", "mix")
MAX_EXTENSION_S, MAX_BARS = 60.0, 400
#: The parameters that name a source song by number and by URL.
ID_NAME, URL_NAME = "source_job_id", "src_audio_url"

_BASE = {parameter.name: parameter for parameter in BASE}
_ENGINE = replace(_BASE["model_version"], aliases=("engine",))

_ADDRESS = Parameter(
    URL_NAME, "text", None,
    "The song: its audio link from this server, `job:ID` or `job:ID/take/N`.", 1, 2048,
)  # fmt: skip
_NUMBER = Parameter(ID_NAME, "integer", None, "The song, by its job number.", 1, MAX_ROW_ID)
_TAKE = Parameter("source_take", "integer", None, "Its take, from 1; the default is the first.", 1, 1000)
_OWN = replace(_NUMBER, aliases=("original_job_id",))

#: The parameters that name the source song; exactly one of the first two is sent.
SOURCE = (_ADDRESS, _NUMBER, _TAKE)

_FEW = tuple(
    _ENGINE if name == "model_version" else _BASE[name]
    for name in (
        "format", "model_version", "batch_size", "seed", "generate_lrc", "calculate_quality", "genre_preset",
        "display_name", "thumbnail_url", "quality",
    )
)  # fmt: skip
_ALL = (
    *(_ENGINE if parameter.name == "model_version" else parameter for parameter in BASE[1:]),
    *OPTIONS,
)
_SAME_LENGTH = replace(DURATION, help="-1, or the song's own length, which does not change.")
_WORDS = replace(LYRICS, help="Other lyrics. Without them, the song's own stay.")

_EXTRACT = TaskTable(
    Task.EXTRACT,
    "Stems of a song: one, all but one, or all",
    (
        *SOURCE,
        Parameter(
            "track_name", "word", None, "The stem; `GET /jobs/{job_id}/stems` lists those of a song.",
            choices=STEM_NAMES,
        ),
        Parameter(
            "mode", "choice", "stem",
            "Only the stem, or the song without it; with ACE-Step's base weights, lego: a new part for the "
            "song; complete: a band around it.", choices=MODES,
        ),
        replace(CAPTION, help="How it should sound: for lego and complete."),
        Parameter(
            "all_stems", "switch", False, "Every stem, each as its own take; without `track_name`."
        ),
        _BASE["format"],
        _ENGINE,
        replace(DURATION, help="-1, or the song's own length; stems are as long as their song."),
        replace(_BASE["batch_size"], help="One; `all_stems` makes a take for each part.", maximum=1),
        *(
            _BASE[name]
            for name in (
                "seed", "generate_lrc", "calculate_quality", "genre_preset", "display_name",
                "thumbnail_url", "quality",
            )
        ),
    ),
    leaf="extract-stem",
)  # fmt: skip

_RETAKE = TaskTable(
    Task.RETAKE,
    "The same song again, with an adjustable amount of change",
    (
        replace(_NUMBER, name="original_job_id", aliases=("source_job_id",)).required(),
        _TAKE,
        Parameter(
            "retake_variance", "number", 0.7,
            "How much to change: above 0 the performance, from 0.15 fills, 0.3 accompaniment, 0.45 groove "
            "and bass, 0.6 chords, 0.7 the melody, 0.85 instruments. 0 is the song itself.", 0, 1,
            field="variance",
        ),
        Parameter("retake_seeds", "seeds", None, "A seed for each take, 1 to 8 of them.", 0, MAX_SEED),
        replace(CAPTION, help="Not used: a retake keeps the request of its song."),
        _SAME_LENGTH,
        *(
            # No default: clients that send every default could not send two seeds.
            replace(row, default=None, help="How many takes; one per seed, otherwise one.")
            if row.name == "batch_size" else row for row in _FEW
        ),
    ),
)  # fmt: skip

_REPAINT = TaskTable(
    Task.REPAINT,
    "A part of a song made again, with the rest unchanged",
    (
        _ADDRESS, _OWN, _TAKE,
        Parameter(
            "repainting_start", "number", None, "The start of the range, in seconds.", 0, MAX_DURATION_S,
            field="start_s",
        ),
        Parameter(
            "repainting_end", "number", None, "The end of the range, in seconds; -1: the end of the song.", 0,
            MAX_DURATION_S, auto=-1, field="end_s",
        ),
        Parameter("start_bar", "integer", None, "Or the first bar, from 1.", 1, MAX_BARS),
        Parameter("end_bar", "integer", None, "And the last bar.", 1, MAX_BARS),
        Parameter("section", "text", None, "Or a section by its name: Chorus, Verse 2.", 1, 60),
        Parameter(
            "snap", "choice", "none",
            "Move the edges to the nearest beat or bar, or out of the sung line that they would cut.",
            choices=SNAPS,
        ),
        Parameter("fade_ms", "number", 20, "How long the new sound fades in and out.", 5, 200),
        CAPTION.required(),
        replace(
            LYRICS,
            help="Lyrics for the lines in the range; null: the lyrics stay, with a new melody; an empty "
                 "text: no one sings.",
        ),
        _SAME_LENGTH, *_ALL,
    ),
)  # fmt: skip

_EXTEND = TaskTable(
    Task.EXTEND,
    "A longer song: more after its end, or before its beginning",
    (
        _ADDRESS, _OWN, _TAKE,
        Parameter(
            "left_extend_length", "number", 0, "Seconds to add before the beginning.", 0, MAX_EXTENSION_S,
            field="left_s",
        ),
        Parameter(
            "right_extend_length", "number", 30, "Seconds to add after the end.", 0, MAX_EXTENSION_S,
            field="right_s",
        ),
        Parameter("left_bars", "integer", None, "Or bars to add before the beginning.", 0, MAX_BARS),
        Parameter("right_bars", "integer", None, "Or bars to add after the end.", 0, MAX_BARS),
        CAPTION.required(),
        replace(LYRICS, help="Lyrics for the music after the end."),
        replace(LYRICS, name="left_lyrics", help="Lyrics for the music before the beginning."),
        replace(DURATION, help="-1, or exactly the song's length with the added parts."),
        *_ALL,
    ),
)  # fmt: skip

_EDIT = TaskTable(
    Task.EDIT,
    "Other lyrics, another arrangement or another mix, with the rest unchanged",
    (
        _ADDRESS, _OWN, _TAKE,
        Parameter(
            "edit_target_prompt", "text", None,
            "The arrangement, or what should be louder, softer, drier, wetter.", 1, MAX_TEXT_CHARS,
            aliases=("caption", "prompt"), field="caption",
        ),
        replace(
            LYRICS, name="edit_target_lyrics", aliases=("lyrics",), field="lyrics",
            help="The new lyrics for the existing melody.",
        ),
        Parameter(
            "edit_type", "choice", None,
            "only_lyrics: other lyrics on the same notes; remix: another arrangement; mix: only levels and "
            "effects. Without it, the other parameters decide.", choices=EDIT_TYPES,
        ),
        Parameter("edit_n_min", "number", None, "For diffusion models: where the edit begins.", 0, 1),
        Parameter("edit_n_max", "number", None, "And where it ends.", 0, 1),
        _SAME_LENGTH, *_ALL,
    ),
)  # fmt: skip

_COVER = TaskTable(
    Task.COVER,
    "The same song in another style",
    (
        _ADDRESS, _OWN, _TAKE,
        CAPTION.required(),
        _WORDS,
        Parameter(
            "audio_cover_strength", "number", 0.7,
            "How close to the song: from 0.9 its melody, chords, key and tempo, from 0.5 the same at "
            "another tempo, from 0.2 chords and form, 0 only its length.", 0, 1, field="strength",
        ),
        replace(DURATION, help="-1: as many bars as the song; otherwise seconds, by the tempo."),
        *_ALL,
    ),
)  # fmt: skip

_REFERENCE = TaskTable(
    Task.REFERENCE,
    "A new song that sounds like another",
    (
        replace(_ADDRESS, name="reference_audio_url"), _OWN, _TAKE,
        CAPTION.required(),
        LYRICS,
        INSTRUMENTAL,
        DURATION,
        *_ALL,
    ),
)  # fmt: skip

#: Parameters of an analysis, which creates no job.
ANALYZE = (
    replace(_ADDRESS, name="audio_url"), _OWN, _TAKE,
    Parameter("audio_codes", "text", None, "Codes of a language model; the studio ignores them.", 0, 100_000),
    Parameter("temperature", "number", 0.85, "How freely a language model describes; not used here.", 0, 2),
)  # fmt: skip

#: Tools that work on existing songs.
TOOLS: dict[str, TaskTable] = {
    table.task.value: table for table in (_EXTRACT, _COVER, _REFERENCE, _RETAKE, _REPAINT, _EXTEND, _EDIT)
}
