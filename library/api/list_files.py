"""Songs in order as a file: the M3U and ZIP responses of playlists, smart lists and selections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.utils import OpenApiResponse
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from audiomusic.http.exceptions import Conflict
from audiomusic.http.openapi import ERROR
from jobs.models import Take
from jobs.storage.archives import NoRoomForArchive
from jobs.storage.copies import EncodersBusy
from jobs.storage.files import StorageRefused
from jobs.storage.links import site_url
from jobs.storage.media.file_names import safe_file_name
from jobs.storage.media.slices import ArchiveSlice, SliceResponse
from jobs.storage.takes import AudioMissing
from library.playlists.files import PlaylistTooLarge, takes_archive, takes_m3u

M3U_TYPE = "audio/x-mpegurl; charset=utf-8"
NAMELESS = "Playlist"
#: The OpenAPI responses of the two formats.
M3U_ANSWERS = {200: OpenApiResponse(description="The list, as `audio/x-mpegurl`.")}
ZIP_ANSWERS = {
    200: OpenApiResponse(description="The archive, as `application/zip`."),
    409: ERROR,
    413: ERROR,
    503: ERROR,
}


class AnyAccept(DefaultContentNegotiation):
    """Ignores the Accept header: a file has only one format, whatever a browser or player accepts."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class ZipTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "playlist_too_large"


class ZipUnavailable(APIException):
    """No ZIP can be made now. Retry-After suggests when to try again."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "busy"
    wait = 5


def m3u_response(request: Request, name: str, takes: Sequence[Take]) -> HttpResponse:
    text = takes_m3u(name, takes, base_url=site_url(request))
    return HttpResponse(text, headers=_headers(name, ".m3u8", M3U_TYPE))


@contextmanager
def archive_refusals(songs: str) -> Iterator[None]:
    """Convert what `takes_archive` raises to ZipTooLarge, ZipUnavailable or Conflict. `songs`: describes in
    the message whose audio is missing."""
    try:
        yield
    except PlaylistTooLarge as error:
        raise ZipTooLarge(str(error)) from None
    except AudioMissing:
        raise Conflict(f"The audio of {songs} is missing.", code="audio_missing") from None
    except (EncodersBusy, NoRoomForArchive, StorageRefused):
        raise ZipUnavailable("No ZIP can be made right now. Please try again in a few seconds.") from None


def zip_response(name: str, takes: Sequence[Take]) -> HttpResponseBase:
    """Return the ZIP response. Raises what `archive_refusals` raises."""
    with archive_refusals("a song in this playlist"):
        archive = takes_archive(takes)
    length = {"Content-Length": str(archive.byte_count)}
    return SliceResponse(ArchiveSlice(archive), headers=_headers(name, ".zip", "application/zip") | length)


def _headers(name: str, extension: str, content_type: str) -> dict[str, str]:
    safe = safe_file_name(name) or NAMELESS
    plain = safe.encode("ascii", "ignore").decode().strip() or NAMELESS
    full = quote(safe + extension, safe="")
    return {
        "Content-Type": content_type,
        "Content-Disposition": f"attachment; filename=\"{plain}{extension}\"; filename*=UTF-8''{full}",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
