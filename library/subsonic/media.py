"""Audio and pictures: streams in a compressed format, downloads in the original format, and covers."""

from __future__ import annotations

from copy import copy
from hashlib import sha256

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from audiomusic.engines.covers.bounds import SMALL_PX
from audiomusic.engines.covers.picture import LARGEST, SMALLEST, cover_png
from audiomusic.engines.encoding import ALL_FORMATS
from audiomusic.http.ids import row_id
from jobs.models import AudioFile, AudioFormat, CoverFile, CoverSize, StreamFormat, Take
from jobs.storage.copies import EncodersBusy, take_in_format
from jobs.storage.files import StorageRefused
from jobs.storage.media.file_names import disposition
from jobs.storage.media.responses import answer_stored
from jobs.storage.takes import AudioMissing
from library.subsonic.errors import Code, SubsonicError, not_found
from library.subsonic.parameters import PlayerCall
from library.subsonic.songs import LIGHT_FORMATS, song_take

COVER_SIZE = 300
COVER_CACHE = "private, max-age=604800"  # the same id always has the same cover
#: Players' format names -> ours; anything else gets a compressed format.
ASKED = {
    "raw": "", "original": "", "mp3": "mp3", "ogg": "ogg", "oga": "ogg", "opus": "opus", "flac": "flac",
    "wav": "wav",
}  # fmt: skip
LIGHTER_THAN_KBIT = 320  # players with a lower limit get an MP3 at 160 kbit/s


def stream(call: PlayerCall) -> HttpResponseBase:
    """Stream a song in its original format if that is compressed, otherwise as an MP3 that is encoded once
    and kept. Smaller if the player requests Opus or limits the bit rate. `format=raw` always returns the
    original format. So do all requests while no encoder is free, because players do not wait."""
    take = song_take(call.user, call.song())
    wanted = call.text("format", "").lower()
    if wanted in ASKED:
        format = ASKED[wanted] or take.job.format
    else:
        format = take.job.format if take.job.format in LIGHT_FORMATS else LIGHT_FORMATS[0]
    is_limited = 0 < call.number("maxBitRate", 0) < LIGHTER_THAN_KBIT
    if is_limited and (format == AudioFormat.MP3 or wanted not in ASKED):
        format = StreamFormat.MP3_SMALL
    return _sound(call, take, format, is_download=False)


def download(call: PlayerCall) -> HttpResponseBase:
    take = song_take(call.user, call.song())
    return _sound(call, take, take.job.format, is_download=True)


def _sound(call: PlayerCall, take: Take, format: str, *, is_download: bool) -> HttpResponseBase:
    file = _file(take, format)
    codec = ALL_FORMATS[file.format]
    said = disposition(call.request, take, codec.extension)
    headers = {
        "Content-Type": codec.content_type,
        "Content-Disposition": said.replace("inline", "attachment", 1) if is_download else said,
    }
    try:
        return answer_stored(_as_get(call.request), file, headers)
    except AudioMissing:
        raise not_found("sound: its file is missing") from None


def _as_get(request: HttpRequest) -> HttpRequest:
    """Return the request as GET: players that send forms also request ranges by POST."""
    if request.method != "POST":
        return request
    request = copy(request)
    request.method = "GET"
    return request


def _file(take: Take, format: str) -> AudioFile:
    try:
        return take_in_format(take=take, format=format)
    except EncodersBusy:
        if made := take.files.filter(format=take.job.format).first() or take.files.first():
            return made
        raise not_found("sound: its file is missing") from None
    except AudioMissing:
        raise not_found("sound: its file is missing") from None
    except StorageRefused:
        raise SubsonicError(
            Code.GENERIC, "The storage is not available right now. Please try again."
        ) from None


def get_cover_art(call: PlayerCall) -> HttpResponseBase:
    """Return the cover, always a picture: the caller's own if they set one, otherwise one drawn from the id
    alone, which reveals nothing about the song's owner."""
    size = call.number("size", COVER_SIZE, low=SMALLEST, high=LARGEST)
    key = cover_key(call.text("id"))
    if own := _own_cover(call, key, size):
        return own
    picture = cover_png(key, size)
    etag = f'"{sha256(picture).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": COVER_CACHE, "Content-Length": str(len(picture))}
    if unchanged := get_conditional_response(call.request, etag):
        unchanged["ETag"] = etag
        return unchanged
    return HttpResponse(picture, content_type="image/png", headers=headers)


def _own_cover(call: PlayerCall, key: str, size: int) -> HttpResponseBase | None:
    """Return the user's own cover in the smallest size that is large enough, or the largest there is."""
    job_id = row_id(key)
    if job_id is None:
        return None
    format = CoverSize.SMALL if size <= SMALL_PX else CoverSize.LARGE
    file = CoverFile.objects.filter(job=job_id, user=call.user, format=format).first()
    if file is None:
        return None
    try:
        return answer_stored(_as_get(call.request), file, {"Content-Type": "image/jpeg"})
    except AudioMissing:
        return None


def cover_key(text: str) -> str:
    """Return what a cover is drawn from: the song's number, as on the pages, otherwise the id itself."""
    kind, _, rest = text[:60].partition("-")
    number = rest.partition("-")[0]
    return number if kind in ("al", "tr") and number.isascii() and number.isdecimal() else text[:60]


def get_avatar(call: PlayerCall) -> HttpResponseBase:
    picture = cover_png(f"user {call.text('username', call.user.get_username())[:60]}", COVER_SIZE)
    return HttpResponse(picture, content_type="image/png", headers={"Cache-Control": COVER_CACHE})
