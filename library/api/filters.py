"""Filtering of the API's lists: django-filter's backend for the filters of `library.query`."""

from __future__ import annotations

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.extensions import OpenApiFilterExtension
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from library.query.job_query import JobQuery


class JobFilterBackend(DjangoFilterBackend):  # type: ignore[misc]  # django-filter has no types
    """Narrows a JobQuery by the view's `filterset_class`. Reports all errors of a query in one response,
    including those of the pagination parameters."""

    def filter_queryset(self, request: Request, queryset: JobQuery, view: APIView) -> JobQuery:
        filterset = self.get_filterset(request, queryset, view)
        paginator = getattr(view, "paginator", None)
        filterset.form.other_names = tuple(paginator.fields) if paginator else ()
        errors = filterset.errors | (paginator.errors(request) if paginator else {})
        if errors:
            raise ValidationError({name: errors[name] for name in request.query_params if name in errors})
        narrowed: JobQuery = filterset.qs
        return narrowed


class JobFilterExtension(OpenApiFilterExtension):  # type: ignore[no-untyped-call]
    """Describes the filters' parameters from their own schemas."""

    target_class = "library.api.filters.JobFilterBackend"
    priority = 1  # before django-filter's general one, which looks for model fields

    def get_schema_operation_parameters(self, auto_schema: Any, *args: Any, **kwargs: Any) -> list[Any]:
        filters = self.target.get_filterset_class(auto_schema.view).base_filters
        return [
            {"name": name, "in": "query", "schema": each.schema, "description": each.extra["help_text"]}
            for name, each in filters.items()
        ]
