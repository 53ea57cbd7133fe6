"""Checks that the storage holds what the rows say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef

from jobs.models import STORED_MODELS, CoverFile, Job, ScoreFile, ScoreFormat, SourceFile, StoredFile, Take
from jobs.storage.files import StorageRefused, asking_storage
from jobs.storage.takes import stray_names

#: A younger file may belong to a song that is being made and gets its row when the song is done.
STRAY_AGE = timedelta(hours=24)


def file_problems(*, stray_age: timedelta = STRAY_AGE) -> list[str]:
    """Return a sentence for each file that is lost or has another size, for each take whose score does, and
    for each file older than `stray_age` without a row; empty if there is none. Asks the storage once per
    file."""
    found: list[str] = []
    try:
        for problem in chain(_wrong_scores(), _wrong_covers(), _wrong_files(), _strays(stray_age)):
            found.append(problem)
    except StorageRefused as error:
        found.append(f"The files in the storage could not be listed: {error}")
    return found


def _strays(age: timedelta) -> Iterator[str]:
    for name in sorted(stray_names(older_than=age)):
        yield f"The file {name} belongs to no job; prune removes it."


def _wrong_files() -> Iterator[str]:
    for model in STORED_MODELS:
        for file in model._default_manager.order_by("id").only("storage_name", "byte_count").iterator():
            if problem := _problem(file):
                yield f"File {file.storage_name} {problem}."


def _problem(file: StoredFile | SourceFile | CoverFile) -> str:
    try:
        with asking_storage():
            byte_count = default_storage.size(file.storage_name)
    except FileNotFoundError:
        return "is not in the storage"
    if byte_count != file.byte_count:
        return f"has {byte_count} bytes, but its row says {file.byte_count}"
    return ""


def _wrong_scores() -> Iterator[str]:
    has_files = Exists(ScoreFile.objects.filter(take=OuterRef("id"), format=ScoreFormat.JSON))
    for has_score in (True, False):
        takes = Take.objects.filter(~has_files if has_score else has_files, has_score=has_score)
        for job_id, index in takes.order_by("job", "index").values_list("job", "index"):
            fault = "says it has a score, but has no file of it" if has_score else "hides its score"
            yield f"Take {index} of job {job_id} {fault}."


def _wrong_covers() -> Iterator[str]:
    """Find jobs with a cover version but no cover files, or the other way round."""
    has_files = Exists(CoverFile.objects.filter(job=OuterRef("id")))
    lost = Job.objects.filter(~has_files, cover_version__isnull=False)
    hidden = Job.objects.filter(id__in=CoverFile.objects.values("job"), cover_version=None)
    for jobs, fault in ((lost, "says it has a cover, but has no file of it"), (hidden, "hides its cover")):
        for job_id in jobs.order_by("id").values_list("id", flat=True):
            yield f"Job {job_id} {fault}."
