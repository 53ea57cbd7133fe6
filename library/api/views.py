"""What joins jobs and what their owners think of them: lists, counts, statistics, likes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.openapi import TOTAL_COUNT
from audiomusic.row_ids import MAX_ID
from jobs.api import views as jobs_views
from jobs.api.representations import job_representation, queue_positions, takes_of_jobs
from jobs.api.schema import IF_NONE_MATCH
from jobs.links import site_url
from jobs.models import Job
from jobs.tallies import Tallies, tags_held
from library.api.filters import CountsQuery, JobQuery, LikedQuery, OneJobQuery, conditions
from library.api.schema import COUNTS, INTERACTION, JOB_LIST, STATISTICS
from library.conditions import Liked
from library.listing import NEWEST, JobList
from library.models import Reaction
from library.services import NoSuchJob, reaction_clear, reaction_set

#: What the counts of each song type are called.
PLURALS = {"song": "songs"}


def list_answer(request: Request, jobs: JobList, values: dict[str, Any]) -> Response:
    """A page as the contract has it: a JSON list, and how many there are in a header."""
    asks = bool(values["include_interactions"])
    page = jobs.page(values["skip"], values["limit"], with_interactions=asks)
    takes, places = takes_of_jobs(page), queue_positions(page)
    base_url = site_url(request)  # asked once: it looks at the request's headers each time
    bodies = [
        job_representation(
            job, base_url=base_url, takes=takes.get(job.id, ()), queue_position=places.get(job.id)
        )
        for job in page
    ]
    if asks:
        for job, body in zip(page, bodies, strict=True):
            body["interaction"] = job.interaction
    return Response(bodies, headers={"X-Total-Count": str(jobs.total)})


def by_song_type(tallies: Tallies, **fields: str) -> dict[str, int]:
    return {PLURALS.get(word, word): count for word, count in tallies.by("song_type", **fields).items()}


@extend_schema_view(get=extend_schema(parameters=[IF_NONE_MATCH, *OneJobQuery.parameters()]))
class JobView(jobs_views.JobView):
    """A job, with what its owner thinks of it where that is asked for."""

    def body(self, request: Request, job: Job) -> Any:
        body = super().body(request, job)
        if "include_interactions" in request.query_params and JobView.asks(request):
            reaction = Reaction.objects.filter(job=job, user=request.user).values_list("value", flat=True)
            return {**body, "interaction": reaction.first()}
        return body

    @staticmethod
    def asks(request: Request) -> bool:
        return bool(OneJobQuery.read(request.query_params)["include_interactions"])


class JobStatusView(JobView):
    """The same job at the address that clients poll."""

    http_method_names = ["get", "head", "options"]


class JobListView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(
        summary="Your jobs, newest first",
        tags=["jobs"],
        operation_id="list_jobs",
        parameters=[*JobQuery.parameters(), TOTAL_COUNT],
        responses=JOB_LIST,
    )
    def get(self, request: Request) -> Response:
        values = JobQuery.read(request.query_params)
        jobs = JobList(
            request.user,
            conditions(values, request.user),
            sort_by=values["sort_by"] or NEWEST,
            is_descending=values["sort_order"] != "asc",
        )
        return list_answer(request, jobs, values)


class LikedView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(
        summary="The jobs you like, newest first",
        tags=["likes"],
        operation_id="list_liked",
        parameters=[*LikedQuery.parameters(), TOTAL_COUNT],
        responses=JOB_LIST,
    )
    def get(self, request: Request) -> Response:
        values = LikedQuery.read(request.query_params)
        return list_answer(
            request, JobList(request.user, (*conditions(values, request.user), Liked(True))), values
        )


class CountsView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(
        summary="How many jobs you have",
        tags=["jobs"],
        operation_id="count_jobs",
        parameters=CountsQuery.parameters(),
        responses=COUNTS,
    )
    def get(self, request: Request) -> Response:
        filters = CountsQuery.read(request.query_params)
        fields = {name: value for name, value in filters.items() if value}
        tallies = Tallies.of_user(request.user)
        return Response(
            {
                "total": tallies.count(**fields),
                "by_task": tallies.by("task", **fields),
                "by_song_type": by_song_type(tallies, **fields),
                "filters": {"status": filters["status"], "song_type": filters["song_type"]},
            }
        )


class StatisticsView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(
        summary="What your jobs can be filtered by",
        tags=["jobs"],
        operation_id="filter_statistics",
        responses=STATISTICS,
    )
    def get(self, request: Request) -> Response:
        tallies, held = Tallies.of_user(request.user), tags_held(request.user)
        return Response(
            {
                "total_tracks": tallies.count(),
                "liked_count": tallies.count(is_liked=True),
                "song_types": by_song_type(tallies),
                "available_filters": {
                    "song_types": sorted(tallies.by("song_type")),
                    "interactions": sorted(filter(None, tallies.by("interaction"))),
                    "statuses": sorted(status.lower() for status in tallies.by("status")),
                    **{
                        f"{kind}s": held.get(kind, [])
                        for kind in ("language", "genre", "emotion", "occasion")
                    },
                },
            }
        )


class ReactionView(APIView):
    """What you think of a job: one word, or nothing. Saying it again changes nothing."""

    required_scopes = {"POST": "music:generate", "DELETE": "music:generate"}
    value: Reaction.Value = Reaction.Value.LIKE

    def post(self, request: Request, job_id: int) -> Response:
        return self.answer(job_id, reaction_set, user=request.user, value=self.value)

    def answer(self, job_id: int, act: Any, **options: Any) -> Response:
        try:
            if job_id > MAX_ID:
                raise NoSuchJob
            act(job_id=job_id, **options)
        except NoSuchJob:
            raise NotFound("Music job not found") from None
        return Response({"job_id": job_id, "interaction": options.get("value")})


class LikeView(ReactionView):
    @extend_schema(
        summary="Like a job", tags=["likes"], operation_id="like_job", request=None, responses=INTERACTION
    )
    def post(self, request: Request, job_id: int) -> Response:
        return super().post(request, job_id)

    @extend_schema(
        summary="Take back a like or dislike",
        tags=["likes"],
        operation_id="clear_reaction",
        responses=INTERACTION,
    )
    def delete(self, request: Request, job_id: int) -> Response:
        return self.answer(job_id, reaction_clear, user=request.user)


class DislikeView(ReactionView):
    value = Reaction.Value.DISLIKE

    @extend_schema(
        summary="Dislike a job",
        tags=["likes"],
        operation_id="dislike_job",
        request=None,
        responses=INTERACTION,
    )
    def post(self, request: Request, job_id: int) -> Response:
        return super().post(request, job_id)
