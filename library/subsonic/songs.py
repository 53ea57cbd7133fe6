"""Songs for players: a take of the caller's finished job. Stems, scores without audio and unfinished jobs are
not songs.

A page of hundreds takes a few queries that read only the columns it needs: a job's full row holds kilobytes
of request and result data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import GreaterThanOrEqual

from audiomusic.accounts.models import User
from audiomusic.db.id_list import id_list
from audiomusic.engines.encoding import FORMATS
from jobs.managers import JobQuerySet
from jobs.models import AudioFile, Job, JobTag, Status, TagKind, Take, Task
from jobs.representations import iso_utc
from jobs.specs.score_tasks import SILENT_TASKS
from library.listening.models import Listening
from library.models import Reaction
from library.playlists.services import SongRef, songs_found
from library.query.conditions import Condition
from library.subsonic.errors import not_found
from library.subsonic.parameters import song_id
from library.subsonic.responses import Body

ARTIST = "AudioMusic"  # as in the files' tags
ARTIST_ID = "ar-1"
LIGHT_FORMATS = ("mp3", "ogg")  # streamed as they are; anything else as the first of them
LOSSLESS_BITS = 24
SAMPLE_RATE_HZ = 48_000
DERIVED = (
    Task.RETAKE, Task.REPAINT, Task.EXTEND, Task.EDIT, Task.COVER, Task.REFERENCE, Task.RECORD
)  # fmt: skip
NO_SONGS = (Task.EXTRACT, *SILENT_TASKS)
MOST_GENERATIONS = 50


class SongRow(NamedTuple):
    """The columns of a song, in query order."""

    id: int
    job_id: int
    take: int
    duration_s: float
    display_name: str
    prompt: str
    bpm: float | None
    format: str
    batch_size: int
    created_at: datetime
    source_job_id: int | None
    user_id: int
    status: str
    cover_version: str | None


_COLUMNS = (
    "id", "job_id", "index", "duration_s", "job__display_name", "job__prompt", "job__bpm", "job__format",
    "job__batch_size", "job__created_at", "job__source_job_id", "job__user_id",
    "job__status", "job__cover_version",
)  # fmt: skip

#: The job's own id. Django would use the equal column of the take, and SQLite would then sort what its index
#: of finished jobs already yields in order.
_JOB_ID = RawSQL('"jobs_job"."id"', (), BigIntegerField())


def song_jobs(user: User) -> JobQuerySet:
    """Return the jobs whose takes are songs. Exclusions are looked up by an index of tasks, because the index
    that orders finished jobs does not contain the task."""
    return (
        Job.objects.of_user(user).filter(status=Status.COMPLETED).exclude(id__in=_left_out(user).values("id"))
    )


def songs_of(user: User) -> QuerySet[Take]:
    """Return all songs of the user, in a stable order for pagination."""
    finished = Take.objects.filter(job__user=user, job__status=Status.COMPLETED)
    return finished.exclude(job__in=_left_out(user).values("id")).order_by(_JOB_ID, "index")


def _left_out(user: User) -> JobQuerySet:
    return Job.objects.of_user(user).filter(task__in=NO_SONGS).order_by()


def songs_after(user: User, job_id: int, take: int) -> QuerySet[Take]:
    """Return the songs after the given one."""
    behind = songs_of(user).filter(GreaterThanOrEqual(_JOB_ID, job_id))
    return behind.exclude(job=job_id, index__lte=take)


def songs_with_ids(user: User, take_ids: Sequence[int]) -> list[Body]:
    """Return the songs of these takes in order, without those of other users. Checks the owner here: with the
    user in the query, SQLite would read all of the user's jobs."""
    rows: dict[int, SongRow] = {}
    for values in Take.objects.filter(id__in=id_list(take_ids)).order_by().values_list(*_COLUMNS):
        row = SongRow(*values)
        if row.user_id == user.pk and row.status == Status.COMPLETED:
            rows[row.id] = row
    return song_bodies(user, [rows[take_id] for take_id in take_ids if take_id in rows])


def songs_of_jobs(user: User, job_ids: Sequence[int]) -> list[Body]:
    """Return all songs of these jobs, in the order of the jobs and takes."""
    takes: dict[int, list[int]] = defaultdict(list)
    rows = Take.objects.filter(job__in=id_list(job_ids)).order_by("index").values_list("job_id", "id")
    for job_id, take_id in rows:
        takes[job_id].append(take_id)
    return songs_with_ids(user, [take_id for job_id in job_ids for take_id in takes[job_id]])


def song_take(user: User, ref: SongRef) -> Take:
    """Return the take with its job. Raises SubsonicError if it is not the user's."""
    takes = songs_of(user).filter(job=ref.job_id, index=ref.take).select_related("job")
    take = takes.defer("peaks", "made_with").first()
    if take is None:
        raise not_found("song")
    return take


def songs_of_refs(user: User, refs: Sequence[SongRef]) -> list[Body]:
    """Return the existing songs, in order."""
    found = songs_found(user=user, items=refs)
    return songs_with_ids(user, [found[ref] for ref in refs if ref in found])


def song_bodies(user: User, rows: Sequence[SongRow]) -> list[Body]:
    job_ids = list({row.job_id for row in rows})
    around = _PageFacts(user, job_ids, [row.id for row in rows])
    roots = root_ids(user, {row.job_id: row.source_job_id for row in rows})
    names = _names_of(user, roots, rows)
    return [_body(row, around, roots[row.job_id], names[roots[row.job_id]]) for row in rows]


