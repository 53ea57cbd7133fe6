"""How the API's lists are filtered: django-filter's backend over the filters of `library.query`."""

from __future__ import annotations

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.extensions import OpenApiFilterExtension
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from library.query.job_query import JobQuery


class JobFilterBackend(DjangoFilterBackend):  # type: ignore[misc]  # django-filter has no types
    """Narrows a JobList by the view's `filterset_class`. Everything that is wrong with a query is refused
    in one answer, what the pagination reads included."""

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
    """The parameters of the filters, as they describe themselves."""

    target_class = "library.api.filters.JobFilterBackend"
    priority = 1  # before the one for all of django-filter, which looks for a model's fields

    def get_schema_operation_parameters(self, auto_schema: Any, *args: Any, **kwargs: Any) -> list[Any]:
        filters = self.target.get_filterset_class(auto_schema.view).base_filters
        return [
            {"name": name, "in": "query", "schema": each.schema, "description": each.extra["help_text"]}
            for name, each in filters.items()
        ]
