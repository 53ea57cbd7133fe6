"""Job serializers of the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from jobs.models import Job
from jobs.representations import job_body, job_representation, queue_positions, takes_of_jobs
from jobs.storage.links import site_url


def with_interaction(job: Job, body: Any) -> dict[str, Any]:
    """Add `interaction` if the job was loaded with it."""
    return {**body, "interaction": job.interaction} if hasattr(job, "interaction") else body


class JobListSerializer(serializers.ListSerializer):  # type: ignore[type-arg]
    """Loads the related rows of a whole page in two queries, however many jobs it has."""

    def to_representation(  # type: ignore[override]  # a page of a JobQuery, and nothing else
        self, data: Sequence[Job]
    ) -> list[dict[str, Any]]:
        takes, places = takes_of_jobs(data), queue_positions(data)
        base_url = site_url(self.context["request"])  # once, as it parses the headers each time
        return [
            with_interaction(
                job,
                job_representation(
                    job, base_url=base_url, takes=takes.get(job.id, ()), queue_position=places.get(job.id)
                ),
            )
            for job in data
        ]


class JobSerializer(serializers.BaseSerializer):  # type: ignore[type-arg]
    """The job object of the API contract."""

    class Meta:
        list_serializer_class = JobListSerializer

    def to_representation(self, instance: Job) -> dict[str, Any]:
        body = job_body(instance, base_url=site_url(self.context["request"]))
        return with_interaction(instance, body)
