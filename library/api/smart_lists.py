"""Smart lists over HTTP: saved searches and the songs that match them now."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from audiomusic.accounts.idempotency import idempotent
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.exceptions import Conflict
from audiomusic.http.fields import TextField
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import (
    ERROR,
    IDEMPOTENCY_KEY,
    TOTAL_COUNT,
    Facts,
    MessageBody,
    answers,
    schema_of,
)
from audiomusic.http.regex import NOT_NUL
from jobs.api.openapi import JOB_ALONE
from jobs.representations import MOMENT, iso_utc
from library.api.closed_bodies import ClosedSerializer, read
from library.api.list_files import M3U_ANSWERS, ZIP_ANSWERS, AnyAccept, m3u_response, zip_response
from library.api.pagination import SkipLimitPagination
from library.api.serializers import JobSerializer
from library.query.browse import FIRST_ORDER, ORDERS
from library.query.filters import JobFilterSet
from library.smart_lists.models import NAME_CHARS, SmartList
from library.smart_lists.selectors import (
    CONDITIONS,
    address_query,
    order_word,
    smart_list_jobs,
    smart_list_takes,
    smart_lists_of,
    sort_words,
)
from library.smart_lists.services import (
    CONDITION_CHARS,
    SmartListInvalid,
    SmartListsFull,
    smart_list_create,
    smart_list_delete,
    smart_list_update,
)

TAGS = ["smart lists"]
NOT_FOUND = "Smart list not found"
SORTS_BY = sorted({sort_words(word).sort_by for word in ORDERS})


class SmartListBody(TypedDict):
    """A saved search. `conditions`: parameters of `GET /jobs`; `page`: the library page that shows it."""

    id: int
    name: str
    conditions: dict[str, str]
    sort_by: str
    sort_order: str
    page: Annotated[str, Facts(description="The address of the library page that shows it.")]
    created_at: Annotated[str, MOMENT]
    changed_at: Annotated[str, MOMENT]


def _condition_schema(name: str) -> dict[str, Any]:
    """Return the filter's own schema, as a string."""
    schema = JobFilterSet.base_filters[name].schema
    text = {"type": "string", "maxLength": CONDITION_CHARS, "pattern": f"^{NOT_NUL}*$"}
    if schema.get("type") == "boolean":
        return {"type": "string", "enum": ["true", "false"]}
    return schema if "enum" in schema else text


@extend_schema_field(
    {
        "type": "object",
        "properties": {name: _condition_schema(name) for name in CONDITIONS},
        "additionalProperties": False,
        "description": "The conditions, as parameters of `GET /jobs`.",
    }
)
class ConditionsField(serializers.DictField):
    child = serializers.CharField(max_length=CONDITION_CHARS, allow_blank=True, trim_whitespace=False)


class NewSmartListSerializer(ClosedSerializer):
    """A search with a name."""

    name = TextField(max_length=NAME_CHARS)
    conditions = ConditionsField(required=False)
    sort_by = serializers.ChoiceField(SORTS_BY, required=False)
    sort_order = serializers.ChoiceField(["asc", "desc"], required=False)

    def changes(self, current: str) -> dict[str, Any]:
        """Return the arguments for the services. `current`: the order before the change."""
        values = dict(self.validated_data)
        was = sort_words(current)
        sort_by = values.pop("sort_by", was.sort_by)
        sort_order = values.pop("sort_order", was.sort_order)
        word = order_word(sort_by, sort_order)
        if word is None:
            raise ValidationError({"sort_order": [f"The library has no order by {sort_by}, {sort_order}."]})
        return values | {"order": word}


class SmartListChangeSerializer(NewSmartListSerializer):
    """Changes to a smart list; omitted fields stay as they are."""

    name = TextField(max_length=NAME_CHARS, required=False)


