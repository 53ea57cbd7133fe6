"""Playlists over HTTP: list, show, create, rename, fill, reorder and delete; also as files."""

from __future__ import annotations

from typing import Annotated, TypedDict

from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from audiomusic.accounts.idempotency import idempotent
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.exceptions import Conflict
from audiomusic.http.fields import TextField, WholeNumberField
from audiomusic.http.ids import MAX_ID
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import ERROR, IDEMPOTENCY_KEY, Facts, MessageBody, answers, schema_of
from jobs.representations import MOMENT, iso_utc
from library.api.closed_bodies import ClosedSerializer, read
from library.api.list_files import M3U_ANSWERS, ZIP_ANSWERS, AnyAccept, m3u_response, zip_response
from library.playlists.files import playlist_takes
from library.playlists.managers import totals_of
from library.playlists.models import COMMENT_CHARS, NAME_CHARS, Playlist
from library.playlists.services import (
    MOST_ITEMS,
    NoSuchSong,
    PlaylistFull,
    SongRef,
    playlist_create,
    playlist_delete,
    playlist_items_add,
    playlist_items_replace,
    playlist_update,
)

TAGS = ["playlists"]
MAX_TAKE = 1000
NOT_FOUND = "Playlist not found"


class PlaylistItemBody(TypedDict):
    """A song in a playlist."""

    job_id: int
    take: Annotated[int, Facts(minimum=1)]
    display_name: str
    duration: float


class PlaylistBody(TypedDict):
    """A playlist without its songs."""

    id: int
    name: str
    comment: str
    song_count: Annotated[int, Facts(minimum=0)]
    duration: float
    created_at: Annotated[str, MOMENT]
    changed_at: Annotated[str, MOMENT]


class PlaylistDetailBody(PlaylistBody):
    """A playlist with its songs in order."""

    items: list[PlaylistItemBody]


class SongSerializer(ClosedSerializer):
    job_id = WholeNumberField(min_value=1, max_value=MAX_ID)
    take = WholeNumberField(min_value=1, max_value=MAX_TAKE, default=1)


class NewPlaylistSerializer(ClosedSerializer):
    """The name and comment of a new playlist."""

    name = TextField(max_length=NAME_CHARS)
    comment = TextField(max_length=COMMENT_CHARS, allow_blank=True, required=False)


class PlaylistChangeSerializer(NewPlaylistSerializer):
    """Changes to a playlist; omitted fields stay as they are."""

    name = TextField(max_length=NAME_CHARS, required=False)


@extend_schema_field(
    {
        "type": "array",
        "maxItems": MOST_ITEMS,
        "items": {
            "type": "object",
            "properties": {
                "job_id": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
                "take": {"type": "integer", "minimum": 1, "maximum": MAX_TAKE, "default": 1},
            },
            "required": ["job_id"],
            "additionalProperties": False,
        },
        "description": "Your finished songs, in this order.",
    }
)
class SongsField(serializers.ListField):
    child = SongSerializer()


class ItemsSerializer(ClosedSerializer):
    """The songs of a playlist."""

    items = SongsField(allow_empty=True, max_length=MOST_ITEMS)

    def songs(self) -> list[SongRef]:
        return [SongRef(**song) for song in self.validated_data["items"]]


class SongNotFound(NotFound):
    default_code = "no_such_song"


