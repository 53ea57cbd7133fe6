"""Sound and pictures: streams in a light format, downloads as they were made, drawn covers."""

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
COVER_CACHE = "private, max-age=604800"  # the same song has the same cover for ever
#: What players call formats -> ours; whatever else they ask for is sent light.
ASKED = {
    "raw": "", "original": "", "mp3": "mp3", "ogg": "ogg", "oga": "ogg", "opus": "opus", "flac": "flac",
    "wav": "wav",
}  # fmt: skip
LIGHTER_THAN_KBIT = 320  # who allows fewer a second gets an MP3 of 160


def stream(call: PlayerCall) -> HttpResponseBase:
    """A song as it was made where that is light, else as MP3 that is made once and kept; lighter where the
    player wants Opus, or sets a limit to the bits a second; `format=raw` as it was made, whatever that is.
    While no encoder is free, as it was made, too: a player waits for no one."""
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
    """Players that send forms ask for ranges by POST, too."""
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
    """Always a picture: the one that the caller gave their song, else one that is drawn from the id alone, so
    that it tells nothing of whose song that is."""
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
    """In the size that is not smaller than what was asked for, as far as there is one."""
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
    """What a cover is drawn from: a song's number, as on the pages; else the id itself."""
    kind, _, rest = text[:60].partition("-")
    number = rest.partition("-")[0]
    return number if kind in ("al", "tr") and number.isascii() and number.isdecimal() else text[:60]


def get_avatar(call: PlayerCall) -> HttpResponseBase:
    picture = cover_png(f"user {call.text('username', call.user.get_username())[:60]}", COVER_SIZE)
    return HttpResponse(picture, content_type="image/png", headers={"Cache-Control": COVER_CACHE})
