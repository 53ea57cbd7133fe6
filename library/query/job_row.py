"""A job as a row of the library: what stands on the page, read for all rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf.locale import LANG_INFO
from django.utils import timezone

from audiomusic.db.periods import ago
from audiomusic.engines.units import clock
from jobs.models import FINISHED, Job, Status, Take, Task
from jobs.representations import iso_utc, queue_positions, takes_of_jobs
from jobs.specs.tags import PLURALS
from jobs.storage.links import peaks_url

TASK_LABELS = {
    Task.TEXT2MUSIC: "Song",
    Task.PROMPT2INSTRUMENTAL: "Instrumental",
    Task.TEXT2RAP: "Rap",
    Task.LYRIC2VOCALS: "Vocals",
    Task.TEXT2SAMPLES: "Sample",
    Task.SIMPLE: "Song",
    Task.COVER: "Cover",
    Task.REFERENCE: "From a reference",
    Task.EXTRACT: "Stem",
    Task.RETAKE: "Retake",
    Task.REPAINT: "Repaint",
    Task.EXTEND: "Extended",
    Task.EDIT: "Edit",
    Task.PLAN: "Score",
    Task.REVISE: "Revised score",
    Task.RECORD: "Recording",
    Task.SCORE_SONG: "Song from a score",
}
STAGE_LABELS = {
    "planning": "Planning the song",
    "composing": "Writing the notes",
    "singing": "Singing the lyrics",
    "rendering": "Playing the instruments",
    "mastering": "Mixing and mastering",
    "encoding": "Pressing the record",
}
SHOWN_TAGS = 4


def language_name(code: str) -> str:
    """A language as its speakers call it; the code itself where it is not known."""
    return str(LANG_INFO.get(code, {}).get("name_local", code)).capitalize()


def day_words(moment: datetime) -> str:
    """ "5 Nov 2026". Django's own date_format takes four times as long, and each row asks this twice."""
    return f"{moment.day} {moment:%b %Y}"


@dataclass(frozen=True)
class JobRow:
    """One job as the library shows it."""

    job: Job
    takes: Sequence[Take] = ()
    place: int | None = None  # jobs before it in the queue, while it waits
    interaction: str | None = None

    @property
    def is_finished(self) -> bool:
        return self.job.status in FINISHED

    @property
    def is_playable(self) -> bool:
        return bool(self.takes)

    @property
    def kind(self) -> str:
        return TASK_LABELS.get(self.job.task, self.job.task)

    @property
    def created_at(self) -> str:
        return iso_utc(self.job.created_at) or ""

    @property
    def moment(self) -> str:
        """ "5 Nov 2026, 09:05", in UTC."""
        return f"{day_words(self.job.created_at)}, {self.job.created_at:%H:%M}"

    @property
    def take(self) -> Take | None:
        return self.takes[0] if self.takes else None

    @property
    def peaks_url(self) -> str:
        return peaks_url(self.job, self.takes[0].index, base_url="") if self.takes else ""

    @property
    def duration_s(self) -> float | None:
        return self.takes[0].duration_s if self.takes else self.job.duration_s

    @property
    def clock(self) -> str:
        return clock(self.duration_s)

    @property
    def seconds(self) -> str:
        """As a program reads it."""
        return str(self.duration_s or "")

    @property
    def whole_seconds(self) -> int:
        return round(self.duration_s or 0)

    @property
    def ago(self) -> str:
        """ "just now", "5 minutes ago"; a date after a week."""
        made_at = self.job.created_at
        return day_words(made_at) if (timezone.now() - made_at).days >= 7 else ago(made_at)

    @property
    def percent(self) -> int:
        return self.job.progress or 0

    @property
    def is_measured(self) -> bool:
        """Whether it is known how far the song is: not while its engine is loading, the first time."""
        return self.job.status != Status.PROCESSING or self.percent > 0

    @cached_property
    def stage(self) -> str:
        if self.job.status == Status.PENDING:
            return f"Waiting, {self.place} ahead" if self.place else "Next in line"
        return STAGE_LABELS.get(self.job.stage, "Working on it")

    @property
    def tags(self) -> list[tuple[str, str]]:
        """The first few words it is found by, each with the filter that finds them."""
        effective = self.job.effective
        tags = [(kind, word) for kind, plural in PLURALS.items() for word in effective.get(plural, ())]
        return tags[:SHOWN_TAGS]

    @property
    def facts(self) -> list[str]:
        """What is known of the first take, shortly."""
        job, take = self.job, self.take
        facts = [
            self.clock if self.duration_s else "",
            f"{round(job.bpm)} bpm" if job.bpm else "",
            job.keyscale,
            job.timesignature,
            language_name(job.vocal_language) if job.vocal_language else "",
            f"seed {take.seed}" if take else "",
            f"{len(self.takes)} takes" if len(self.takes) > 1 else "",
        ]
        return [fact for fact in facts if fact]


def rows_of(jobs: Sequence[Job], places: Mapping[int, int] | None = None) -> list[JobRow]:
    """Two queries at most, however many jobs; `interaction` is there where the list was asked for it.
    `places`: waiting job -> how many are made before it, where that is known already."""
    known = places or {}
    places = queue_positions([job for job in jobs if job.id not in known]) | dict(known)
    takes = takes_of_jobs(jobs)
    return [
        JobRow(job, takes.get(job.id, []), places.get(job.id), getattr(job, "interaction", None))
        for job in jobs
    ]
