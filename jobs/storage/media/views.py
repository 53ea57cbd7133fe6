"""Sound, waveforms, lyrics, scores and recipes for anyone with a signed link: no key, no cookie."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial, wraps
from pathlib import PurePosixPath

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.views.decorators.http import require_safe

from audiomusic.engines.encoding import ALL_FORMATS, FORMATS, STREAM_FORMATS
from audiomusic.engines.lrc import retitled
from audiomusic.http.errors import json_error
from jobs.models import AudioFile, ScoreFormat, Status, Take
from jobs.storage.archives import ArchiveKind, NoRoomForArchive, is_whole_song, stems_archive
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
from jobs.storage.media.file_names import disposition
from jobs.storage.media.responses import answer_content, answer_stored, with_headers
from jobs.storage.media.slices import ArchiveSlice, SliceResponse, is_from_start
from jobs.storage.recipes import recipe_of
from jobs.storage.scores import NOTATIONS, notation_text
from jobs.storage.tagging.scores import renamed_score
from jobs.storage.takes import SCORE_EXTENSIONS, AudioMissing

#: Takes without their large column; the waveform's view fetches it on its own.
TAKES = Take.objects.select_related("job").defer("peaks")

#: What links open: finished songs of users whose account is open.
OPEN_TAKES = TAKES.filter(job__status=Status.COMPLETED, job__user__is_active=True)

#: Kind of link -> the score's format and content type.
SCORES = {SCORE_KIND: (ScoreFormat.JSON, "application/json"), MIDI_KIND: (ScoreFormat.MIDI, "audio/midi")}

ARCHIVES: dict[str, ArchiveKind] = {STEMS_KIND: "stems", PROJECT_KIND: "project"}

#: Extension of a stream link -> the light format that is sent.
STREAMS = {codec.extension: format for format, codec in STREAM_FORMATS.items()}

TakeView = Callable[..., HttpResponseBase]


def opens_take(view: TakeView) -> TakeView:
    """Call `view` with the take that its token opens; refuse an invalid, expired or orphaned token."""

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
    """Return a take's sound, whole or a range of it. `?download=1` makes the browser save it."""
    suffix = PurePosixPath(file_name).suffix
    if link.kind == STREAM_KIND:
        if suffix not in STREAMS:
            raise LinkInvalid
        return take_stream(request, take, STREAMS[suffix])
    if link.kind not in FORMATS or suffix != FORMATS[link.kind].extension:
        raise LinkInvalid
    return take_sound(request, take, link.kind)


def take_sound(request: HttpRequest, take: Take, format: str) -> HttpResponseBase:
    """Return a take in one format, whole or the requested range; the caller has checked the permission.
    Raises AudioMissing."""
    from_start = is_from_start(request)
    return _answer_sound(request, take, partial(take_in_format, format=format, is_from_start=from_start))


def take_stream(request: HttpRequest, take: Take, format: str) -> HttpResponseBase:
    """Return a take in one of the light formats, like `take_sound`."""
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


def _busy() -> HttpResponse:
    sentence = "This format, or another one, is being made right now. Please try again in a few seconds."
    answer = json_error(503, sentence, "encoder_busy")
    return with_headers(answer, {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"})


@opens_take
def score_view(request: HttpRequest, take: Take, link: Link, file_name: str) -> HttpResponseBase:
    """Return the score of a take: as JSON, MIDI file, ABC text or MusicXML."""
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
        renamed = None  # the storage's error is reported below
    if renamed is not None:
        return answer_content(request, renamed, headers)
    return answer_stored(request, file, headers)


def _answer_notation(request: HttpRequest, take: Take, kind: str, file_name: str) -> HttpResponseBase:
    """Return the score in a written notation, made from the stored one."""
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
    """Return everything needed to make a take again, as JSON."""
    if link.kind != RECIPE_KIND:
        raise LinkInvalid
    headers = {
        "Content-Type": "application/json",
        "Content-Disposition": disposition(request, take, ".recipe.json"),
    }
    return answer_content(request, json.dumps(recipe_of(take), ensure_ascii=False).encode(), headers)


@opens_take
def archive_view(request: HttpRequest, take: Take, link: Link, file_name: str) -> HttpResponseBase:
    """Return all stems of a song as WAV in a ZIP; a project also contains MIDI, lyrics, score and chords."""
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
    """Return a take's waveform as JSON: `peaks` holds the loudest sample of each slice, 0..1."""
    if link.kind != PEAKS_KIND:
        raise LinkInvalid
    body = {"job_id": take.job_id, "index": take.index, "duration": take.duration_s, "peaks": take.peaks}
    return answer_content(request, json.dumps(body).encode(), {"Content-Type": "application/json"})


@opens_take
def lrc_view(request: HttpRequest, take: Take, link: Link, file_name: str) -> HttpResponseBase:
    """Return a take's synchronized lyrics as an LRC file, with times for lines, or for words too."""
    lyrics = {LRC_KIND: take.lrc_content, ENHANCED_LRC_KIND: take.enhanced_lrc}.get(link.kind)
    if not lyrics:
        raise LinkInvalid
    extension = " by word.lrc" if link.kind == ENHANCED_LRC_KIND else ".lrc"
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": disposition(request, take, extension),
    }
    return answer_content(request, retitled(lyrics, take.job.display_name).encode(), headers)
