"""Stars, ratings, plays and saved play queues."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from audiomusic.http.ids import row_id
from jobs.models import Take
from jobs.representations import iso_utc
from library.listening.models import PlayQueue
from library.listening.services import StarsInvalid, play_queue_save, play_record, stars_set
from library.models import Reaction
from library.playlists.services import MOST_ITEMS, SongRef
from library.services import NoSuchJob, reaction_clear, reaction_set
from library.subsonic.errors import Code, SubsonicError, invalid, missing, not_found
from library.subsonic.parameters import PlayerCall, row_of, song_id, song_ref
from library.subsonic.responses import Body
from library.subsonic.songs import ARTIST_ID, song_jobs, song_take, songs_of_refs

NOW_PLAYING_S = 600


def star(call: PlayerCall) -> Body:
    for job_id in _starred_jobs(call):
        reaction_set(user=call.user, job_id=job_id, value=Reaction.Value.LIKE)
    return {}


def unstar(call: PlayerCall) -> Body:
    """Remove likes. A dislike given on the pages stays."""
    for job_id in _starred_jobs(call):
        likes = Reaction.objects.filter(user=call.user, job=job_id, value=Reaction.Value.LIKE)
        if likes.exists():
            try:
                reaction_clear(user=call.user, job_id=job_id)
            except NoSuchJob:
                raise not_found("song") from None
    return {}


def _starred_jobs(call: PlayerCall) -> list[int]:
    """Return the jobs to star: a song's own, an album's first. The artist stands for all songs and is
    skipped. Raises SubsonicError before any change if one is not the caller's."""
    ids = [*call.texts("id"), *call.texts("albumId")]
    if not ids and not call.texts("artistId"):
        raise missing("id")
    return [_job_of(call, text) for text in ids if text != ARTIST_ID]


def _job_of(call: PlayerCall, text: str) -> int:
    job_id = row_of(text, "al") if text.startswith("al-") else song_ref(text).job_id
    if job_id is None or not song_jobs(call.user).filter(id=job_id).exists():
        raise not_found("song or album")
    return job_id


def set_rating(call: PlayerCall) -> Body:
    """Rate a take; for an album, the first take of its first song."""
    text = call.text("id")
    if text == ARTIST_ID:
        raise SubsonicError(Code.GENERIC, "Expected a song or an album, got the artist of all of them.")
    ref = song_ref(text) if not text.startswith("al-") else SongRef(_job_of(call, text), 1)
    call.text("rating")
    try:
        stars_set(user=call.user, take=song_take(call.user, ref), stars=call.number("rating", -1, low=-1))
    except StarsInvalid as error:
        raise SubsonicError(Code.GENERIC, str(error)) from None
    return {}


def scrobble(call: PlayerCall) -> Body:
    """Record plays. `submission=false`: the song is playing now. Otherwise each id was played once, at the
    corresponding `time`."""
    texts = call.texts("id")
    if not texts:
        raise missing("id")
    takes = [song_take(call.user, song_ref(text)) for text in texts]
    if not call.flag("submission", True):
        _note_playing(call, takes[-1])
        return {}
    times = call.texts("time")
    for place, take in enumerate(takes):
        at = _moment(times[place]) if place < len(times) else None
        play_record(user=call.user, take=take, at=at)
    return {}


def _moment(text: str) -> datetime | None:
    """Parse milliseconds since 1970; None if that is not a valid time."""
    milliseconds = row_id(text)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
    except (OverflowError, OSError, ValueError):
        return None


def _note_playing(call: PlayerCall, take: Take) -> None:
    player = call.text("c", "")[:100]
    now_s = int(timezone.now().timestamp())
    cache.set(_now_key(call), [take.job_id, take.index, now_s, player], NOW_PLAYING_S)


def _now_key(call: PlayerCall) -> str:
    return f"now-playing-{call.user.pk}"


def get_now_playing(call: PlayerCall) -> Body:
    """Return what the caller plays; other users' plays are private."""
    known: Any = cache.get(_now_key(call))
    entries: list[Body] = []
    if known:
        job_id, take, since_s, player = known
        minutes = max(0, int(timezone.now().timestamp()) - since_s) // 60
        playing = {
            "username": call.user.get_username(),
            "minutesAgo": minutes,
            "playerId": 1,
            "playerName": player,
        }
        entries = [song | playing for song in songs_of_refs(call.user, [SongRef(job_id, take)])]
    return {"nowPlaying": {"entry": entries}}


def get_play_queue(call: PlayerCall) -> Body:
    queue = PlayQueue.objects.filter(user=call.user).first()
    if queue is None:
        return {}
    songs = songs_of_refs(call.user, [SongRef(*song) for song in queue.songs])
    body: Body = {
        "username": call.user.get_username(),
        "position": queue.position_ms,
        "changed": iso_utc(queue.changed_at),
        "changedBy": queue.changed_by,
        "entry": songs,
    }
    if queue.current:
        body["current"] = song_id(*queue.current)
    return {"playQueue": body}


def save_play_queue(call: PlayerCall) -> Body:
    """Save the play queue. Without an id, the queue is cleared."""
    songs = [song_ref(text) for text in call.texts("id")]
    if len(songs) > MOST_ITEMS:
        raise invalid("id", f"at most {MOST_ITEMS} songs", str(len(songs)))
    current = call.text("current", "")
    play_queue_save(
        user=call.user,
        songs=songs,
        current=song_ref(current) if current and songs else None,
        position_ms=call.number("position", 0, high=2**53),
        player=call.text("c", ""),
    )
    return {}
