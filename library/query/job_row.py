"""A job as a row of the library page, with the data of all rows loaded at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise

from django.utils import timezone

from audiomusic.db.periods import ago
from audiomusic.engines.units import clock
from audiomusic.http.pages.language_names import language_name
from audiomusic.http.pages.time_words import moment_in_full
from jobs.models import FINISHED, Job, Status, Take, Task
from jobs.representations import iso_utc, queue_positions, takes_of_jobs
from jobs.specs.tags import tags_left, tags_own
from jobs.storage.links import peaks_url

TASK_LABELS: dict[str, str] = {
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
    "encoding": "Saving the audio",
}
SHOWN_TAGS = 4
TAKES_OF_AT_ONCE = 100  # jobs
BARS = 72  # in a row's waveform
LEVELS = "0123456789abcdefghijklmnopqrstuvwxyz"


def bars_of(peaks: Sequence[float]) -> str:
    """Return the peak of each segment as one character, "0" to "z": a waveform inside the row, so that a page
    of songs needs no further requests."""
    if not peaks:
        return ""
    count = min(BARS, len(peaks))
    edges = [len(peaks) * bar // count for bar in range(count + 1)]
    loudest = (max(peaks[start:stop]) for start, stop in pairwise(edges))
    return "".join(LEVELS[round(min(1.0, max(0.0, peak)) * (len(LEVELS) - 1))] for peak in loudest)


def day_words(moment: datetime) -> str:
    """Return a date: "5 Nov 2026". Django's date_format is four times slower, and each row has two."""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y}"


@dataclass(frozen=True)
class JobRow:
    """A job as a row of the library."""

    job: Job
    takes: Sequence[Take] = ()
    place: int | None = None  # position in the queue while it waits: jobs before it
    interaction: str | None = None
    bars: str = ""  # waveform of the first take
    is_leaving: bool = False  # about to be deleted; its row is hidden

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
        """Return the full creation time in the reader's time zone."""
        return moment_in_full(self.job.created_at)

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
        """Return the duration in machine-readable form."""
        return str(self.duration_s or "")

    @property
    def whole_seconds(self) -> int:
        return round(self.duration_s or 0)

    @property
    def ago(self) -> str:
        """Return the age: "just now", "5 minutes ago", or a date after a week."""
        made_at = self.job.created_at
        return day_words(made_at) if (timezone.now() - made_at).days >= 7 else ago(made_at)

    @property
    def percent(self) -> int:
        return self.job.progress or 0

    @property
    def is_measured(self) -> bool:
        """Return whether the progress is known. It is not while the engine loads for the first time."""
        return self.job.status != Status.PROCESSING or self.percent > 0

    @cached_property
    def stage(self) -> str:
        if self.job.status == Status.PENDING:
            return f"Waiting, {self.place} ahead" if self.place else "Next in line"
        return STAGE_LABELS.get(self.job.stage, "Working on it")

    @property
    def tags(self) -> list[tuple[str, str]]:
        """Return the first few tags, the owner's own first, each with the filter that finds it."""
        return [*tags_own(self.job), *tags_left(self.job)][:SHOWN_TAGS]

    @property
    def brief_facts(self) -> list[str]:
        """Return the facts shown in a row; the song's own page has the rest."""
        bpm, key = self.job.bpm, self.job.keyscale
        return [fact for fact in (f"{round(bpm)} bpm" if bpm else "", key) if fact]

    @property
    def other_takes(self) -> Sequence[Take]:
        """Return all takes if there is more than one to choose from."""
        return self.takes if len(self.takes) > 1 else ()

    @property
    def facts(self) -> list[str]:
        """Return short facts about the first take."""
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


def rows_of(
    jobs: Sequence[Job],
    places: Mapping[int, int] | None = None,
    *,
    with_bars: bool = False,
    leaving: Collection[int] = (),
) -> list[JobRow]:
    """Build the rows, with at most three queries per hundred jobs. `interaction` is set if the list was asked
    for it. `places`: waiting job -> number of jobs started before it, where known already."""
    known = places or {}
    places = queue_positions([job for job in jobs if job.id not in known]) | dict(known)
    takes: dict[int, list[Take]] = {}
    for start in range(0, len(jobs), TAKES_OF_AT_ONCE):
        takes |= takes_of_jobs(jobs[start : start + TAKES_OF_AT_ONCE])
    bars = _bars([found[0].pk for found in takes.values()]) if with_bars else {}
    return [
        JobRow(
            job,
            found := takes.get(job.id, []),
            places.get(job.id),
            getattr(job, "interaction", None),
            bars.get(found[0].pk, "") if found else "",
            job.id in leaving,
        )
        for job in jobs
    ]


def _bars(take_ids: Sequence[int]) -> dict[int, str]:
    rows = Take.objects.filter(id__in=take_ids).order_by().values_list("id", "peaks") if take_ids else ()
    return {take_id: bars_of(peaks) for take_id, peaks in rows}