def root_ids(user: User, sources: dict[int, int | None]) -> dict[int, int]:
    """Map each job to its oldest ancestor song, which is its album. `sources`: job -> the job it was made
    from. One query per generation."""
    known = dict(sources)
    for _ in range(MOST_GENERATIONS):
        wanted = {source for source in known.values() if source is not None and source not in known}
        if not wanted:
            break
        rows = song_jobs(user).filter(id__in=id_list(list(wanted))).order_by()
        known |= dict(rows.values_list("id", "source_job_id"))
        known = {job: source for job, source in known.items() if source is None or source in known} | {
            job: None for job, source in known.items() if source is not None and source not in known
        }
    return {job: _root(job, known) for job in sources}


def _root(job: int, known: dict[int, int | None]) -> int:
    for _ in range(MOST_GENERATIONS):
        source = known.get(job)
        if source is None or source not in known:
            break
        job = source
    return job


class _PageFacts:
    """Data of a page of songs from other tables: tags, files, likes, plays."""

    def __init__(self, user: User, job_ids: Sequence[int], take_ids: Sequence[int]) -> None:
        self.tags: dict[tuple[int, str], list[str]] = defaultdict(list)
        self.sizes: dict[tuple[int, str], int] = {}
        self.likes: dict[int, datetime] = {}
        self.plays: dict[int, tuple[int, datetime | None, int]] = {}
        kinds = (TagKind.GENRE, TagKind.EMOTION)
        tags = JobTag.objects.filter(job__in=id_list(job_ids), kind__in=kinds).order_by("id")
        for job_id, kind, value in tags.values_list("job_id", "kind", "value"):
            self.tags[job_id, kind].append(value)
        likes = Reaction.objects.filter(job__in=id_list(job_ids), user=user, value=Reaction.Value.LIKE)
        self.likes |= dict(likes.values_list("job_id", "created_at"))
        files = AudioFile.objects.filter(take__in=id_list(take_ids))
        for take, name, size in files.values_list("take_id", "format", "byte_count"):
            self.sizes[take, name] = size
        plays = Listening.objects.filter(take__in=id_list(take_ids))
        rows = plays.values_list("take_id", "play_count", "last_played_at", "stars")
        self.plays |= {take: (count, played_at, stars) for take, count, played_at, stars in rows}


def cover_id(job_id: int, version: str | None) -> str:
    """Return the cover's id. It changes with the picture, because players cache covers forever."""
    return f"al-{job_id}-{version}" if version else f"al-{job_id}"


def _names_of(user: User, roots: dict[int, int], rows: Sequence[SongRow]) -> dict[int, str]:
    names = {row.job_id: row.display_name for row in rows}
    others = list({root for root in roots.values() if root not in names})
    found = Job.objects.filter(id__in=id_list(others)).values_list("id", "display_name", "user_id")
    return names | {job: name for job, name, owner in found if owner == user.pk}


def _body(row: SongRow, around: _PageFacts, root: int, album: str) -> Body:
    genres, moods = around.tags[row.job_id, TagKind.GENRE], around.tags[row.job_id, TagKind.EMOTION]
    title = f"{row.display_name} (take {row.take})" if row.batch_size > 1 else row.display_name
    codec = FORMATS[row.format]
    suffix = codec.extension.lstrip(".")
    duration = max(1, round(row.duration_s))
    body: Body = {
        "id": song_id(row.job_id, row.take),
        "parent": f"al-{root}",
        "isDir": False,
        "title": title,
        "album": album,
        "artist": ARTIST,
        "track": row.take,
        "year": row.created_at.year,
        "coverArt": cover_id(row.job_id, row.cover_version),
        "contentType": codec.content_type,
        "suffix": suffix,
        "duration": duration,
        "path": f"{ARTIST}/{_path(album)}/{_path(title)}.{suffix}",
        "isVideo": False,
        "created": iso_utc(row.created_at),
        "albumId": f"al-{root}",
        "artistId": ARTIST_ID,
        "type": "music",
        "mediaType": "song",
        "samplingRate": SAMPLE_RATE_HZ,
        "channelCount": 2,
        "comment": row.prompt,
        "sortName": title.lower(),
        "genres": [{"name": name} for name in genres],
        "moods": moods,
        "artists": [{"id": ARTIST_ID, "name": ARTIST}],
        "albumArtists": [{"id": ARTIST_ID, "name": ARTIST}],
        "displayArtist": ARTIST,
        "displayAlbumArtist": ARTIST,
    }
    if genres:
        body["genre"] = genres[0]
    if row.bpm:
        body["bpm"] = round(row.bpm)
    size = around.sizes.get((row.id, row.format))
    if size is not None:
        body |= {"size": size, "bitRate": max(1, round(size * 8 / 1000 / duration))}
    if row.format not in LIGHT_FORMATS:
        light = FORMATS[LIGHT_FORMATS[0]]
        body |= {
            "bitDepth": LOSSLESS_BITS,
            "transcodedContentType": light.content_type,
            "transcodedSuffix": light.extension.lstrip("."),
        }
    if liked_at := around.likes.get(row.job_id):
        body["starred"] = iso_utc(liked_at)
    body["playCount"], played_at, stars = around.plays.get(row.id, (0, None, 0))
    if played_at:
        body["played"] = iso_utc(played_at)
    if stars:
        body["userRating"] = stars
    return body


def _path(text: str) -> str:
    return text.replace("/", "-")


def matching(conditions: Iterable[Condition], path: str, user: User) -> list[Any]:
    """Return the conditions of a job list as predicates for rows with their job at `path`."""
    return [each.predicate(path, user.pk) for each in conditions]
