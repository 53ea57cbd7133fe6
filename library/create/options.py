"""Options of the create form, read from the same tables that the API validates against."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from audiomusic.engines.theory import PITCH_NAMES
from jobs.models import AudioFormat
from jobs.specs.parameters import BASE, TASKS

BOUNDED = ("caption", "query", "lyrics", "duration", "bpm", "seed", "batch_size")


@dataclass(frozen=True)
class SongKind:
    """A way to ask for music: the form's endpoint and the wording of its first field."""

    name: str
    label: str
    task: str  # last part of the API path
    prompt_label: str
    placeholder: str
    prompt_field: str = "caption"  # API name of the first field
    lyrics_hint: str = ""

    def describe(self) -> dict[str, Any]:
        """Return the kind as JSON for the page's scripts, with its endpoint's limits."""
        bounds = {
            parameter.name: (parameter.minimum, parameter.maximum)
            for parameter in TASKS[self.task].parameters
            if parameter.name in BOUNDED
        }
        return asdict(self) | {"bounds": bounds}


SONG_KINDS = (
    SongKind(
        name="song",
        label="Song",
        task="text2music",
        prompt_label="Style",
        placeholder="Dreamy indie pop, warm synths, female voice, late summer evening",
        lyrics_hint="Leave this empty to have the lyrics written for you.",
    ),
    SongKind(
        name="instrumental",
        label="Instrumental",
        task="prompt2instrumental",
        prompt_label="Style",
        placeholder="Slow piano and strings, rain on a window, hopeful ending",
    ),
    SongKind(
        name="rap",
        label="Rap",
        task="text2rap",
        prompt_label="Style",
        placeholder="Boom bap, dusty drums, jazz piano loop, laid-back flow",
        lyrics_hint="Leave this empty to have the verses written for you.",
    ),
    SongKind(
        name="vocals",
        label="Vocals",
        task="lyric2vocals",
        prompt_label="Voice",
        placeholder="Soft alto voice, close to the microphone, folk ballad",
        lyrics_hint="The words to sing.",
    ),
    SongKind(
        name="samples",
        label="Sample",
        task="text2samples",
        prompt_label="Sound",
        placeholder="Deep house drum loop, crisp hats, warm kick",
    ),
    SongKind(
        name="simple",
        label="Describe it",
        task="simple",
        prompt_field="query",
        prompt_label="What do you want to hear?",
        placeholder="A birthday song for my sister Mia, who loves cats and disco",
    ),
)

STRUCTURE_TAGS = ("Intro", "Verse", "Pre-Chorus", "Chorus", "Bridge", "Instrumental", "Outro")

KEYSCALES = tuple(f"{note} {scale}" for scale in ("Major", "Minor") for note in PITCH_NAMES)
TIMESIGNATURES = next(row.choices for row in BASE if row.name == "timesignature")
FORMATS = tuple(AudioFormat.values)


def kind_of_task(task: str) -> str:
    """Return the form's kind for this endpoint, or song if the form has none."""
    return next((kind.name for kind in SONG_KINDS if kind.task == task), SONG_KINDS[0].name)
