"""The version tree of a song: everything it was made from and everything made from it, in page order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from jobs.managers import JobQuerySet
from jobs.models import Job, Status, Task
from jobs.storage.tagging.track_tags import oldest_ancestor

MOST_VERSIONS = 60
DEEPEST = 20  # generations to search downwards
DEEPEST_SHOWN = 5  # deeper generations are not indented further


@dataclass(frozen=True)
class Version:
    """One line of the tree."""

    id: int
    name: str
    kind: str
    status: str
    is_done: bool
    is_this: bool
    depth: int


def family_of(job: Job) -> list[Version]:
    """Return parents before children, older first; empty without relatives. One query per generation."""
    ids = {oldest_ancestor(job).id}
    members: list[Job] = list(_jobs(job).filter(id__in=ids))
    for _ in range(DEEPEST):
        found = list(_jobs(job).filter(source_job__in=ids).exclude(task=Task.EXTRACT)[:MOST_VERSIONS])
        members += found
        ids = {each.id for each in found}
        if not ids or len(members) >= MOST_VERSIONS:
            break
    children: dict[int | None, list[Job]] = defaultdict(list)
    for member in members[:MOST_VERSIONS]:
        children[member.source_job_id].append(member)
    lines = _lines(members[:1], children, this=job, depth=0)
    return lines if len(lines) > 1 else []


def _jobs(job: Job) -> JobQuerySet:
    columns = ("id", "display_name", "task", "status", "source_job")
    return Job.objects.of_user(job.user).order_by("id").only(*columns)


def _lines(
    members: list[Job], children: dict[int | None, list[Job]], *, this: Job, depth: int
) -> list[Version]:
    lines = []
    for member in members:
        lines.append(_version(member, this, depth))
        lines += _lines(children[member.id], children, this=this, depth=min(depth + 1, DEEPEST_SHOWN))
    return lines


def _version(job: Job, this: Job, depth: int) -> Version:
    return Version(
        id=job.id,
        name=job.display_name,
        kind=job.get_task_display().lower(),
        status=job.get_status_display().lower(),
        is_done=job.status == Status.COMPLETED,
        is_this=job.id == this.id,
        depth=depth,
    )
