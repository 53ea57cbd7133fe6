"""Response types of the library endpoints, for the OpenAPI schema."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from drf_spectacular.utils import OpenApiParameter

from audiomusic.http.openapi import Facts, body_ref
from jobs.models import SongType, Status
from library.query.filters import JobDetailFilterSet

Opinion = Literal["like", "dislike"]
Count = Annotated[int, Facts(minimum=0)]
Some = Annotated[int, Facts(minimum=1)]


class SongTypeCountsBody(TypedDict):
    """Contains only the types that occur."""

    songs: NotRequired[Some]
    rap: NotRequired[Some]
    vocals: NotRequired[Some]
    instrumental: NotRequired[Some]
    samples: NotRequired[Some]
    edits: NotRequired[Some]


class CountFiltersBody(TypedDict):
    """What was counted; null: any."""

    status: Status | None
    song_type: SongType | None


class CountsBody(TypedDict):
    total: Count
    by_task: dict[str, Some]
    by_song_type: SongTypeCountsBody
    filters: CountFiltersBody


class AvailableFiltersBody(TypedDict):
    """The values that occur among your jobs."""

    song_types: list[SongType]
    interactions: list[Opinion]
    statuses: list[Literal["pending", "processing", "completed", "failed", "cancelled"]]
    languages: list[str]
    genres: list[str]
    emotions: list[str]
    occasions: list[str]
    tags: list[str]


class StatisticsBody(TypedDict):
    total_tracks: Count
    liked_count: Count
    song_types: SongTypeCountsBody
    available_filters: AvailableFiltersBody


class InteractionBody(TypedDict):
    job_id: int
    interaction: Opinion | None


COUNTS = {200: body_ref(CountsBody)}
STATISTICS = {200: body_ref(StatisticsBody)}
INTERACTION = {200: body_ref(InteractionBody)}
SEARCH_CORRECTED = OpenApiParameter(
    "X-Search-Corrected",
    {"type": "string", "pattern": "^[ -~]+ -> [ -~]+$"},
    OpenApiParameter.HEADER,
    response=[200],
    description=(
        "If nothing matches the words of `search` as written: the words, and the corrected search, such as "
        "`late jaxz -> late jazz`, with non-ASCII characters percent-encoded. Words in quotes are never "
        "corrected."
    ),
)
INTERACTION_PARAMETER = OpenApiParameter(
    "include_interactions",
    JobDetailFilterSet.base_filters["include_interactions"].schema,
    description=JobDetailFilterSet.base_filters["include_interactions"].extra["help_text"],
)
