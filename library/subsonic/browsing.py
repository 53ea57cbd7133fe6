"""Folders, artists, albums, songs and genres, and lists of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, Subquery, Sum

from audiomusic.accounts.models import User
from jobs.models import JobTag, TagKind, Take
from library.listening.models import Listening
from library.models import Reaction
from library.subsonic.albums import (
    album_list,
    album_root,
    albums,
    as_directory,
    jobs_of_albums,
    jobs_of_genre,
    made_of_songs,
    root_jobs,
    starred_roots,
)
from library.subsonic.errors import not_found
from library.subsonic.parameters import PlayerCall, row_of, song_ref
from library.subsonic.responses import Body
from library.subsonic.songs import (
    ARTIST,
    ARTIST_ID,
    song_jobs,
    song_take,
    songs_of,
    songs_of_jobs,
    songs_with_ids,
)

FOLDER: Body = {"id": 1, "name": "AudioMusic"}
IGNORED_ARTICLES = "The An A Die Das Ein Eine Les Le La"
MOST_ALBUMS = 10_000  # of the single artist, in one response
MOST_STARRED = 2000
LATEST = 50  # songs to check for the last change, because they do not finish in order


def get_music_folders(call: PlayerCall) -> Body:
    return {"musicFolders": {"musicFolder": [FOLDER]}}


def _artist(user: User) -> Body:
    return {
        "id": ARTIST_ID,
        "name": ARTIST,
        "coverArt": ARTIST_ID,
        "albumCount": root_jobs(user).count(),
        "sortName": ARTIST.lower(),
    }


def _index(user: User) -> list[Body]:
    artist = _artist(user)
    return [{"name": ARTIST[0], "artist": [artist]}] if artist["albumCount"] else []


def get_indexes(call: PlayerCall) -> Body:
    newest = song_jobs(call.user).order_by("-id").values_list("completed_at", flat=True)
    changed_at = max((moment for moment in newest[:LATEST] if moment), default=None)
    modified_ms = int(changed_at.timestamp() * 1000) if changed_at else 0
    indexes: Body = {"lastModified": modified_ms, "ignoredArticles": IGNORED_ARTICLES}
    if modified_ms > call.number("ifModifiedSince", 0, high=2**62) or not modified_ms:
        indexes["index"] = _index(call.user)
    return {"indexes": indexes}


def get_artists(call: PlayerCall) -> Body:
    return {"artists": {"ignoredArticles": IGNORED_ARTICLES, "index": _index(call.user)}}


def _every_album(user: User) -> list[Body]:
    roots = list(root_jobs(user).order_by("-id").values_list("id", flat=True)[:MOST_ALBUMS])
    return albums(user, roots)


def get_artist(call: PlayerCall) -> Body:
    if call.text("id") != ARTIST_ID:
        raise not_found("artist")
    return {"artist": _artist(call.user) | {"album": _every_album(call.user)}}


def _album_with_songs(user: User, job_id: int | None) -> tuple[Body, list[Body]]:
    root = album_root(user, job_id) if job_id is not None else None
    if root is None:
        raise not_found("album")
    return albums(user, [root])[0], songs_of_jobs(user, jobs_of_albums(user, [root])[root])


def get_album(call: PlayerCall) -> Body:
    album, songs = _album_with_songs(call.user, row_of(call.text("id"), "al"))
    return {"album": album | {"song": songs}}


def get_music_directory(call: PlayerCall) -> Body:
    wanted = call.text("id")
    if wanted == str(FOLDER["id"]):
        artist = _artist(call.user)
        child = {"id": ARTIST_ID, "isDir": True, "title": ARTIST, "coverArt": ARTIST_ID, "parent": wanted}
        directory = {"id": wanted, "name": FOLDER["name"], "child": [child] if artist["albumCount"] else []}
        return {"directory": directory}
    if wanted == ARTIST_ID:
        children = [as_directory(album) for album in _every_album(call.user)]
        return {"directory": {"id": wanted, "parent": "1", "name": ARTIST, "child": children}}
    album, songs = _album_with_songs(call.user, row_of(wanted, "al"))
    directory = {"id": album["id"], "parent": ARTIST_ID, "name": album["name"], "child": songs}
    if "starred" in album:
        directory["starred"] = album["starred"]
    return {"directory": directory}


def get_song(call: PlayerCall) -> Body:
    take = song_take(call.user, call.song())
    return {"song": songs_with_ids(call.user, [take.pk])[0]}


def get_genres(call: PlayerCall) -> Body:
    jobs = song_jobs(call.user)
    tags = JobTag.objects.filter(user=call.user, kind=TagKind.GENRE).order_by().values_list("value")
    derived = tags.filter(job__in=jobs.filter(id__in=made_of_songs(call.user).values("id")).values("id"))
    derived_of = dict(derived.annotate(Count("job")))
    # Counted by subquery: a join would read each job's row, which has kilobytes.
    takes = Take.objects.filter(job=OuterRef("job")).order_by().values("job")
    counted = tags.filter(job__in=jobs.values("id")).annotate(
        jobs=Count("job"), songs=Sum(Subquery(takes.annotate(count=Count("id")).values("count")))
    )
    genres = [
        {"value": value, "songCount": songs or 0, "albumCount": count - derived_of.get(value, 0)}
        for value, count, songs in counted.values_list("value", "jobs", "songs")
    ]
    return {"genres": {"genre": sorted(genres, key=lambda genre: str(genre["value"]))}}


def get_album_list(call: PlayerCall) -> Body:
    return {"albumList": {"album": [as_directory(album) for album in album_list(call)]}}


def get_album_list2(call: PlayerCall) -> Body:
    return {"albumList2": {"album": album_list(call)}}


def get_songs_by_genre(call: PlayerCall) -> Body:
    offset, count = call.number("offset", 0), call.count("count", 10)
    tags = jobs_of_genre(call.user, call.text("genre"))
    takes = songs_of(call.user).filter(job__in=tags.values("job_id"))
    ids = list(takes.values_list("id", flat=True)[offset : offset + count])
    return {"songsByGenre": {"song": songs_with_ids(call.user, ids)}}


def get_random_songs(call: PlayerCall) -> Body:
    takes = songs_of(call.user)
    if genre := call.text("genre", ""):
        takes = takes.filter(job__in=jobs_of_genre(call.user, genre).values("job_id"))
    if first := call.number("fromYear", 0, high=9999):
        takes = takes.filter(job__created_at__year__gte=first)
    if last := call.number("toYear", 0, high=9999):
        takes = takes.filter(job__created_at__year__lte=last)
    ids = list(takes.order_by("?").values_list("id", flat=True)[: call.count("size", 10)])
    return {"randomSongs": {"song": songs_with_ids(call.user, ids)}}


def _starred(call: PlayerCall) -> tuple[list[Body], list[Body]]:
    """Return (albums, songs), most recent like first. Liking a job stars all its takes."""
    likes = Reaction.objects.filter(user=call.user, value=Reaction.Value.LIKE)
    likes = likes.filter(job__in=song_jobs(call.user).values("id")).order_by("-created_at", "-job")
    jobs = list(likes.values_list("job_id", flat=True)[:MOST_STARRED])
    return albums(call.user, starred_roots(call.user)), songs_of_jobs(call.user, jobs)


def get_starred(call: PlayerCall) -> Body:
    found, songs = _starred(call)
    directories = [as_directory(album) for album in found]
    return {"starred": {"artist": [], "album": directories, "song": songs}}


def get_starred2(call: PlayerCall) -> Body:
    found, songs = _starred(call)
    return {"starred2": {"artist": [], "album": found, "song": songs}}


def _similar(call: PlayerCall) -> list[Body]:
    """Return the songs most similar to a song or album by genres and moods; for the artist, random ones."""
    text, count = call.text("id"), call.count("count", 50)
    if text == ARTIST_ID:
        ids = list(songs_of(call.user).order_by("?").values_list("id", flat=True)[:count])
        return songs_with_ids(call.user, ids)
    job_id = row_of(text, "al") if text.startswith("al-") else song_ref(text).job_id
    if job_id is None or not song_jobs(call.user).filter(id=job_id).exists():
        raise not_found("song or album")
    own = JobTag.objects.filter(job=job_id, kind__in=(TagKind.GENRE, TagKind.EMOTION))
    alike = JobTag.objects.filter(user=call.user, value__in=list(own.values_list("value", flat=True)))
    alike = alike.filter(kind__in=(TagKind.GENRE, TagKind.EMOTION)).exclude(job=job_id)
    alike = alike.filter(job__in=song_jobs(call.user).values("id"))
    rows: Any = alike.order_by().values_list("job_id").annotate(shared=Count("id"))
    jobs = [job for job, _ in rows.order_by("-shared", "-job_id")[:count]]
    return songs_of_jobs(call.user, jobs)[:count]


def get_similar_songs(call: PlayerCall) -> Body:
    return {"similarSongs": {"song": _similar(call)}}


def get_similar_songs2(call: PlayerCall) -> Body:
    return {"similarSongs2": {"song": _similar(call)}}


def get_top_songs(call: PlayerCall) -> Body:
    if call.text("artist").casefold() != ARTIST.casefold():
        return {"topSongs": {"song": []}}
    played = Listening.objects.filter(user=call.user, play_count__gt=0).order_by("-play_count", "-take_id")
    ids = list(played.values_list("take_id", flat=True)[: call.count("count", 50)])
    return {"topSongs": {"song": songs_with_ids(call.user, ids)}}


def _check_artist(call: PlayerCall) -> None:
    """Check the id. Old players also send an album's or song's id."""
    text = call.text("id")
    if text == ARTIST_ID:
        return
    if text.startswith("al-"):
        _album_with_songs(call.user, row_of(text, "al"))
    else:
        song_take(call.user, song_ref(text))


def get_artist_info(call: PlayerCall) -> Body:
    _check_artist(call)
    return {"artistInfo": {"similarArtist": []}}


def get_artist_info2(call: PlayerCall) -> Body:
    _check_artist(call)
    return {"artistInfo2": {"similarArtist": []}}


def get_album_info(call: PlayerCall) -> Body:
    """Return the prompt as the album's description."""
    text = call.text("id")
    job_id = row_of(text, "al") if text.startswith("al-") else song_take(call.user, song_ref(text)).job_id
    job = song_jobs(call.user).filter(id=job_id).only("prompt").first() if job_id is not None else None
    if job is None:
        raise not_found("album")
    return {"albumInfo": {"notes": job.prompt}}
