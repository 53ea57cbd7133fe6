"""/api/v1/webhooks: webhook endpoints and the outcome of their deliveries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.exceptions import Conflict
from audiomusic.http.openapi import ERROR, TOTAL_COUNT, answers, schema_of
from jobs.webhooks.masking import caller_sees_addresses
from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint
from jobs.webhooks.sends import SEND_SCOPE
from jobs.webhooks.serializers import (
    DeliveryBody,
    DeliveryPage,
    EndpointBody,
    EndpointChange,
    EndpointRequest,
    NewEndpointBody,
    delivery_body,
    endpoint_body,
)
from jobs.webhooks.services import (
    TooManyEndpoints,
    delivery_redeliver,
    endpoint_change,
    endpoint_create,
    endpoint_delete,
    endpoint_test,
)
from jobs.webhooks.signing import secret_of

TAGS = ["webhooks"]


def find_endpoint(request: Request, endpoint_id: UUID) -> WebhookEndpoint:
    """Return the caller's own endpoint; other users' endpoints do not exist for them."""
    endpoint = WebhookEndpoint.objects.filter(id=endpoint_id, user=user_of(request)).first()
    if endpoint is None:
        raise NotFound("Webhook endpoint not found")
    return endpoint


def validated_fields(
    request: Request, serializer: type[EndpointRequest], *, is_partial: bool = False
) -> dict[str, Any]:
    if not int(request.headers.get("Content-Length") or 0):
        raise ParseError("Expected a JSON object, got an empty body.")
    asked = serializer(data=request.data, partial=is_partial)
    asked.is_valid(raise_exception=True)
    values: dict[str, Any] = asked.validated_data
    return values


class EndpointList(APIView):
    """The caller's endpoints. Creating one requires a key with every scope, because events contain what
    `music:read` would show."""

    required_scopes = {"POST": "*"}

    @extend_schema(
        operation_id="list_webhook_endpoints",
        summary="Where events are sent",
        tags=TAGS,
        responses=answers(list[EndpointBody]),
    )
    def get(self, request: Request) -> Response:
        endpoints = WebhookEndpoint.objects.filter(user=user_of(request))
        sees_all = caller_sees_addresses(request)
        return Response([endpoint_body(endpoint, sees_all=sees_all) for endpoint in endpoints])

    @extend_schema(
        operation_id="create_webhook_endpoint",
        summary="Create an endpoint that is called when jobs end; its secret is shown only once",
        tags=TAGS,
        request=EndpointRequest,
        responses={201: schema_of(NewEndpointBody), 409: ERROR},
    )
    def post(self, request: Request) -> Response:
        try:
            endpoint = endpoint_create(user=user_of(request), **validated_fields(request, EndpointRequest))
        except TooManyEndpoints as error:
            raise Conflict(str(error), code="too_many_endpoints") from None
        body = {**endpoint_body(endpoint, sees_all=True), "secret": secret_of(endpoint)}
        return Response(body, status=status.HTTP_201_CREATED)


class EndpointDetail(APIView):
    required_scopes = {"PATCH": "*", "DELETE": "*"}

    @extend_schema(
        operation_id="get_webhook_endpoint",
        summary="One endpoint",
        tags=TAGS,
        responses=answers(EndpointBody),
    )
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint = find_endpoint(request, endpoint_id)
        return Response(endpoint_body(endpoint, sees_all=caller_sees_addresses(request)))

    @extend_schema(
        operation_id="change_webhook_endpoint",
        summary="Change an endpoint, or switch it off and on",
        tags=TAGS,
        request=EndpointChange,
        responses=answers(EndpointBody),
    )
    def patch(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint = find_endpoint(request, endpoint_id)
        changes = validated_fields(request, EndpointChange, is_partial=True)
        return Response(endpoint_body(endpoint_change(endpoint=endpoint, **changes), sees_all=True))

    @extend_schema(
        operation_id="delete_webhook_endpoint",
        summary="Delete an endpoint and its log",
        tags=TAGS,
        responses={204: None},
    )
    def delete(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint_delete(endpoint=find_endpoint(request, endpoint_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class EndpointTest(APIView):
    throttle_scope = SEND_SCOPE

    @extend_schema(
        operation_id="test_webhook_endpoint",
        summary="Send an endpoint a test event",
        tags=TAGS,
        request=None,
        responses=answers(DeliveryBody),
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        delivery = endpoint_test(endpoint=find_endpoint(request, endpoint_id))
        return Response(delivery_body(delivery, sees_all=caller_sees_addresses(request)))


class EndpointDeliveries(APIView):
    @extend_schema(
        operation_id="list_webhook_deliveries",
        summary="Deliveries to an endpoint, newest first",
        tags=TAGS,
        parameters=[DeliveryPage, TOTAL_COUNT],
        responses=answers(list[DeliveryBody]),
    )
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        deliveries = WebhookDelivery.objects.filter(endpoint=find_endpoint(request, endpoint_id))
        asked = DeliveryPage(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        skip, limit = asked.validated_data["skip"], asked.validated_data["limit"]
        if wanted := asked.validated_data.get("status"):
            deliveries = deliveries.filter(status=wanted)
        page = deliveries.order_by("-id")[skip : skip + limit]
        headers = {"X-Total-Count": str(deliveries.count())}
        sees_all = caller_sees_addresses(request)
        return Response([delivery_body(delivery, sees_all=sees_all) for delivery in page], headers=headers)


class DeliveryRedeliver(APIView):
    throttle_scope = SEND_SCOPE

    @extend_schema(
        operation_id="redeliver_webhook",
        summary="Send an event again, with the same id",
        tags=TAGS,
        request=None,
        responses=answers(DeliveryBody),
    )
    def post(self, request: Request, delivery_id: int) -> Response:
        mine = WebhookDelivery.objects.filter(endpoint__user=user_of(request))
        delivery = mine.filter(id=delivery_id).first()
        if delivery is None:
            raise NotFound("Webhook delivery not found")
        body = delivery_body(delivery_redeliver(delivery=delivery), sees_all=caller_sees_addresses(request))
        return Response(body)
