"""Bulk operations on jobs over HTTP: like, tag, add to a playlist, download, delete and restore."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict, cast

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.exceptions import Conflict
from audiomusic.http.fields import WholeNumberField
from audiomusic.http.ids import MAX_ID
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import ERROR, answers
from jobs.models import Job
from jobs.storage.media.slices import ArchiveSlice, SliceResponse
from library.api.closed_bodies import ClosedSerializer, read
from library.api.list_files import ZIP_ANSWERS, AnyAccept, archive_refusals
from library.api.playlists import own_playlist
from library.api.tags import TagListField
from library.models import Reaction
from library.playlists.services import PlaylistFull
from library.selection.archive import NothingToHear, archive_headers, songs_archive
from library.selection.deletions import MOST_UNDO_S, deletions_undo, jobs_delete
from library.selection.services import MOST_SONGS, jobs_add_to_playlist, jobs_react
from library.tags.services import MOST_TAGS, TooManyTags, jobs_tags_update
from library.tags.words import TagInvalid

TAGS = ["jobs"]
MOST_REMOVED = 100  # tags that one call can remove


class ChangedBody(TypedDict):
    """The jobs that were changed and those that were not."""

    job_ids: list[int]
    missing: list[int]  # deleted, another user's, or not suitable


class RefusedDeletionBody(TypedDict):
    job_id: int
    detail: str


class DeletionsBody(TypedDict):
    """The outcome for each job."""

    deleted: list[int]
    pending: list[int]
    refused: list[RefusedDeletionBody]


class JobIdsField(serializers.ListField):
    child = WholeNumberField(min_value=1, max_value=MAX_ID)


class JobIdsSerializer(ClosedSerializer):
    """Your jobs; jobs that no longer exist are skipped."""

    job_ids = JobIdsField(allow_empty=False, max_length=MOST_SONGS)


class BulkReactionSerializer(JobIdsSerializer):
    """Your reaction to the jobs; null clears it."""

    interaction = serializers.ChoiceField(choices=Reaction.Value.choices, allow_null=True)


class BulkPlaylistSerializer(JobIdsSerializer):
    """The playlist to add the jobs to."""

    playlist_id = WholeNumberField(min_value=1, max_value=MAX_ID)


class BulkTagsSerializer(JobIdsSerializer):
    """Tags to remove from all of the jobs, then tags to add."""

    add = TagListField(max_length=MOST_TAGS, allow_empty=True, required=False)
    remove = TagListField(max_length=MOST_REMOVED, allow_empty=True, required=False)


class BulkDeleteSerializer(JobIdsSerializer):
    """`undo_s`: for how many seconds the jobs can be restored; 0 deletes them immediately."""

    undo_s = WholeNumberField(min_value=0, max_value=MOST_UNDO_S, default=0)


def changed(asked: Iterable[int], done: list[int]) -> Response:
    known = set(done)
    body: ChangedBody = {
        "job_ids": done,
        "missing": [each for each in dict.fromkeys(asked) if each not in known],
    }
    return Response(body)


class BulkViewSet(ViewSet):
    """The caller's jobs; jobs of other users do not exist."""

    metadata_class = cast(Any, BriefMetadata)  # the stubs want an instance

    @extend_schema(
        operation_id="react_to_jobs",
        summary="Like or dislike many jobs",
        tags=["likes"],
        request=BulkReactionSerializer,
        responses=answers(ChangedBody),
    )
    @action(detail=False, methods=["post"])
    def reaction(self, request: Request) -> Response:
        """Repeating it changes nothing."""
        values = read(BulkReactionSerializer, request).validated_data
        ids = values["job_ids"]
        return changed(ids, jobs_react(user=user_of(request), job_ids=ids, value=values["interaction"]))

    @extend_schema(
        operation_id="add_jobs_to_playlist",
        summary="Add many jobs to a playlist",
        tags=["playlists"],
        request=BulkPlaylistSerializer,
        responses=answers(ChangedBody) | {404: ERROR, 409: ERROR},
    )
    @action(detail=False, methods=["post"])
    def playlist(self, request: Request) -> Response:
        """Adds the first take of each job in this order; jobs without audio are skipped."""
        values = read(BulkPlaylistSerializer, request).validated_data
        playlist, ids = own_playlist(request, values["playlist_id"]), values["job_ids"]
        try:
            return changed(ids, jobs_add_to_playlist(playlist=playlist, job_ids=ids))
        except PlaylistFull as error:
            raise Conflict(str(error), code="playlist_full") from None

    @extend_schema(
        operation_id="tag_jobs",
        summary="Add tags to many jobs, or remove some",
        tags=["tags"],
        request=BulkTagsSerializer,
        responses=answers(ChangedBody) | {409: ERROR},
    )
    @action(detail=False, methods=["post"])
    def tags(self, request: Request) -> Response:
        """Changes all of the jobs, or none if one of them would have too many tags."""
        values = read(BulkTagsSerializer, request).validated_data
        user, ids = user_of(request), values["job_ids"]
        found = set(Job.objects.of_user(user).filter(id__in=ids).values_list("id", flat=True))
        try:
            jobs_tags_update(user=user, **values)
        except TagInvalid as error:
            raise ValidationError({"add": [str(error)]}) from None
        except TooManyTags as error:
            raise Conflict(str(error), code="too_many_tags") from None
        return changed(ids, [job_id for job_id in dict.fromkeys(ids) if job_id in found])

    @extend_schema(
        operation_id="delete_jobs",
        summary="Delete many jobs and their audio",
        tags=TAGS,
        request=BulkDeleteSerializer,
        responses=answers(DeletionsBody),
    )
    @action(detail=False, methods=["post"], url_path="delete", url_name="delete")
    def remove(self, request: Request) -> Response:
        """Deletes immediately, or after a delay during which the jobs can be restored and are listed as
        before. The source of an unfinished job is not deleted."""
        done = jobs_delete(user=user_of(request), **read(BulkDeleteSerializer, request).validated_data)
        body: DeletionsBody = {
            "deleted": done.deleted,
            "pending": done.pending,
            "refused": [{"job_id": job_id, "detail": detail} for job_id, detail in done.in_use.items()],
        }
        return Response(body)

    @extend_schema(
        operation_id="restore_jobs",
        summary="Undo the deletion of jobs",
        tags=TAGS,
        request=JobIdsSerializer,
        responses=answers(ChangedBody),
    )
    @action(detail=False, methods=["post"])
    def restore(self, request: Request) -> Response:
        """Restores those jobs that are not deleted yet."""
        ids = read(JobIdsSerializer, request).validated_data["job_ids"]
        return changed(ids, deletions_undo(user=user_of(request), job_ids=ids))

    @extend_schema(
        operation_id="jobs_zip",
        summary="Many songs in a ZIP",
        tags=TAGS,
        request=JobIdsSerializer,
        responses=ZIP_ANSWERS | {404: ERROR},
    )
    @action(detail=False, methods=["post"], content_negotiation_class=AnyAccept)
    def zip(self, request: Request) -> HttpResponseBase:
        """Contains every take of the jobs that have audio, in its original format, numbered in this order."""
        ids = read(JobIdsSerializer, request).validated_data["job_ids"]
        try:
            with archive_refusals("one of these songs"):
                archive = songs_archive(user=user_of(request), job_ids=ids)
        except NothingToHear as error:
            raise NotFound(str(error)) from None
        return SliceResponse(ArchiveSlice(archive), headers=archive_headers(archive))
