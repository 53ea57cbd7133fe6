"""Questions asked of users' own tags."""

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
    """The user's own tags, those of most songs first. From the counts: it costs the same however many songs
    there are."""
    cells = JobCount.objects.filter(user=user, kind=TagKind.TAG).values_list("value")
    found = [TagUse(word, count) for word, count in cells.annotate(total=Sum("count")) if count > 0]
    return sorted(found, key=lambda use: (-use.song_count, tag_key(use.word)))


def spellings(user: User) -> dict[str, str]:
    """Each of the user's own tags as they write it, by its key."""
    return {tag_key(use.word): use.word for use in reversed(tags_used(user))}


def own_tag(user: User, text: str) -> str:
    """A tag as the user writes it, whatever case it was asked for in; the text itself where they have none
    such."""
    return spellings(user).get(tag_key(text), text)
