"""Albums for players: a song with everything that was made from it, named after the first song."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Max, Sum

from audiomusic.accounts.models import User
from audiomusic.db.id_list import id_list
from jobs.managers import JobQuerySet
from jobs.models import Job, JobTag, Status, TagKind, Take
from jobs.representations import iso_utc
from jobs.search.documents import search_documents_refresh
from library.listening.models import Listening
from library.models import Reaction
from library.query.filters import JobFilterSet
from library.query.job_query import JobQuery
from library.subsonic.errors import invalid
from library.subsonic.parameters import PlayerCall
from library.subsonic.responses import Body
from library.subsonic.songs import (
    ARTIST,
    ARTIST_ID,
    DERIVED,
    MOST_GENERATIONS,
    NO_SONGS,
    cover_id,
    root_ids,
    song_jobs,
)

MOST_LISTENED = 2000  # songs considered when albums are ranked by plays
_COLUMNS = ("id", "display_name", "created_at", "cover_version", "user_id")


def root_jobs(user: User) -> JobQuerySet:
    """Return the jobs that start an album."""
    return song_jobs(user).exclude(id__in=made_of_songs(user).values("id"))


def made_of_songs(user: User) -> JobQuerySet:
    """Return the jobs that were made from another song, looked up by the index of tasks."""
    made = Job.objects.of_user(user).filter(task__in=DERIVED, source_job__status=Status.COMPLETED)
    return made.exclude(source_job__task__in=NO_SONGS).order_by()


def album_root(user: User, job_id: int) -> int | None:
    """Return the job that starts the album of the user's job, or None if the job is not a song."""
    job = song_jobs(user).filter(id=job_id).values_list("id", "source_job_id").first()
    return root_ids(user, {job[0]: job[1]})[job[0]] if job else None


def jobs_of_albums(user: User, roots: Sequence[int]) -> dict[int, list[int]]:
    """Map each root to the jobs of its album, oldest first."""
    members: dict[int, list[int]] = {root: [root] for root in roots}
    album = {root: root for root in roots}
    frontier = list(roots)
    for _ in range(MOST_GENERATIONS):
        children = Job.objects.filter(source_job__in=id_list(frontier)).exclude(task__in=NO_SONGS).order_by()
        rows = children.values_list("id", "source_job_id", "user_id", "status")
        found = [row[:2] for row in rows if row[2:] == (user.pk, Status.COMPLETED)]
        frontier = [job_id for job_id, _ in found if job_id not in album]
        for job_id, source in found:
            if job_id not in album:
                album[job_id] = album[source]
                members[album[source]].append(job_id)
        if not frontier:
            break
    return {root: sorted(jobs) for root, jobs in members.items()}


def albums(user: User, roots: Sequence[int]) -> list[Body]:
    """Return the albums that start with these jobs, in order."""
    members = jobs_of_albums(user, roots)
    every = [job for jobs in members.values() for job in jobs]
    facts = _Facts(user, roots, every)
    return [_album(root, members[root], facts) for root in roots if root in facts.rows]


def as_directory(album: Body) -> Body:
    """Convert an album for players that browse folders."""
    return album | {"parent": ARTIST_ID, "isDir": True, "title": album["name"], "album": album["name"]}


class _Facts:
    """Data of a page of albums, from several tables."""

    def __init__(self, user: User, roots: Sequence[int], jobs: Sequence[int]) -> None:
        self.rows: dict[int, Any] = {}
        self.songs: dict[int, tuple[int, float]] = {}
        self.genres: dict[int, list[str]] = defaultdict(list)
        self.likes: dict[int, Any] = {}
        self.plays: dict[int, tuple[int, Any]] = {}
        # Checks the owner here: with the user in the query, SQLite would read all of the user's jobs.
        for *row, owner in Job.objects.filter(id__in=id_list(roots)).order_by().values_list(*_COLUMNS):
            if owner == user.pk:
                self.rows[row[0]] = row
        likes = Reaction.objects.filter(job__in=id_list(roots), user=user, value=Reaction.Value.LIKE)
        self.likes |= dict(likes.values_list("job_id", "created_at"))
        tags = JobTag.objects.filter(job__in=id_list(roots), kind=TagKind.GENRE).order_by("id")
        for job_id, value in tags.values_list("job_id", "value"):
            self.genres[job_id].append(value)
        takes = Take.objects.filter(job__in=id_list(jobs)).order_by().values_list("job_id")
        for job_id, count, duration_s in takes.annotate(Count("id"), Sum("duration_s")):
            self.songs[job_id] = (count, duration_s)
        plays = Listening.objects.filter(take__job__in=id_list(jobs)).values_list("take__job_id")
        for job_id, count, played_at in plays.annotate(Sum("play_count"), Max("last_played_at")):
            self.plays[job_id] = (count, played_at)


