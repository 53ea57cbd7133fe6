"""Queries of the users' own tags."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Sum

from audiomusic.accounts.models import User
from jobs.models import JobCount, TagKind
from library.tags.words import tag_key


class TagUse(NamedTuple):
    word: str
    song_count: int


def tags_used(user: User) -> list[TagUse]:
    """Return the user's own tags, most used first. Read from the stored counts, so the cost does not depend
    on the number of songs."""
    cells = JobCount.objects.filter(user=user, kind=TagKind.TAG).values_list("value")
    found = [TagUse(word, count) for word, count in cells.annotate(total=Sum("count")) if count > 0]
    return sorted(found, key=lambda use: (-use.song_count, tag_key(use.word)))


def spellings(user: User) -> dict[str, str]:
    """Map the key of each of the user's own tags to its spelling."""
    return {tag_key(use.word): use.word for use in reversed(tags_used(user))}


def own_tag(user: User, text: str) -> str:
    """Return the tag in the user's spelling, regardless of case; the text itself if there is none."""
    return spellings(user).get(tag_key(text), text)
