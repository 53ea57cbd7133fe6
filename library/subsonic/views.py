"""The entry point: a single view for all calls, which authenticates, counts, responds, and converts each
error to the protocol's own format. Players read nothing else, so no call ever gets a page or a bare
status."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from audiomusic.accounts.players.sign_in import Credentials, PlayerIdentity, PlayerRefused, player_sign_in
from audiomusic.http.throttling import ScopeThrottle
from jobs.storage.links import site_url
from library.subsonic import annotation, browsing, lyrics, media, playlists, searching, system
from library.subsonic.errors import Code, SubsonicError
from library.subsonic.parameters import PlayerCall
from library.subsonic.responses import AnswerForm, Body, CallbackInvalid, failed, form_of, ok

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
RATE_SCOPE = "player"
Answer = Callable[[PlayerCall], Body | HttpResponseBase]

ANSWERS: dict[str, Answer] = {
    "ping": system.ping,
    "getLicense": system.get_license,
    "tokenInfo": system.token_info,
    "getUser": system.get_user,
    "getScanStatus": system.get_scan_status,
    "startScan": system.get_scan_status,
    "getMusicFolders": browsing.get_music_folders,
    "getIndexes": browsing.get_indexes,
    "getMusicDirectory": browsing.get_music_directory,
    "getArtists": browsing.get_artists,
    "getArtist": browsing.get_artist,
    "getAlbum": browsing.get_album,
    "getSong": browsing.get_song,
    "getGenres": browsing.get_genres,
    "getArtistInfo": browsing.get_artist_info,
    "getArtistInfo2": browsing.get_artist_info2,
    "getAlbumInfo": browsing.get_album_info,
    "getAlbumInfo2": browsing.get_album_info,
    "getAlbumList": browsing.get_album_list,
    "getAlbumList2": browsing.get_album_list2,
    "getRandomSongs": browsing.get_random_songs,
    "getSongsByGenre": browsing.get_songs_by_genre,
    "getStarred": browsing.get_starred,
    "getStarred2": browsing.get_starred2,
    "getSimilarSongs": browsing.get_similar_songs,
    "getSimilarSongs2": browsing.get_similar_songs2,
    "getTopSongs": browsing.get_top_songs,
    "search2": searching.search2,
    "search3": searching.search3,
    "stream": media.stream,
    "download": media.download,
    "getCoverArt": media.get_cover_art,
    "getAvatar": media.get_avatar,
    "getLyrics": lyrics.get_lyrics,
    "getLyricsBySongId": lyrics.get_lyrics_by_song_id,
    "getNowPlaying": annotation.get_now_playing,
    "getPlayQueue": annotation.get_play_queue,
    "getPlaylists": playlists.get_playlists,
    "getPlaylist": playlists.get_playlist,
    "getPodcasts": system.get_podcasts,
    "getNewestPodcasts": system.get_newest_podcasts,
    "getInternetRadioStations": system.get_internet_radio_stations,
    "getBookmarks": system.get_bookmarks,
    "getShares": system.get_shares,
    "getVideos": system.get_videos,
    "getChatMessages": system.get_chat_messages,
}
#: Calls that change data; refused to a read-only API key.
WRITES: dict[str, Answer] = {
    "star": annotation.star,
    "unstar": annotation.unstar,
    "setRating": annotation.set_rating,
    "scrobble": annotation.scrobble,
    "savePlayQueue": annotation.save_play_queue,
    "createPlaylist": playlists.create_playlist,
    "updatePlaylist": playlists.update_playlist,
    "deletePlaylist": playlists.delete_playlist,
}
REFUSED = (
    "getUsers", "createUser", "updateUser", "deleteUser", "changePassword", "jukeboxControl", "createShare",
    "updateShare", "deleteShare", "addChatMessage", "createPodcastChannel", "deletePodcastChannel",
    "createInternetRadioStation", "updateInternetRadioStation", "deleteInternetRadioStation",
)  # fmt: skip
EVERY_ANSWER = ANSWERS | WRITES | dict.fromkeys(REFUSED, system.refused)
EXTENSIONS = "getOpenSubsonicExtensions"
WRITE_SCOPE = "music:generate"
CODES = {
    "missing": Code.PARAMETER_MISSING,
    "conflict": Code.CONFLICTING_CREDENTIALS,
    "bad_key": Code.BAD_KEY,
    "bad_password": Code.WRONG_CREDENTIALS,
}
OPEN_TO_EVERY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",  # no cookie is read here, so a page cannot abuse one
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag, Retry-After",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": ", ".join(METHODS),
    "Access-Control-Allow-Headers": "Content-Type, If-None-Match, If-Range, Range",
    "Access-Control-Max-Age": "86400",
}


@csrf_exempt  # cookies are not read
def rest(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer one call. Always with HTTP 200, except for too many calls or an unsatisfiable range."""
    response = _answered(request, name.removesuffix(".view"))
    for header, value in OPEN_TO_EVERY_ORIGIN.items():
        response[header] = value
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-store"
    return response


