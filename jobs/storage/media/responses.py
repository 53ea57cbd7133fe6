"""Responses with a stored file, or with generated content: conditions, ranges, and a bucket's own links."""

from __future__ import annotations

from hashlib import sha256

from django.core.files.storage import FileSystemStorage, default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe

from audiomusic.http.errors import json_error
from jobs.models import CoverFile, SourceFile, StoredFile
from jobs.storage.media.slices import FileSlice, Slice, SliceResponse, Unsatisfiable, parse_range
from jobs.storage.takes import AudioMissing

CACHE_CONTROL = "private, max-age=3600"
REDIRECT_S = 900  # how long the object store's own link is valid

ServedFile = StoredFile | SourceFile | CoverFile


def answer_stored(request: HttpRequest, file: ServedFile, headers: dict[str, str]) -> HttpResponseBase:
    """Return a stored file, or the requested range of it. Raises AudioMissing."""
    if isinstance(default_storage, FileSystemStorage):
        return _serve(request, file, headers)
    return _redirect(request, file, headers)


def _serve(request: HttpRequest, file: ServedFile, headers: dict[str, str]) -> HttpResponseBase:
    etag, modified = f'"{file.sha256}"', int(file.created_at.timestamp())
    headers |= _caching(etag) | {"Accept-Ranges": "bytes", "Last-Modified": http_date(modified)}
    if refusal := get_conditional_response(request, etag, modified):
        return with_headers(refusal, headers)
    try:
        part = _asked_range(request, file, etag, modified)
    except Unsatisfiable:
        refusal = json_error(416, f"The file has {file.byte_count} bytes.", "range_not_satisfiable")
        return with_headers(refusal, {"Content-Range": f"bytes */{file.byte_count}"})
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
    """Return the range to send; with If-Range only if the client's part is from this exact file."""
    condition = request.headers.get("If-Range", etag)
    if request.method != "GET" or (condition != etag and parse_http_date_safe(condition) != modified):
        return None
    return parse_range(request.headers.get("Range", ""), file.byte_count)


def _redirect(request: HttpRequest, file: ServedFile, headers: dict[str, str]) -> HttpResponseBase:
    """Redirect the client to the object store, which supports ranges and conditions itself."""
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
        return with_headers(refusal, headers)
    return HttpResponse(content, headers=headers)


def with_headers(response: HttpResponse, headers: dict[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response


def _caching(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": CACHE_CONTROL, "X-Content-Type-Options": "nosniff"}
