"""Information about the server and the user, and empty responses for unsupported features."""

from __future__ import annotations

from library.subsonic.errors import Code, SubsonicError
from library.subsonic.parameters import PlayerCall
from library.subsonic.responses import Body
from library.subsonic.songs import songs_of

EXTENSIONS: list[Body] = [
    {"name": "apiKeyAuthentication", "versions": [1]},
    {"name": "formPost", "versions": [1]},
    {"name": "songLyrics", "versions": [1, 2]},
]
#: The permissions of a player's user, in the protocol's terms.
ROLES = {
    "scrobblingEnabled": True, "adminRole": False, "settingsRole": False, "downloadRole": True,
    "uploadRole": False, "playlistRole": True, "coverArtRole": False, "commentRole": False,
    "podcastRole": False, "streamRole": True, "jukeboxRole": False, "shareRole": False,
    "videoConversionRole": False,
}  # fmt: skip


def ping(call: PlayerCall) -> Body:
    return {}


def get_license(call: PlayerCall) -> Body:
    return {"license": {"valid": True}}


def extensions() -> Body:
    """Return the extensions. Needs no credentials: players ask before they know how to sign in."""
    return {"openSubsonicExtensions": EXTENSIONS}


def token_info(call: PlayerCall) -> Body:
    return {"tokenInfo": {"username": call.user.get_username()}}


def get_user(call: PlayerCall) -> Body:
    name = call.user.get_username()
    if call.text("username", name).casefold() != name.casefold():
        raise SubsonicError(Code.NOT_AUTHORIZED, "Other users are not shown.")
    body: Body = {"username": name, **ROLES, "folder": [1]}
    if call.user.email:
        body["email"] = call.user.email
    return {"user": body}


def get_scan_status(call: PlayerCall) -> Body:
    """Return the number of songs. Nothing is ever scanned: songs appear when they are made."""
    return {"scanStatus": {"scanning": False, "count": songs_of(call.user).order_by().count()}}


def get_podcasts(call: PlayerCall) -> Body:
    return {"podcasts": {"channel": []}}


def get_newest_podcasts(call: PlayerCall) -> Body:
    return {"newestPodcasts": {"episode": []}}


def get_internet_radio_stations(call: PlayerCall) -> Body:
    return {"internetRadioStations": {"internetRadioStation": []}}


def get_bookmarks(call: PlayerCall) -> Body:
    return {"bookmarks": {"bookmark": []}}


def get_shares(call: PlayerCall) -> Body:
    return {"shares": {"share": []}}


def get_videos(call: PlayerCall) -> Body:
    return {"videos": {"video": []}}


def get_chat_messages(call: PlayerCall) -> Body:
    return {"chatMessages": {"chatMessage": []}}


def refused(call: PlayerCall) -> Body:
    raise SubsonicError(Code.NOT_AUTHORIZED, "This server does not allow this from players.")
