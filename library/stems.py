"""The stems of a take: which exist in the song and which were already extracted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audiomusic.engines.encoding import FORMATS
from jobs.models import Job, Status, Take, Task
from jobs.storage.archives import is_whole_song
from jobs.storage.links import PROJECT_KIND, STEMS_KIND, archive_url, audio_url
from jobs.tools.extraction import stems_of

LOOKED_AT = 100  # newest jobs made from the song
LIGHTEST_FIRST = ("mp3", "ogg", "flac", "wav")  # order of preference where several stems are sent at once


@dataclass(frozen=True)
class StemRow:
    """One part of a song. `job`: the newest that extracted it alone; `take_index`: in which take."""

    track_name: str
    instruments: list[str]
    job: Job | None = None
    take_index: int | None = None

    @property
    def label(self) -> str:
        return self.track_name.replace("_", " ").capitalize()

    @property
    def players(self) -> str:
        return ", ".join(name.replace("_", " ") for name in self.instruments)


@dataclass(frozen=True)
class StemList:
    """The stems of a take. `whole`: the newest job that extracted all of them."""

    take: Take
    rows: list[StemRow]
    whole: Job | None


@dataclass(frozen=True)
class MixerPart:
    """One stem in the mixer: the URLs of its audio with their content types, preferred first."""

    label: str
    sources: list[tuple[str, str]]


def stem_list(take: Take) -> StemList:
    """Return the stems. Raises StorageRefused."""
    present = stems_of(take)
    jobs = _extractions(take) if present else []
    made = _made_alone(jobs)
    rows = [StemRow(name, players, *made.get(name, (None, None))) for name, players in present.items()]
    return StemList(take, rows, next((job for job in jobs if is_whole_song(job)), None))


def mixer_parts(whole: Job) -> list[MixerPart]:
    """Return the mixer's sources, from a job that extracted every stem.

    All stems come in the same formats, because each format starts with a slightly different delay. Formats
    that are already available come first: encoding one costs a core seconds per stem. MP3 plays in every
    browser.
    """
    takes = list(whole.takes.defer("peaks").prefetch_related("files").order_by("index"))
    kept = [{file.format for file in take.files.all()} for take in takes]
    ready = [name for name in LIGHTEST_FIRST if all(name in formats for formats in kept)]
    wanted = {name: FORMATS[name].content_type for name in dict.fromkeys([*ready, "mp3"])}
    return [
        MixerPart(
            " and ".join(whole.stems_of_take(take.index)).replace("_", " ").capitalize(),
            [(audio_url(whole, take.index, name, base_url=""), type) for name, type in wanted.items()],
        )
        for take in takes
    ]


def _extractions(take: Take) -> list[Job]:
    """Return the finished extractions, newest first."""
    jobs = Job.objects.filter(source_job=take.job_id, task=Task.EXTRACT, status=Status.COMPLETED)
    newest = jobs.order_by("-id").only("display_name", "format", "batch_size", "effective")[:LOOKED_AT]
    return [job for job in newest if job.effective["source"]["take"] == take.index]


def _made_alone(jobs: list[Job]) -> dict[str, tuple[Job, int]]:
    made: dict[str, tuple[Job, int]] = {}
    for job in jobs:
        for index, stems in enumerate(job.effective["stems"], start=1):
            if len(stems) == 1 and job.effective["operation"]["mode"] != "without":
                made.setdefault(stems[0], (job, index))
    return made


def stems_body(take: Take, *, base_url: str) -> dict[str, Any]:
    """Return the API's response body."""
    found = stem_list(take)
    whole = found.whole
    return {
        "job_id": take.job_id,
        "take": take.index,
        "stems": [
            {
                "track_name": row.track_name,
                "instruments": row.instruments,
                "job_id": row.job.id if row.job else None,
                "take": row.take_index,
                "url": audio_url(row.job, row.take_index, row.job.format, base_url=base_url)
                if row.job and row.take_index
                else None,
            }
            for row in found.rows
        ],
        "stems_job_id": whole.id if whole else None,
        "stems_zip_url": archive_url(whole, STEMS_KIND, base_url=base_url) if whole else None,
        "project_zip_url": archive_url(whole, PROJECT_KIND, base_url=base_url) if whole else None,
    }
