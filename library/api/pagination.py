"""Pagination by `skip` and `limit`, with the total in a header."""

from __future__ import annotations

from typing import Any

from django import forms
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.models import Job
from library.api.openapi import SEARCH_CORRECTED
from library.query.fields import IntegerField
from library.query.job_query import JobQuery

DEFAULT_LIMIT = 50
MAX_LIMIT = 100


class SkipLimitPagination(BasePagination):
    """Skips `skip` jobs, returns up to `limit`, and reports the total in `X-Total-Count`."""

    fields = {
        "skip": IntegerField(
            low=0, high=2**31 - 1, default=0, required=False, help_text="The number of jobs to skip."
        ),
        "limit": IntegerField(
            low=1, high=MAX_LIMIT, default=DEFAULT_LIMIT, required=False, help_text="Jobs shown."
        ),
    }

    def errors(self, request: Request) -> dict[str, list[str]]:
        found = {}
        for name, field in self.fields.items():
            try:
                field.clean(request.query_params.get(name, ""))
            except forms.ValidationError as error:
                found[name] = error.messages
        return found

    def paginate_queryset(  # type: ignore[override]
        self, queryset: JobQuery, request: Request, view: APIView | None = None
    ) -> list[Job]:
        skip, limit = (field.clean(request.query_params.get(name, "")) for name, field in self.fields.items())
        page = queryset.page(skip, limit)
        self.total = queryset.total  # after the page, because some lists count in the same query
        self.correction = queryset.correction
        return page

    def get_paginated_response(self, data: Any) -> Response:
        headers = {"X-Total-Count": str(self.total)}
        if self.correction:
            headers[SEARCH_CORRECTED.name] = self.correction.header
        return Response(data, headers=headers)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            {"name": name, "in": "query", "schema": field.schema, "description": str(field.help_text)}
            for name, field in self.fields.items()
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema
