"""What a job is found by: words of the vocabulary, as rows, and the language it is sung in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.languages import guess_language
from audiomusic.engines.taxonomy import tags_of
from jobs.models import Job, JobTag, TagKind
from jobs.specs.build import VOICED

#: Kind -> what its words are called in `Job.effective`, and by the vocabulary.
PLURALS = {kind: f"{kind}s" for kind in TagKind.values}


def tags_as_made(caption: str, lyrics: str, genre: str | None) -> dict[str, list[str]]:
    """ "genres", "emotions" and "occasions" of a song, for `Job.effective`: none that its caption refuses."""
    tags = tags_of(caption, lyrics, genre)
    refused = {wish.value for wish in read_wishes(caption).wishes if wish.polarity == "refuse"}
    return {
        plural: [name for name in getattr(tags, plural) if name not in refused] for plural in PLURALS.values()
    }


def language_of(kind: str, known: str | None, lyrics: str, caption: str) -> str:
    """The language that is known, or that lyrics and caption tell of; '' where nobody sings."""
    guess = guess_language(lyrics, caption) if kind in VOICED and not known else None
    return (known or guess or "").lower()


def save_tags(job: Job, earlier: Mapping[str, Any] | None = None) -> None:
    """Write the rows of the tags in `job.effective`. `earlier`: an `effective` whose rows are there."""
    if earlier is not None:
        if all(earlier.get(plural) == job.effective.get(plural) for plural in PLURALS.values()):
            return
        job.tags.all().delete()
    JobTag.objects.bulk_create(
        JobTag(job=job, user_id=job.user_id, created_at=job.created_at, kind=kind, value=value)
        for kind, plural in PLURALS.items()
        for value in job.effective.get(plural, ())
    )
