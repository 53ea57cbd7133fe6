"""Sound, waveforms, lyrics, scores and recipes for anyone who holds a signed link: no key, no cookie."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable
from functools import partial, wraps
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe
from django.views.decorators.http import require_safe

from audiomusic.engines.encoding import ALL_FORMATS, FORMATS, STREAM_FORMATS
from audiomusic.engines.lrc import retitled
from audiomusic.http.errors import json_error
from jobs.models import AudioFile, CoverFile, ScoreFormat, SourceFile, Status, StoredFile, Take
from jobs.storage.archives import Archive, ArchiveKind, NoRoomForArchive, is_whole_song, stems_archive
from jobs.storage.copies import RETRY_AFTER_S, EncodersBusy, take_in_format, take_light
from jobs.storage.files import StorageRefused
from jobs.storage.links import (
    ENHANCED_LRC_KIND,
    LRC_KIND,
    MIDI_KIND,
    PEAKS_KIND,
    PROJECT_KIND,
    RECIPE_KIND,
    SCORE_KIND,
    STEMS_KIND,
    STREAM_KIND,
    Link,
    LinkExpired,
    LinkInvalid,
    read_token,
)
from jobs.storage.recipes import recipe_of
from jobs.storage.scores import NOTATIONS, notation_text
from jobs.storage.tagging.scores import renamed_score
from jobs.storage.takes import SCORE_EXTENSIONS, AudioMissing

CHUNK_BYTES = 64 * 1024
CACHE_CONTROL = "private, max-age=3600"
REDIRECT_S = 900  # how long the object store's own link lasts

#: Takes without their kilobytes; the waveform's view fetches its list by itself.
TAKES = Take.objects.select_related("job").defer("peaks")

#: What links open: finished songs, of users who were not shut out.
OPEN_TAKES = TAKES.filter(job__status=Status.COMPLETED, job__user__is_active=True)

#: Kind of link -> the score's format, and what it is sent as.
SCORES = {SCORE_KIND: (ScoreFormat.JSON, "application/json"), MIDI_KIND: (ScoreFormat.MIDI, "audio/midi")}

ARCHIVES: dict[str, ArchiveKind] = {STEMS_KIND: "stems", PROJECT_KIND: "project"}

#: How a link to a stream ends -> the light format that is sent.
STREAMS = {codec.extension: format for format, codec in STREAM_FORMATS.items()}

ServedFile = StoredFile | SourceFile | CoverFile
TakeView = Callable[..., HttpResponseBase]

_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*")
#: What file systems, shells and headers read as more than a letter.
_UNFIT = re.compile(r'[/\\:*?"<>|%;]')


class Slice(NamedTuple):
    """Bytes `start` up to, not including, `stop` of a file."""

    start: int
    stop: int


class Unsatisfiable(Exception):
    """The range lies wholly outside the file."""


class FileSlice:
    """A part of an open file as a file of its own, so that the web server can send it without a thread."""

    def __init__(self, file: File[bytes], part: Slice) -> None:
        self._file, self._part = file, part
        file.seek(part.start)

    def read(self, byte_count: int = -1) -> bytes:
        left = self._part.stop - self._file.tell()
        return self._file.read(left if byte_count < 0 else min(byte_count, left)) if left > 0 else b""

    def tell(self) -> int:
        return int(self._file.tell()) - self._part.start

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._part.stop - self._part.start}
        self._file.seek(self._part.start + origin[whence] + offset)
        return self.tell()

    def close(self) -> None:
        self._file.close()


class ArchiveSlice(FileSlice):
    """A whole archive, which is closed when the client has it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        super().__init__(File(archive.file), Slice(0, archive.byte_count))

    def close(self) -> None:
        self._archive.close()


class SliceResponse(FileResponse):
    """A FileResponse whose headers are complete: Django would guess the type, the length and a name."""

    block_size = CHUNK_BYTES

    def set_headers(self, filelike: Any) -> None:
        pass


