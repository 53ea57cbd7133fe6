"""Tags that find a job: words of the vocabulary and of its owner, as rows, and its language.

`Job.effective` keeps the words as they were read from the caption. `Job.removed_tags` lists those that the
owner removed, `Job.own_tags` those they added; JobTag has a row for each remaining word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.languages import guess_language
from audiomusic.engines.taxonomy import tags_of
from jobs.models import READ_KINDS, Job, JobTag, TagKind
from jobs.specs.build import VOICED

#: Kind -> the key of its words in `Job.effective` and in the vocabulary.
PLURALS = {kind.value: f"{kind}s" for kind in READ_KINDS}

Tag = tuple[str, str]  # kind and value


def tags_as_made(caption: str, lyrics: str, genre: str | None) -> dict[str, list[str]]:
    """Return "genres", "emotions" and "occasions" of a song for `Job.effective`, without any that its caption
    refuses."""
    tags = tags_of(caption, lyrics, genre)
    refused = {wish.value for wish in read_wishes(caption).wishes if wish.polarity == "refuse"}
    return {
        plural: [name for name in getattr(tags, plural) if name not in refused] for plural in PLURALS.values()
    }


def language_of(kind: str, known: str | None, lyrics: str, caption: str) -> str:
    """Return the known language, or the one that lyrics and caption suggest; '' if no one sings."""
    guess = guess_language(lyrics, caption) if kind in VOICED and not known else None
    return (known or guess or "").lower()


def tags_read(job: Job) -> list[Tag]:
    """Return the vocabulary's words that were read when the song was made."""
    return [(kind, value) for kind, plural in PLURALS.items() for value in job.effective.get(plural, ())]


def tags_removed(job: Job) -> list[Tag]:
    return [(kind, value) for kind, value in job.removed_tags or ()]


def tags_left(job: Job) -> list[Tag]:
    """Return the words that were read and that the owner did not remove."""
    if not job.removed_tags:
        return tags_read(job)
    removed = set(tags_removed(job))
    return [tag for tag in tags_read(job) if tag not in removed]


def tags_own(job: Job) -> list[Tag]:
    """Return the owner's own words."""
    return [(TagKind.TAG.value, word) for word in job.own_tags or ()]


def words_left(job: Job, kind: str) -> list[str]:
    """Return the remaining genres, emotions or occasions."""
    if not job.removed_tags:
        return list(job.effective.get(PLURALS[kind], ()))
    return [value for left, value in tags_left(job) if left == kind]


def save_tags(job: Job, earlier: Mapping[str, Any] | None = None) -> None:
    """Write the rows of the job's tags. `earlier`: an `effective` whose rows already exist."""
    if earlier is not None:
        if all(earlier.get(plural) == job.effective.get(plural) for plural in PLURALS.values()):
            return
        job.tags.all().delete()
    JobTag.objects.bulk_create(tag_rows(job))


def tag_rows(job: Job) -> list[JobTag]:
    return [
        JobTag(job=job, user_id=job.user_id, created_at=job.created_at, kind=kind, value=value)
        for kind, value in [*tags_left(job), *tags_own(job)]
    ]