def _album(root: int, jobs: Sequence[int], facts: _Facts) -> Body:
    _, name, created_at, cover_version = facts.rows[root]
    songs = [facts.songs[job] for job in jobs if job in facts.songs]
    plays = [facts.plays[job] for job in jobs if job in facts.plays]
    genres = facts.genres[root]
    body: Body = {
        "id": f"al-{root}",
        "name": name,
        "artist": ARTIST,
        "artistId": ARTIST_ID,
        "coverArt": cover_id(root, cover_version),
        "songCount": sum(count for count, _ in songs),
        "duration": round(sum(duration_s for _, duration_s in songs)),
        "playCount": sum(count for count, _ in plays),
        "created": iso_utc(created_at),
        "year": created_at.year,
        "genres": [{"name": genre} for genre in genres],
        "artists": [{"id": ARTIST_ID, "name": ARTIST}],
        "displayArtist": ARTIST,
        "sortName": name.lower(),
    }
    if genres:
        body["genre"] = genres[0]
    if root in facts.likes:
        body["starred"] = iso_utc(facts.likes[root])
    if played := [moment for _, moment in plays if moment]:
        body["played"] = iso_utc(max(played))
    return body


# Lists


def album_list(call: PlayerCall) -> list[Body]:
    """Return the albums for getAlbumList and getAlbumList2. Raises SubsonicError."""
    size, offset = call.count("size", 10), call.number("offset", 0)
    kind = call.text("type")
    if kind not in _LISTS:
        raise invalid("type", f"one of {', '.join(_LISTS)}", kind)
    return albums(call.user, _LISTS[kind](call, slice(offset, offset + size)))


def _newest(call: PlayerCall, window: slice) -> list[int]:
    return list(root_jobs(call.user).order_by("-id").values_list("id", flat=True)[window])


def _by_name(call: PlayerCall, window: slice) -> list[int]:
    search_documents_refresh(user=call.user)
    ordered = root_jobs(call.user).order_by("name_key", "id")
    return list(ordered.values_list("id", flat=True)[window])


def _random(call: PlayerCall, window: slice) -> list[int]:
    count = window.stop - window.start
    return list(root_jobs(call.user).order_by("?").values_list("id", flat=True)[:count])


def _starred(call: PlayerCall, window: slice) -> list[int]:
    return starred_roots(call.user)[window]


def starred_roots(user: User) -> list[int]:
    """Return the albums whose first song is liked, most recent like first."""
    likes = Reaction.objects.filter(
        user=user, value=Reaction.Value.LIKE, job__in=root_jobs(user).values("id")
    )
    return list(likes.order_by("-created_at", "-job").values_list("job_id", flat=True)[:MOST_LISTENED])


def _by_year(call: PlayerCall, window: slice) -> list[int]:
    names = ("fromYear", "toYear")
    for name in names:
        call.text(name)  # raises if one is missing
    first, last = (call.number(name, 0) for name in names)
    jobs = root_jobs(call.user).filter(created_at__year__range=sorted((first, last)))
    ordered = jobs.order_by("created_at", "id") if first <= last else jobs.order_by("-created_at", "-id")
    return list(ordered.values_list("id", flat=True)[window])


def _by_genre(call: PlayerCall, window: slice) -> list[int]:
    jobs = root_jobs(call.user).filter(id__in=jobs_of_genre(call.user, call.text("genre")).values("job_id"))
    return list(jobs.order_by("-id").values_list("id", flat=True)[window])


def jobs_of_genre(user: User, genre: str) -> Any:
    """Return the tags of the user's jobs with this genre, by any of its names."""
    conditions = JobFilterSet.narrow(JobQuery(user), {"genre": genre}).conditions
    return conditions[0].find(user.pk)


def _listened(order: str, **conditions: Any) -> Any:
    def listed(call: PlayerCall, window: slice) -> list[int]:
        rows = Listening.objects.filter(user=call.user, **conditions).order_by(order, "-take_id")
        jobs = list(rows.values_list("take__job_id", "take__job__source_job_id")[:MOST_LISTENED])
        roots = root_ids(call.user, dict(jobs))
        return list(dict.fromkeys(roots[job_id] for job_id, _ in jobs))[window]

    return listed


_LISTS = {
    "random": _random,
    "newest": _newest,
    "highest": _listened("-stars", stars__gt=0),
    "frequent": _listened("-play_count", play_count__gt=0),
    "recent": _listened("-last_played_at", last_played_at__isnull=False),
    "alphabeticalByName": _by_name,
    "alphabeticalByArtist": _by_name,
    "starred": _starred,
    "byYear": _by_year,
    "byGenre": _by_genre,
}