def opens_take(view: TakeView) -> TakeView:
    """Give `view` the take its token opens; refuse a bad, expired or orphaned token."""

    @wraps(view)
    @require_safe
    def guarded(request: HttpRequest, token: str, *args: str, **kwargs: str) -> HttpResponseBase:
        try:
            link = read_token(token)
            take = OPEN_TAKES.get(job_id=link.job_id, index=link.take_index)
            return view(request, take, link, *args, **kwargs)
        except LinkExpired:
            return json_error(410, "This link has expired. Get a new one from the job.", "link_expired")
        except (LinkInvalid, Take.DoesNotExist, AudioMissing):
            return json_error(404, "This link leads to nothing.", "not_found")

    return guarded


@opens_take
def audio_view(request: HttpRequest, take: Take, link: Link, file_name: str) -> HttpResponseBase:
    """A take's sound, whole or a range of it. `?download=1` has the browser save it."""
    suffix = PurePosixPath(file_name).suffix
    if link.kind == STREAM_KIND:
        if suffix not in STREAMS:
            raise LinkInvalid
        return take_stream(request, take, STREAMS[suffix])
    if link.kind not in FORMATS or suffix != FORMATS[link.kind].extension:
        raise LinkInvalid
    return take_sound(request, take, link.kind)


def take_sound(request: HttpRequest, take: Take, format: str) -> HttpResponseBase:
    """A take in one format, whole or the range that is asked for; the caller has looked that it may be
    heard. Raises AudioMissing."""
    is_from_start = _is_from_start(request)
    return _answer_sound(request, take, partial(take_in_format, format=format, is_from_start=is_from_start))


def take_stream(request: HttpRequest, take: Take, format: str) -> HttpResponseBase:
    """A take in one of the light formats, as `take_sound` answers."""
    return _answer_sound(request, take, partial(take_light, format=format))


def _answer_sound(request: HttpRequest, take: Take, find_file: Callable[..., AudioFile]) -> HttpResponseBase:
    try:
        file = find_file(take=take)
    except EncodersBusy:
        return _busy()
    except StorageRefused:
        return json_error(503, "The storage is not available right now. Please try again.", "storage_failed")
    codec = ALL_FORMATS[file.format]
    headers = {
        "Content-Type": codec.content_type,
        "Content-Disposition": disposition(request, take, codec.extension),
    }
    return answer_stored(request, file, headers)


