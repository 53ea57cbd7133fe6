"""Whether the storage holds what the rows say."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef

from jobs.models import FILE_MODELS, KeptFile, ScoreFile, Take


def file_problems() -> list[str]:
    """A sentence for each file that is lost or of another size, and for each take whose score is;
    empty when all are there. Asks the storage once a file."""
    return [*_wrong_files(), *_wrong_scores()]


def _wrong_files() -> Iterator[str]:
    for model in FILE_MODELS:
        for file in model.objects.order_by("id").only("storage_name", "byte_count").iterator():
            if problem := _problem(file):
                yield f"File {file.storage_name} {problem}."


def _problem(file: KeptFile) -> str:
    try:
        byte_count = default_storage.size(file.storage_name)
    except FileNotFoundError:
        return "is not in the storage"
    if byte_count != file.byte_count:
        return f"has {byte_count} bytes, but its row says {file.byte_count}"
    return ""


def _wrong_scores() -> Iterator[str]:
    has_files = Exists(ScoreFile.objects.filter(take=OuterRef("id")))
    for has_score in (True, False):
        takes = Take.objects.filter(~has_files if has_score else has_files, has_score=has_score)
        for job_id, index in takes.order_by("job", "index").values_list("job", "index"):
            told = "says it has a score, but has no file of it" if has_score else "hides its score"
            yield f"Take {index} of job {job_id} {told}."