class _Refusals:
    """Converts service exceptions to API errors."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SmartListInvalid):
            raise ValidationError({error.field: [str(error)]}) from None
        if isinstance(error, SmartListsFull):
            raise Conflict(str(error), code="too_many_smart_lists") from None


def own_smart_list(request: Request, smart_list_id: int) -> SmartList:
    """Return the caller's smart list. Another user's smart list does not exist."""
    found = smart_lists_of(user_of(request)).filter(id=smart_list_id).first()
    if found is None:
        raise NotFound(NOT_FOUND)
    return found


def smart_list_body(smart_list: SmartList) -> SmartListBody:
    words = sort_words(smart_list.order)
    return {
        "id": smart_list.pk,
        "name": smart_list.name,
        "conditions": smart_list.conditions,
        "sort_by": words.sort_by,
        "sort_order": words.sort_order,
        "page": f"/{address_query(smart_list)}",
        "created_at": iso_utc(smart_list.created_at) or "",
        "changed_at": iso_utc(smart_list.changed_at) or "",
    }


PAGES = [
    OpenApiParameter(name, field.schema, description=str(field.help_text))
    for name, field in SkipLimitPagination.fields.items()
]


class SmartListViewSet(ViewSet):
    """The caller's smart lists; smart lists of other users do not exist."""

    metadata_class = BriefMetadata  # type: ignore[assignment]
    lookup_url_kwarg = "smart_list_id"
    lookup_value_converter = "row_id"

    @extend_schema(
        operation_id="list_smart_lists",
        summary="Your smart lists, by name",
        tags=TAGS,
        responses=answers(SmartListBody),
    )
    def list(self, request: Request) -> Response:
        """Lists all of them, without their songs."""
        found = smart_lists_of(user_of(request))
        return Response([smart_list_body(each) for each in found])

    @extend_schema(
        operation_id="create_smart_list",
        summary="Save a search as a smart list",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=NewSmartListSerializer,
        responses={201: schema_of(SmartListBody), 409: ERROR},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Its songs are those that match the conditions whenever it is opened."""
        values = read(NewSmartListSerializer, request).changes(FIRST_ORDER)
        with _Refusals():
            made = smart_list_create(user=user_of(request), **{"conditions": {}, **values})
        return Response(smart_list_body(made), status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="get_smart_list",
        summary="A smart list",
        tags=TAGS,
        responses=answers(SmartListBody),
    )
    def retrieve(self, request: Request, smart_list_id: int) -> Response:
        """Returns its name, conditions and order."""
        return Response(smart_list_body(own_smart_list(request, smart_list_id)))

    @extend_schema(
        operation_id="change_smart_list",
        summary="Rename a smart list or change its search",
        tags=TAGS,
        request=SmartListChangeSerializer,
        responses=answers(SmartListBody),
    )
    def partial_update(self, request: Request, smart_list_id: int) -> Response:
        """`conditions` replace all previous ones."""
        smart_list = own_smart_list(request, smart_list_id)
        values = read(SmartListChangeSerializer, request).changes(smart_list.order)
        with _Refusals():
            smart_list_update(smart_list=smart_list, **values)
        return Response(smart_list_body(smart_list))

    @extend_schema(
        operation_id="delete_smart_list",
        summary="Delete a smart list",
        tags=TAGS,
        responses=answers(MessageBody),
    )
    def destroy(self, request: Request, smart_list_id: int) -> Response:
        """Its songs stay in your library."""
        smart_list_delete(smart_list=own_smart_list(request, smart_list_id))
        return Response({"message": "Smart list deleted successfully"})

    @extend_schema(
        operation_id="list_smart_list_jobs",
        summary="The songs of a smart list",
        tags=TAGS,
        parameters=[TOTAL_COUNT, *PAGES],
        responses={200: {"type": "array", "items": JOB_ALONE[200]}},
    )
    @action(detail=True, methods=["get"])
    def jobs(self, request: Request, smart_list_id: int) -> Response:
        """Returns the same list as `GET /jobs` with its conditions and order."""
        paginator = SkipLimitPagination()
        unknown = [name for name in request.query_params if name not in paginator.fields]
        errors = {name[:60]: ["Unknown parameter; expected one of: skip, limit."] for name in unknown}
        if errors := errors | paginator.errors(request):
            raise ValidationError(errors)
        page = paginator.paginate_queryset(smart_list_jobs(own_smart_list(request, smart_list_id)), request)
        bodies = JobSerializer(page, many=True, context={"request": request}).data
        return paginator.get_paginated_response(bodies)


class SmartListM3uView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="smart_list_m3u",
        summary="A smart list as M3U",
        tags=TAGS,
        responses=M3U_ANSWERS,
    )
    def get(self, request: Request, smart_list_id: int) -> HttpResponse:
        """Contains the first takes of its first 1,000 songs. Its links open without a key, and expire."""
        smart_list = own_smart_list(request, smart_list_id)
        return m3u_response(request, smart_list.name, smart_list_takes(smart_list))


class SmartListZipView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="smart_list_zip",
        summary="The songs of a smart list in a ZIP",
        tags=TAGS,
        responses=ZIP_ANSWERS,
    )
    def get(self, request: Request, smart_list_id: int) -> HttpResponseBase:
        """Contains the first takes of its first 1,000 songs, numbered in its order."""
        smart_list = own_smart_list(request, smart_list_id)
        return zip_response(smart_list.name, smart_list_takes(smart_list))
