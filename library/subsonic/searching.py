"""search2 and search3. An empty query matches everything: players use it to copy a whole library."""

from __future__ import annotations

from django.core.cache import cache

from audiomusic.accounts.models import User
from jobs.counts import JobCounts
from jobs.managers import JobQuerySet
from jobs.models import Status
from jobs.search.normalize import normalize
from jobs.search.terms import read_terms
from library.query.conditions import Condition
from library.query.filters import JobFilterSet
from library.query.job_query import JobQuery
from library.subsonic.albums import albums, as_directory, root_jobs
from library.subsonic.parameters import PlayerCall
from library.subsonic.responses import Body
from library.subsonic.songs import ARTIST, ARTIST_ID, matching, songs_after, songs_of, songs_with_ids

NOTHING = frozenset({"", '""', "''", "*"})
MAX_WORDS_CHARS = 200
COUNT_TO = 50_000
END_KNOWN_S = 600  # for a page; players request the next one within seconds


def search2(call: PlayerCall) -> Body:
    artists, found, songs = _search(call)
    directories = [as_directory(album) for album in found]
    return {"searchResult2": {"artist": artists, "album": directories, "song": songs}}


def search3(call: PlayerCall) -> Body:
    artists, found, songs = _search(call)
    return {"searchResult3": {"artist": artists, "album": found, "song": songs}}


def _search(call: PlayerCall) -> tuple[list[Body], list[Body], list[Body]]:
    words = call.text("query", "").strip()[:MAX_WORDS_CHARS]
    # Old players mark a word prefix with an asterisk.
    words = " ".join(word.rstrip("*") or word for word in words.split())
    words = "" if words in NOTHING else words
    return _artists(call, words), _albums(call, words), _songs(call, words)


def _artists(call: PlayerCall, words: str) -> list[Body]:
    is_meant = all(term.text in normalize(ARTIST) for term in read_terms(words))
    is_wanted = is_meant and not call.number("artistOffset", 0)
    if not (is_wanted and call.count("artistCount", 20)):
        return []
    count = root_jobs(call.user).count()
    artist = {"id": ARTIST_ID, "name": ARTIST, "coverArt": ARTIST_ID, "albumCount": count}
    return [artist] if count else []


def _albums(call: PlayerCall, words: str) -> list[Body]:
    count, offset = call.count("albumCount", 20), call.number("albumOffset", 0)
    if not count:
        return []
    jobs: JobQuerySet = root_jobs(call.user).order_by("id")
    if words:
        jobs = jobs.filter(*matching(_conditions(call, words), "", call.user))
    return albums(call.user, list(jobs.values_list("id", flat=True)[offset : offset + count]))


def _songs(call: PlayerCall, words: str) -> list[Body]:
    count, offset = call.count("songCount", 20), call.number("songOffset", 0)
    if not count:
        return []
    if not words:
        return songs_with_ids(call.user, _page_of_all(call.user, offset, count))
    takes = songs_of(call.user).filter(*matching(_conditions(call, words), "job__", call.user))
    ids = list(takes.values_list("id", flat=True)[offset : offset + count])
    return songs_with_ids(call.user, ids)


def _page_of_all(user: User, offset: int, count: int) -> list[int]:
    """Return the takes of a page of the whole library. The end of the previous page is cached while the
    number of songs stays the same; otherwise the database would scan all previous songs for every page."""
    songs = JobCounts.of_user(user).count(status=Status.COMPLETED)
    known = cache.get(_end_key(user, songs, offset)) if offset else None
    takes, start = (songs_after(user, *known), 0) if known else (songs_of(user), offset)
    rows = list(takes.values_list("id", "job_id", "index")[start : start + count])
    if len(rows) == count:
        _, job_id, index = rows[-1]
        cache.set(_end_key(user, songs, offset + count), [job_id, index], END_KNOWN_S)
    return [take_id for take_id, _, _ in rows]


def _end_key(user: User, songs: int, offset: int) -> str:
    return f"player-page-{user.pk}-{songs}-{offset}"


def _conditions(call: PlayerCall, words: str) -> tuple[Condition, ...]:
    return JobFilterSet.narrow(JobQuery(call.user, count_to=COUNT_TO), {"search": words}).conditions