def _answered(request: HttpRequest, name: str) -> HttpResponseBase:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=PREFLIGHT)
    form = AnswerForm()
    try:
        params = _params(request)
        form = form_of(params)
        found = _call(request, name, params)
        return found if isinstance(found, HttpResponseBase) else ok(found, form)
    except SubsonicError as error:
        return _failed(request, error, form)
    except CallbackInvalid:
        sentence = "callback: Expected the name of a function, got none."
        return failed(Code.GENERIC, sentence, AnswerForm("json"))
    except Exception:  # a player can only read the protocol's format
        log.exception("A call of a music player failed: %s", name[:60])
        return failed(Code.GENERIC, "The server failed to answer. The error was logged.", form)


def _params(request: HttpRequest) -> QueryDict:
    """Return the parameters of query string and form combined."""
    try:
        params = request.GET.copy()
        if request.method == "POST":
            params.update(request.POST)
        params.get("f", "").encode()
    except (
        BadRequest, MultiPartParserError, RequestDataTooBig, SuspiciousOperation, UnicodeError,
        UnreadablePostError,
    ):  # fmt: skip
        raise SubsonicError(Code.GENERIC, "Expected a form of moderate size, got a different body.") from None
    return params


def _call(request: HttpRequest, name: str, params: QueryDict) -> Body | HttpResponseBase:
    if request.method not in METHODS:
        raise SubsonicError(Code.GENERIC, f"Expected GET or POST, got {request.method}.")
    if name == EXTENSIONS:
        return system.extensions()
    identity = _identity(request, params)
    _count(identity)
    answer = EVERY_ANSWER.get(name)
    if answer is None:
        raise SubsonicError(Code.GENERIC, f"{name[:60]} is not implemented by this server.")
    if name in WRITES and identity.key is not None and not identity.key.allows(WRITE_SCOPE):
        raise SubsonicError(Code.NOT_AUTHORIZED, f'This API key lacks the scope "{WRITE_SCOPE}".')
    return answer(PlayerCall(request, params, identity.user, identity.key))


def _identity(request: HttpRequest, params: QueryDict) -> PlayerIdentity:
    sent = Credentials(
        username=params.get("u", ""),
        password=params.get("p", ""),
        token=params.get("t", ""),
        salt=params.get("s", ""),
        api_key=params.get("apiKey", ""),
    )
    try:
        return player_sign_in(sent, request=request)
    except PlayerRefused as error:
        code = CODES[error.reason]
        raise SubsonicError(code, str(error), wait_s=error.wait_s, is_sign_in=True) from None


def _count(identity: PlayerIdentity) -> None:
    state = ScopeThrottle(identity.user).count(str(identity.user.pk), RATE_SCOPE)
    if state is not None and state.is_exceeded:
        raise SubsonicError(
            Code.GENERIC, f"Too many calls: try again in {state.reset_s} s.", wait_s=state.reset_s
        )


def _failed(request: HttpRequest, error: SubsonicError, form: AnswerForm) -> HttpResponse:
    help_url = f"{site_url(request)}/account#players-section" if error.is_sign_in else ""
    response = failed(error.code, str(error), form, help_url=help_url)
    if error.wait_s is not None:
        response.status_code = 429
        response["Retry-After"] = str(error.wait_s)
    return response
