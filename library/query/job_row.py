"""A job as a row of the library: what stands on the page, read for all rows at once."""

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
BARS = 72  # of a row's waveform
LEVELS = "0123456789abcdefghijklmnopqrstuvwxyz"


def bars_of(peaks: Sequence[float]) -> str:
    """The loudest of each stretch as one letter, "0" to "z": a waveform that stands in its row, so that a
    page of songs asks for none."""
    if not peaks:
        return ""
    count = min(BARS, len(peaks))
    edges = [len(peaks) * bar // count for bar in range(count + 1)]
    loudest = (max(peaks[start:stop]) for start, stop in pairwise(edges))
    return "".join(LEVELS[round(min(1.0, max(0.0, peak)) * (len(LEVELS) - 1))] for peak in loudest)


def day_words(moment: datetime) -> str:
    """ "5 Nov 2026". Django's own date_format takes four times as long, and each row asks this twice."""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y}"


@dataclass(frozen=True)
class JobRow:
    """One job as the library shows it."""

    job: Job
    takes: Sequence[Take] = ()
    place: int | None = None  # jobs before it in the queue, while it waits
    interaction: str | None = None
    bars: str = ""  # the first take's waveform
    is_leaving: bool = False  # to be deleted soon; its row is hidden

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
        """When it was asked for, in full, in its reader's zone."""
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
        """The first few words it is found by, the owner's own before the others, each with the filter that
        finds them."""
        return [*tags_own(self.job), *tags_left(self.job)][:SHOWN_TAGS]

    @property
    def brief_facts(self) -> list[str]:
        """What a row says of it; the rest stands on the song's own page."""
        bpm, key = self.job.bpm, self.job.keyscale
        return [fact for fact in (f"{round(bpm)} bpm" if bpm else "", key) if fact]

    @property
    def other_takes(self) -> Sequence[Take]:
        """All takes, where there is more than one to choose from."""
        return self.takes if len(self.takes) > 1 else ()

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


def rows_of(
    jobs: Sequence[Job],
    places: Mapping[int, int] | None = None,
    *,
    with_bars: bool = False,
    leaving: Collection[int] = (),
) -> list[JobRow]:
    """Three queries at most for each hundred jobs; `interaction` is there where the list was asked for it.
    `places`: waiting job -> how many are made before it, where that is known already."""
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