def _is_from_start(request: HttpRequest) -> bool:
    """Whether the client has nothing of the file yet, as far as its range tells."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    return match is None or match[1] == "0"


def _busy() -> HttpResponse:
    sentence = "This format, or another one, is being made right now. Please try again in a few seconds."
    answer = json_error(503, sentence, "encoder_busy")
    return _with_headers(answer, {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"})


@opens_take
def score_view(request: HttpRequest, take: Take, link: Link, file_name: str) -> HttpResponseBase:
    """The score of a take: as JSON, as a MIDI file, as ABC text or as MusicXML."""
    if link.kind in NOTATIONS:
        return _answer_notation(request, take, link.kind, file_name)
    if link.kind not in SCORES:
        raise LinkInvalid
    format, content_type = SCORES[link.kind]
    file = take.score_files.filter(format=format).first()
    if file is None or PurePosixPath(file_name).suffix != SCORE_EXTENSIONS[format]:
        raise LinkInvalid
    headers = {
        "Content-Type": content_type,
        "Content-Disposition": disposition(request, take, SCORE_EXTENSIONS[format]),
    }
    try:
        renamed = renamed_score(take, format)
    except (StorageRefused, FileNotFoundError):
        renamed = None  # the store answers for itself
    if renamed is not None:
        return answer_content(request, renamed, headers)
    return answer_stored(request, file, headers)


def _answer_notation(request: HttpRequest, take: Take, kind: str, file_name: str) -> HttpResponseBase:
    """The score as people write it, made of the one that is kept."""
    extension, content_type, _ = NOTATIONS[kind]
    if PurePosixPath(file_name).suffix != extension:
        raise LinkInvalid
    try:
        text = notation_text(take, kind)
    except StorageRefused:
        return json_error(503, "The storage is not available right now. Please try again.", "storage_failed")
    if text is None:
        raise LinkInvalid
    headers = {"Content-Type": content_type, "Content-Disposition": disposition(request, take, extension)}
    return answer_content(request, text.encode(), headers)


@opens_take
def recipe_view(request: HttpRequest, take: Take, link: Link, file_name: str) -> HttpResponseBase:
    """All that is needed to make a take again, as JSON."""
    if link.kind != RECIPE_KIND:
        raise LinkInvalid
    headers = {
        "Content-Type": "application/json",
        "Content-Disposition": disposition(request, take, ".recipe.json"),
    }
    return answer_content(request, json.dumps(recipe_of(take), ensure_ascii=False).encode(), headers)


@opens_take
def archive_view(request: HttpRequest, take: Take, link: Link, file_name: str) -> HttpResponseBase:
    """All stems of a song as WAV in a ZIP; as a project with MIDI, lyrics, score and chords beside them."""
    if link.kind not in ARCHIVES or PurePosixPath(file_name).suffix != ".zip":
        raise LinkInvalid
    kind = ARCHIVES[link.kind]
    takes = list(TAKES.filter(job=take.job_id))
    if not is_whole_song(take.job):
        raise LinkInvalid
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": disposition(request, take, ".zip", is_of_take=False),
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    try:
        archive = stems_archive(takes, kind)
    except EncodersBusy:
        return _busy()
    except NoRoomForArchive:
        return json_error(503, "The server's disk is almost full. Please try again later.", "disk_full")
    except StorageRefused:
        return json_error(503, "The storage is not available right now. Please try again.", "storage_failed")
    headers["Content-Length"] = str(archive.byte_count)
    return SliceResponse(ArchiveSlice(archive), headers=headers)


@opens_take
def peaks_view(request: HttpRequest, take: Take, link: Link) -> HttpResponseBase:
    """A take's waveform as JSON: `peaks` holds the loudest sample of each slice, 0..1."""
    if link.kind != PEAKS_KIND:
        raise LinkInvalid
    body = {"job_id": take.job_id, "index": take.index, "duration": take.duration_s, "peaks": take.peaks}
    return answer_content(request, json.dumps(body).encode(), {"Content-Type": "application/json"})


@opens_take
def lrc_view(request: HttpRequest, take: Take, link: Link, file_name: str) -> HttpResponseBase:
    """A take's synchronised lyrics as an LRC file: with times for lines, or for words too."""
    lyrics = {LRC_KIND: take.lrc_content, ENHANCED_LRC_KIND: take.enhanced_lrc}.get(link.kind)
    if not lyrics:
        raise LinkInvalid
    extension = " by word.lrc" if link.kind == ENHANCED_LRC_KIND else ".lrc"
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": disposition(request, take, extension),
    }
    return answer_content(request, retitled(lyrics, take.job.display_name).encode(), headers)


