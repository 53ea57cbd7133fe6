"""The same playlists as on the pages and in the API, with smart lists as read-only playlists."""

from __future__ import annotations

from audiomusic.http.ids import row_id
from jobs.representations import iso_utc
from library.playlists.managers import totals_of
from library.playlists.models import Playlist, PlaylistItem
from library.playlists.services import (
    NoSuchSong,
    PlaylistFull,
    PlaylistNameInvalid,
    playlist_create,
    playlist_delete,
    playlist_items_change,
    playlist_items_replace,
    playlist_update,
)
from library.smart_lists.models import SmartList
from library.smart_lists.selectors import smart_list_take_ids, smart_list_totals, smart_lists_of
from library.subsonic.errors import Code, SubsonicError, missing, not_found
from library.subsonic.parameters import PlayerCall, song_ref
from library.subsonic.responses import Body
from library.subsonic.songs import songs_with_ids

SMART = "sl-"  # prefix of a smart list's id, like pl- for a playlist


def get_playlists(call: PlayerCall) -> Body:
    username = call.text("username", "")
    if username and username.casefold() != call.user.get_username().casefold():
        raise SubsonicError(Code.NOT_AUTHORIZED, "Playlists of other users are not shown.")
    found = Playlist.objects.of_user(call.user).with_totals()
    smart = [_smart_body(call, each) for each in smart_lists_of(call.user)]
    return {"playlists": {"playlist": [*(_body(call, playlist) for playlist in found), *smart]}}


def get_playlist(call: PlayerCall) -> Body:
    if call.text("id").startswith(SMART):
        smart_list = _own_smart(call, call.text("id"))
        songs = songs_with_ids(call.user, smart_list_take_ids(smart_list))
        return {"playlist": _smart_body(call, smart_list) | {"entry": songs}}
    return _with_songs(call, _own(call, call.text("id")))


def create_playlist(call: PlayerCall) -> Body:
    """Create a playlist. With `playlistId`, replace that playlist's songs: some players have no other way."""
    songs = [song_ref(text) for text in call.texts("songId")]
    name = call.text("name", "")
    if known := call.text("playlistId", ""):
        playlist = _own(call, known)
        with _Refusals():
            playlist_items_replace(playlist=playlist, items=songs)
            if name:
                playlist_update(playlist=playlist, name=name)
    else:
        if not name:
            raise missing("name")
        with _Refusals():
            playlist = playlist_create(user=call.user, name=name, items=songs)
    return _with_songs(call, _own(call, f"pl-{playlist.pk}"))


def update_playlist(call: PlayerCall) -> Body:
    playlist = _own(call, call.text("playlistId"))
    songs = [song_ref(text) for text in call.texts("songIdToAdd")]
    places = [row_id(text) for text in call.texts("songIndexToRemove")]
    name, comment = (call.params.get(key) for key in ("name", "comment"))
    with _Refusals():
        playlist_items_change(
            playlist=playlist, remove=[place for place in places if place is not None], add=songs
        )
        if name is not None or comment is not None:
            playlist_update(playlist=playlist, name=name, comment=comment)
    return {}


def delete_playlist(call: PlayerCall) -> Body:
    playlist_delete(playlist=_own(call, call.text("id")))
    return {}


class _Refusals:
    """Converts service exceptions to protocol errors."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, NoSuchSong):
            raise not_found("song") from None
        if isinstance(error, (PlaylistFull, PlaylistNameInvalid)):
            raise SubsonicError(Code.GENERIC, str(error)) from None


def _own(call: PlayerCall, text: str) -> Playlist:
    if text.startswith(SMART):
        _own_smart(call, text)
        raise SubsonicError(
            Code.NOT_AUTHORIZED, "A smart list cannot be edited here; change its search in the library."
        )
    playlist_id = row_id(text.removeprefix("pl-"))
    own = Playlist.objects.of_user(call.user).with_totals()
    found = own.filter(id=playlist_id).first() if playlist_id is not None else None
    if found is None:
        raise not_found("playlist")
    return found


def _own_smart(call: PlayerCall, text: str) -> SmartList:
    smart_list_id = row_id(text.removeprefix(SMART))
    found = smart_lists_of(call.user).filter(id=smart_list_id).first() if smart_list_id is not None else None
    if found is None:
        raise not_found("playlist")
    return found


def _with_songs(call: PlayerCall, playlist: Playlist) -> Body:
    items = PlaylistItem.objects.filter(playlist=playlist).order_by("position")
    songs = songs_with_ids(call.user, list(items.values_list("take_id", flat=True)))
    return {"playlist": _body(call, playlist) | {"entry": songs}}


def _body(call: PlayerCall, playlist: Playlist) -> Body:
    totals = totals_of(playlist)
    return {
        "id": f"pl-{playlist.pk}",
        "name": playlist.name,
        "comment": playlist.comment,
        "owner": call.user.get_username(),
        "public": False,
        "readonly": False,
        "songCount": totals.song_count,
        "duration": round(totals.duration_s),
        "created": iso_utc(playlist.created_at),
        "changed": iso_utc(playlist.changed_at),
        "coverArt": f"pl-{playlist.pk}",
    }


def _smart_body(call: PlayerCall, smart_list: SmartList) -> Body:
    totals = smart_list_totals(smart_list)
    return {
        "id": f"{SMART}{smart_list.pk}",
        "name": smart_list.name,
        "comment": "",
        "owner": call.user.get_username(),
        "public": False,
        "readonly": True,
        "songCount": totals.song_count,
        "duration": round(totals.duration_s),
        "created": iso_utc(smart_list.created_at),
        "changed": iso_utc(smart_list.changed_at),
        "coverArt": f"{SMART}{smart_list.pk}",
    }
