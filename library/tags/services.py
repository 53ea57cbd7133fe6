"""All writes of the users' own tags, and of their removals of tags read from captions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from audiomusic.accounts.models import User
from jobs.models import Job, JobTag
from jobs.specs.tags import Tag, tag_rows, tags_read, tags_removed
from library.tags.selectors import spellings
from library.tags.words import tag_key, tag_words

MOST_TAGS = 20  # per song
MOST_WORDS = 500  # per user, in all songs
MOST_JOBS = 500  # per call
NEEDED = ("user_id", "created_at", "display_name", "effective", "own_tags", "removed_tags")


class TooManyTags(Exception):
    """Too many tags, or too many songs at once; the message says so."""


@dataclass
class TagEdit:
    """Changes to one song's tags."""

    read: Sequence[Tag]
    own: list[str]
    removed: list[Tag] = field(default_factory=list)

    @classmethod
    def of_job(cls, job: Job) -> TagEdit:
        return cls(tags_read(job), list(job.own_tags or ()), tags_removed(job))

    def remove(self, word: str) -> None:
        """Remove the word, whatever kinds of tag it is."""
        key = tag_key(word)
        self.own = [own for own in self.own if tag_key(own) != key]
        self.removed += [tag for tag in self._read_as(key) if tag not in self.removed]

    def add(self, word: str) -> None:
        """Add the word. A word that was read from the caption is restored as its original kind; any other
        becomes the owner's own tag."""
        key = tag_key(word)
        if read := self._read_as(key):
            self.removed = [tag for tag in self.removed if tag not in read]
        elif key not in map(tag_key, self.own):
            self.own.append(word)

    def _read_as(self, key: str) -> list[Tag]:
        return [tag for tag in self.read if tag_key(tag[1]) == key]


def job_tags_update(*, job: Job, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Job:
    """Remove tags from a song, the owner's or the caption's, then add others. Repeatable. Raises TagInvalid
    and TooManyTags, and Job.DoesNotExist if the song was deleted meanwhile."""
    _update(job.user, [job.pk], add=tag_words(add), remove=tag_words(remove))
    job.refresh_from_db(fields=["own_tags", "removed_tags"])
    return job


def job_tags_replace(*, job: Job, tags: Iterable[str]) -> Job:
    """Replace the owner's own tags; the caption's tags stay. Raises the same as `job_tags_update`."""
    wanted = tag_words(tags)
    with transaction.atomic():
        row = _locked(job.user, [job.pk])[0]
        kept = set(map(tag_key, wanted))
        edit = TagEdit.of_job(row)
        edit.own = [word for word in edit.own if tag_key(word) in kept]
        _write(job.user, {row: edit}, add=wanted)
    job.refresh_from_db(fields=["own_tags", "removed_tags"])
    return job


def jobs_tags_update(
    *, user: User, job_ids: Iterable[int], add: Iterable[str] = (), remove: Iterable[str] = ()
) -> int:
    """Change the tags of many of the user's songs: of all or none. Returns how many; missing songs and those
    of other users are skipped. Raises TagInvalid, TooManyTags."""
    ids = list(dict.fromkeys(job_ids))
    if len(ids) > MOST_JOBS:
        raise TooManyTags(f"Expected at most {MOST_JOBS} songs at once, got {len(ids)}.")
    return _update(user, ids, add=tag_words(add), remove=tag_words(remove), is_strict=False)


@transaction.atomic
def _update(
    user: User, ids: Sequence[int], *, add: Sequence[str], remove: Sequence[str], is_strict: bool = True
) -> int:
    rows = _locked(user, ids, is_strict=is_strict)
    edits = {row: TagEdit.of_job(row) for row in rows}
    for edit in edits.values():
        for word in remove:
            edit.remove(word)
    _write(user, edits, add=add)
    return len(rows)


def _locked(user: User, ids: Sequence[int], *, is_strict: bool = True) -> list[Job]:
    """Lock the rows, in a fixed order to avoid deadlocks. A worker that finishes one of them waits."""
    own = Job.objects.of_user(user).filter(id__in=ids)
    rows = list(own.select_for_update(no_key=True).only(*NEEDED).order_by("id"))
    if is_strict and len(rows) < len(ids):
        raise Job.DoesNotExist(f"Expected a song of the user, got one that no longer exists: {ids[0]}.")
    return rows


def _write(user: User, edits: Mapping[Job, TagEdit], *, add: Sequence[str]) -> None:
    known = spellings(user) if add else {}
    for job, edit in edits.items():
        for word in add:
            edit.add(known.get(tag_key(word), word))
        if len(edit.own) > MOST_TAGS:
            raise TooManyTags(
                f"Expected at most {MOST_TAGS} tags of your own on a song, "
                f"got {len(edit.own)} on “{job.display_name}”."
            )
    _check_words(known, edits.values())
    changed = [job for job, edit in edits.items() if _apply(job, edit)]
    if changed:
        Job.objects.bulk_update(changed, ["own_tags", "removed_tags"], batch_size=100)
        _write_rows(changed)


def _write_rows(jobs: Sequence[Job]) -> None:
    """Write only the differences: each inserted or deleted row changes the counts."""
    rows = JobTag.objects.filter(job__in=jobs)
    there = {(row.job_id, row.kind, row.value): row.pk for row in rows}
    wanted = {(row.job_id, row.kind, row.value): row for job in jobs for row in tag_rows(job)}
    JobTag.objects.filter(id__in=[there[key] for key in there.keys() - wanted.keys()]).delete()
    JobTag.objects.bulk_create([row for key, row in wanted.items() if key not in there])


def _check_words(known: Mapping[str, str], edits: Iterable[TagEdit]) -> None:
    new = {tag_key(word) for edit in edits for word in edit.own} - known.keys()
    if known and new and len(known) + len(new) > MOST_WORDS:
        raise TooManyTags(f"Expected at most {MOST_WORDS} different tags in all your songs, got one more.")


def _apply(job: Job, edit: TagEdit) -> bool:
    """Apply the edit, and return whether it changes the job."""
    own, removed = edit.own or None, [list(tag) for tag in edit.removed] or None
    if (own, removed) == (job.own_tags or None, job.removed_tags or None):
        return False
    job.own_tags, job.removed_tags = own, removed
    return True