def disposition(request: HttpRequest, take: Take, extension: str, *, is_of_take: bool = True) -> str:
    """Content-Disposition with the job's name in it, in ASCII for old clients and in full (RFC 6266).
    `is_of_take` False: it is of all takes together."""
    way = "attachment" if request.GET.get("download") == "1" else "inline"
    name = safe_file_name(take.job.display_name) or f"Song {take.job_id}"
    if is_of_take and (label := take.job.take_label(take.index)):
        name = f"{name} ({label})"
    plain = safe_file_name(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    plain = plain or f"Song {take.job_id}"
    return f"{way}; filename=\"{plain}{extension}\"; filename*=UTF-8''{quote(name + extension, safe='')}"


def safe_file_name(title: str) -> str:
    """`title` as a file name: no separators, no control or direction marks, no dots at the ends."""
    letters = (" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in title)
    return " ".join(_UNFIT.sub(" ", "".join(letters)).split())[:100].strip(" .")


def parse_range(header: str, byte_count: int) -> Slice | None:
    """The one range `header` asks for; None where the whole file is to be sent (RFC 9110, 14.2).

    Several ranges at once, other units and nonsense get the whole file. Raises
    Unsatisfiable for a range that begins behind the end.
    """
    match = _RANGE.fullmatch(header)
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        part = Slice(max(0, byte_count - int(last)), byte_count)
    else:
        part = Slice(int(first), int(last) + 1 if last else byte_count)
        if last and part.stop <= part.start:
            return None
    if part.start >= byte_count:
        raise Unsatisfiable
    return Slice(part.start, min(part.stop, byte_count))


def answer_stored(request: HttpRequest, file: ServedFile, headers: dict[str, str]) -> HttpResponseBase:
    """A stored file, or the range of it that is asked for. Raises AudioMissing."""
    if isinstance(default_storage, FileSystemStorage):
        return _serve(request, file, headers)
    return _redirect(request, file, headers)


def _serve(request: HttpRequest, file: ServedFile, headers: dict[str, str]) -> HttpResponseBase:
    etag, modified = f'"{file.sha256}"', int(file.created_at.timestamp())
    headers |= _caching(etag) | {"Accept-Ranges": "bytes", "Last-Modified": http_date(modified)}
    if refusal := get_conditional_response(request, etag, modified):
        return _with_headers(refusal, headers)
    try:
        part = _asked_range(request, file, etag, modified)
    except Unsatisfiable:
        refusal = json_error(416, f"The file has {file.byte_count} bytes.", "range_not_satisfiable")
        return _with_headers(refusal, {"Content-Range": f"bytes */{file.byte_count}"})
    return _send(request, file, part, headers)


def _send(
    request: HttpRequest, file: ServedFile, part: Slice | None, headers: dict[str, str]
) -> HttpResponseBase:
    sent = part or Slice(0, file.byte_count)
    headers["Content-Length"] = str(sent.stop - sent.start)
    if part:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{file.byte_count}"
    status = 206 if part else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    try:
        body = FileSlice(default_storage.open(file.storage_name), sent)
    except FileNotFoundError:
        raise AudioMissing from None
    return SliceResponse(body, status=status, headers=headers)


def _asked_range(request: HttpRequest, file: ServedFile, etag: str, modified: int) -> Slice | None:
    """The range to send. With If-Range only if the client's part is of this very file."""
    condition = request.headers.get("If-Range", etag)
    if request.method != "GET" or (condition != etag and parse_http_date_safe(condition) != modified):
        return None
    return parse_range(request.headers.get("Range", ""), file.byte_count)


def _redirect(request: HttpRequest, file: ServedFile, headers: dict[str, str]) -> HttpResponseBase:
    """Send the client to the object store, which knows ranges and conditions itself."""
    url = default_storage.url(  # type: ignore[call-arg]
        file.storage_name,
        parameters={f"Response{name.replace('-', '')}": value for name, value in headers.items()},
        expire=REDIRECT_S,
        http_method=request.method,
    )
    return HttpResponseRedirect(url, headers={"Cache-Control": "private, no-cache"})


def answer_content(request: HttpRequest, content: bytes, headers: dict[str, str]) -> HttpResponseBase:
    etag = f'"{sha256(content).hexdigest()}"'
    headers |= _caching(etag)
    if refusal := get_conditional_response(request, etag):
        return _with_headers(refusal, headers)
    return HttpResponse(content, headers=headers)


def _with_headers(response: HttpResponse, headers: dict[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response


def _caching(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": CACHE_CONTROL, "X-Content-Type-Options": "nosniff"}