class _Refusals:
    """Converts service exceptions to API errors."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, NoSuchSong):
            raise SongNotFound(str(error)) from None
        if isinstance(error, PlaylistFull):
            raise Conflict(str(error), code="playlist_full") from None


def own_playlist(request: Request, playlist_id: int) -> Playlist:
    """Return the caller's playlist with its totals. Another user's playlist does not exist."""
    own = Playlist.objects.of_user(user_of(request)).with_totals()
    playlist = own.filter(id=playlist_id).first()
    if playlist is None:
        raise NotFound(NOT_FOUND)
    return playlist


def playlist_body(playlist: Playlist) -> PlaylistBody:
    totals = totals_of(playlist)
    return {
        "id": playlist.pk,
        "name": playlist.name,
        "comment": playlist.comment,
        "song_count": totals.song_count,
        "duration": round(totals.duration_s, 3),
        "created_at": iso_utc(playlist.created_at) or "",
        "changed_at": iso_utc(playlist.changed_at) or "",
    }


def playlist_detail(playlist: Playlist) -> PlaylistDetailBody:
    items: list[PlaylistItemBody] = [
        {
            "job_id": take.job_id,
            "take": take.index,
            "display_name": take.job.display_name,
            "duration": take.duration_s,
        }
        for take in playlist_takes(playlist)
    ]
    return {**playlist_body(playlist), "items": items}


class PlaylistViewSet(ViewSet):
    """The caller's playlists; playlists of other users do not exist."""

    metadata_class = BriefMetadata  # type: ignore[assignment]
    lookup_url_kwarg = "playlist_id"
    lookup_value_converter = "row_id"

    @extend_schema(
        operation_id="list_playlists",
        summary="Your playlists, by name",
        tags=TAGS,
        responses=answers(PlaylistBody),
    )
    def list(self, request: Request) -> Response:
        """Lists all of them, without their songs."""
        found = Playlist.objects.of_user(user_of(request)).with_totals()
        return Response([playlist_body(playlist) for playlist in found])

    @extend_schema(
        operation_id="create_playlist",
        summary="Make a playlist",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=NewPlaylistSerializer,
        responses={201: schema_of(PlaylistDetailBody), 409: ERROR},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """The new playlist is empty."""
        values = read(NewPlaylistSerializer, request).validated_data
        with _Refusals():
            playlist = playlist_create(user=user_of(request), **values)
        return self._answer(request, playlist.pk, status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="get_playlist",
        summary="A playlist",
        tags=TAGS,
        responses=answers(PlaylistDetailBody),
    )
    def retrieve(self, request: Request, playlist_id: int) -> Response:
        """Includes its songs in order."""
        return self._answer(request, playlist_id)

    @extend_schema(
        operation_id="change_playlist",
        summary="Rename a playlist or change its comment",
        tags=TAGS,
        request=PlaylistChangeSerializer,
        responses=answers(PlaylistDetailBody),
    )
    def partial_update(self, request: Request, playlist_id: int) -> Response:
        """Its songs do not change."""
        playlist = own_playlist(request, playlist_id)
        values = read(PlaylistChangeSerializer, request).validated_data
        playlist_update(playlist=playlist, **values)
        return self._answer(request, playlist_id)

    @extend_schema(
        operation_id="delete_playlist",
        summary="Delete a playlist",
        tags=TAGS,
        responses=answers(MessageBody),
    )
    def destroy(self, request: Request, playlist_id: int) -> Response:
        """Its songs stay in your library."""
        playlist_delete(playlist=own_playlist(request, playlist_id))
        return Response({"message": "Playlist deleted successfully"})

    @extend_schema(
        operation_id="set_playlist_items",
        summary="Replace or reorder the songs of a playlist",
        tags=TAGS,
        request=ItemsSerializer,
        responses=answers(PlaylistDetailBody) | {409: ERROR},
    )
    @action(detail=True, methods=["put"], url_path="items", url_name="items")
    def set_items(self, request: Request, playlist_id: int) -> Response:
        """Songs that are not listed are removed. A song may occur more than once."""
        playlist = own_playlist(request, playlist_id)
        songs = read(ItemsSerializer, request).songs()
        with _Refusals():
            playlist_items_replace(playlist=playlist, items=songs)
        return self._answer(request, playlist_id)

    @extend_schema(
        operation_id="add_playlist_items",
        summary="Add songs to a playlist",
        tags=TAGS,
        request=ItemsSerializer,
        responses=answers(PlaylistDetailBody) | {409: ERROR},
    )
    @set_items.mapping.post
    def add_items(self, request: Request, playlist_id: int) -> Response:
        """Appends them to the existing songs."""
        playlist = own_playlist(request, playlist_id)
        songs = read(ItemsSerializer, request).songs()
        with _Refusals():
            playlist_items_add(playlist=playlist, items=songs)
        return self._answer(request, playlist_id)

    def _answer(self, request: Request, playlist_id: int, status_code: int = 200) -> Response:
        return Response(playlist_detail(own_playlist(request, playlist_id)), status=status_code)


class PlaylistM3uView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="playlist_m3u",
        summary="A playlist as M3U",
        tags=TAGS,
        responses=M3U_ANSWERS,
    )
    def get(self, request: Request, playlist_id: int) -> HttpResponse:
        """Its links open without a key, and expire."""
        playlist = own_playlist(request, playlist_id)
        return m3u_response(request, playlist.name, playlist_takes(playlist))


class PlaylistZipView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="playlist_zip",
        summary="The songs of a playlist in a ZIP",
        tags=TAGS,
        responses=ZIP_ANSWERS,
    )
    def get(self, request: Request, playlist_id: int) -> HttpResponseBase:
        """Each song is in its original format, numbered in the playlist's order."""
        playlist = own_playlist(request, playlist_id)
        return zip_response(playlist.name, playlist_takes(playlist))
