"""Choosing the engine for work on a song if several can do it: one that reads its score, or one that works on
audio, its own or external."""

from __future__ import annotations

from django.conf import settings

from audiomusic.engines.acestep.folder import tasks_in
from audiomusic.engines.base import AudioTaskName
from audiomusic.engines.registry import ENGINES, EngineEntry, composing_engines
from jobs.specs.refusals import SourceUnfit
from jobs.tools.sources import ForeignSource, Source

#: Task of the model for each tool; for a stem it depends on the mode.
MODEL_TASKS: dict[str, AudioTaskName] = {
    "cover": "cover", "repaint": "repaint", "extend": "repaint", "reference": "text2music",
    "retake": "text2music",
}  # fmt: skip
MODE_TASKS: dict[str, AudioTaskName] = {"stem": "extract", "lego": "lego", "complete": "complete"}
NEW_PARTS = ("lego", "complete")

NO_WEIGHTS = "The {engine} engine has no weights on this server"
OTHER_WEIGHTS = (
    "The weights of the {engine} engine on this server do not make {task}: that needs the base model"
)


def sound_engine(
    task: str, source: Source | ForeignSource, asked: str, *, mode: str = "stem"
) -> EngineEntry | None:
    """Return the engine that works on audio if it is to do this; None if an engine that reads scores does it,
    or says why it cannot. `asked`: the engine in the request; `mode`: of a stem. Raises SourceUnfit."""
    is_own = isinstance(source, Source)
    composing = composing_engines(task, "own" if is_own else "foreign")
    if asked in composing:
        if mode in NEW_PARTS:
            sentence = f"The {asked} engine adds no parts to a song; expected stem or without, got {mode}."
            raise SourceUnfit(sentence, "engine_cannot", {"mode": [sentence]})
        return None
    entry = _sound_entry(task, "own" if is_own else "foreign")
    if entry is None:
        return None
    made_by = source.job.engine if isinstance(source, Source) else ""
    is_wanted = asked == entry.name or made_by == entry.name or mode in NEW_PARTS
    if not is_wanted and (is_own or composing):
        return None
    problem = _weights_problem(entry, task, mode)
    if not problem:
        return entry
    if asked != entry.name and mode not in NEW_PARTS:
        return None
    instead = f"; expected one of: {', '.join(composing)}" if composing and mode not in NEW_PARTS else ""
    sentence = f"{problem}{instead}."
    raise SourceUnfit(sentence, "engine_cannot", {"model_version": [sentence]})


def _sound_entry(task: str, source: str) -> EngineEntry | None:
    able = (entry for entry in ENGINES.values() if source in entry.tools.get(task, ()))
    return next((entry for entry in able if entry.works_on == "sound"), None)


def _weights_problem(entry: EngineEntry, task: str, mode: str) -> str:
    """Return why the installed weights cannot do it, without a full stop; "" if they can."""
    there = tasks_in(settings.ACESTEP_DIR, settings.ACESTEP_VARIANT)
    if not there:
        return NO_WEIGHTS.format(engine=entry.name)
    wanted = MODE_TASKS.get(mode) if task == "extract" else MODEL_TASKS[task]
    if wanted is None:
        return f"The {entry.name} engine makes no song without a part of it"
    return "" if wanted in there else OTHER_WEIGHTS.format(engine=entry.name, task=wanted)
