"""Uploading audio to work on. The only endpoint that accepts anything but JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypedDict, cast

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.engines.foreign.bounds import SourceUnusable
from audiomusic.http.exceptions import (
    SourceTooLarge,
    UnsupportedAudio,
    UploadInUse,
    UploadQuotaReached,
)
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import ERROR, MessageBody, answers, body_ref
from jobs.api.openapi import CONFLICT, NO_ROOM, NOT_FOUND
from jobs.api.storage_refusals import storage_refusals_answered
from jobs.storage.byte_sizes import size_words
from jobs.storage.copies import encoder_turn
from jobs.storage.links import site_url
from jobs.uploads.limits import max_source_bytes
from jobs.uploads.models import SourceFile
from jobs.uploads.names import tidy_file_name
from jobs.uploads.representations import UploadBody, upload_body
from jobs.uploads.services import SourceInUse, UploadsFull, source_create, source_delete

PIECE_BYTES = 65_536
MULTIPART_BYTES = 100_000  # upper limit of what multipart adds to the file


class UploadListBody(TypedDict):
    """The user's uploads, newest first."""

    uploads: list[UploadBody]


class RawAudioParser(BaseParser):
    """A body that is the file itself: `Content-Type: audio/…`. The format is detected from its bytes."""

    media_type = "audio/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return DataAndFiles({}, {"file": UploadedFile(stream, name="sound")})


class UploadViewSet(GenericViewSet):  # type: ignore[type-arg]
    metadata_class = cast(Any, BriefMetadata)  # the stubs want an instance
    parser_classes = (MultiPartParser, RawAudioParser)
    lookup_value_converter = "row_id"
    lookup_url_kwarg = "upload_id"
    list_is_object = True

    throttle_scope = "upload"  # for uploads; deletions count too
    validation_code = "validation_error"

    def get_queryset(self) -> Any:
        return SourceFile.objects.of_user(user_of(self.request)).uploaded().usable()

    @extend_schema(
        summary="Upload audio to work on",
        description=(
            "Send WAV, FLAC, OGG, MP3 or AIFF as the field `file` of a form, or as the body with "
            "`Content-Type: audio/…`. The format is detected from the bytes. Pass its `url`, or "
            "`upload:ID`, to tools that accept an address. It is kept for a day, or as long as a song that "
            "was made from it exists."
        ),
        operation_id="upload_audio",
        tags=["tools"],
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            },
        },
        responses={201: body_ref(UploadBody), 415: ERROR} | NO_ROOM,
    )
    def create(self, request: Request) -> Response:
        most = max_source_bytes()
        if int(request.META.get("CONTENT_LENGTH") or 0) > most + MULTIPART_BYTES:
            raise _too_large(most)
        file = request.FILES.get("file")
        if file is None:
            raise serializers.ValidationError({"file": "Expected a file, got none."})
        with TemporaryDirectory(prefix="audiomusic-") as folder, _refusals_answered():
            path = Path(folder) / "sent"
            _receive(file, path, most)
            with encoder_turn():
                source = source_create(
                    user=user_of(request),
                    path=path,
                    file_name=tidy_file_name(file.name or ""),
                    origin=SourceFile.Origin.UPLOAD,
                )
        return Response(upload_body(source, base_url=site_url(request)), status=201)

    @extend_schema(
        summary="Your uploads",
        operation_id="list_uploads",
        tags=["tools"],
        responses=answers(UploadListBody),
    )
    def list(self, request: Request) -> Response:
        base_url = site_url(request)
        return Response({"uploads": [upload_body(row, base_url=base_url) for row in self.get_queryset()]})

    @extend_schema(
        summary="One upload",
        operation_id="get_upload",
        tags=["tools"],
        responses=answers(UploadBody) | NOT_FOUND,
    )
    def retrieve(self, request: Request, upload_id: int) -> Response:
        source = get_object_or_404(self.get_queryset(), id=upload_id)
        return Response(upload_body(source, base_url=site_url(request)))

    @extend_schema(
        summary="Delete an upload",
        description="Refused while a job made from it exists, because the upload is needed to make that "
        "job again.",
        operation_id="delete_upload",
        tags=["tools"],
        responses=answers(MessageBody) | NOT_FOUND | CONFLICT,
    )
    def destroy(self, request: Request, upload_id: int) -> Response:
        try:
            source_delete(source=get_object_or_404(self.get_queryset(), id=upload_id))
        except SourceInUse as error:
            raise UploadInUse(str(error)) from None
        return Response({"message": "Upload deleted"})


def _too_large(most: int) -> SourceTooLarge:
    return SourceTooLarge(f"Expected at most {size_words(most)}, got more.")


def _receive(file: Any, path: Path, most: int) -> None:
    taken = 0
    with path.open("wb") as target:
        while piece := file.read(PIECE_BYTES):
            taken += len(piece)
            if taken > most:
                raise _too_large(most)
            target.write(piece)


@contextmanager
def _refusals_answered() -> Iterator[None]:
    try:
        with storage_refusals_answered():
            yield
    except SourceUnusable as error:
        if error.code in ("source_too_long", "source_too_large"):
            raise SourceTooLarge(str(error), error.code) from None
        raise UnsupportedAudio(str(error)) from None
    except UploadsFull as error:
        raise UploadQuotaReached(str(error)) from None
