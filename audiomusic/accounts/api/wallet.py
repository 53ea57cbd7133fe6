"""/api/v1/api-wallet: the same credits expressed in cents. One credit counts as one cent."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.api.response_types import (
    BalanceBody,
    CheckBalanceBody,
    EstimateBody,
    PricingBody,
    TopupsBody,
    UsageBody,
)
from audiomusic.accounts.credits.ledger import credits_are_unlimited
from audiomusic.accounts.credits.pricing import (
    MUSIC_GENERATION,
    SERVICE_TYPES,
    credits_for,
    credits_per_minute,
    usd,
)
from audiomusic.accounts.credits.statements import statement_of
from audiomusic.accounts.models import CreditEntry
from audiomusic.accounts.requests.signed_in import SignedInApiRequest
from audiomusic.http.exceptions import PaymentRequired
from audiomusic.http.fields import NumberField
from audiomusic.http.openapi import ERROR, PAYMENT_REQUIRED, answers


class PriceQuestion(serializers.Serializer[Any]):
    service_type = serializers.ChoiceField(choices=SERVICE_TYPES)
    duration_seconds = NumberField(min_value=0, max_value=1e9)


class UsagePage(serializers.Serializer[Any]):
    page = serializers.IntegerField(min_value=1, max_value=1_000_000, default=1)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)


class TopupPage(UsagePage):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)


class LogAnswer(serializers.ModelSerializer[CreditEntry]):
    """A charge, in cents."""

    service_type = serializers.CharField(read_only=True, default=MUSIC_GENERATION)
    cost_cents = serializers.IntegerField(source="spent")

    class Meta:
        model = CreditEntry
        fields = ["id", "created_at", "service_type", "cost_cents", "reference"]


class TopupAnswer(serializers.ModelSerializer[CreditEntry]):
    """A grant, in cents."""

    amount_cents = serializers.IntegerField(source="amount")

    class Meta:
        model = CreditEntry
        fields = ["id", "created_at", "amount_cents", "note"]


def asked(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    question = serializer(data=data)
    question.is_valid(raise_exception=True)
    values: dict[str, Any] = question.validated_data
    return values


def page_of(entries: QuerySet[CreditEntry], page: int, limit: int) -> QuerySet[CreditEntry]:
    return entries[(page - 1) * limit : page * limit]


class Balance(APIView):
    """The wallet's balance, total grants and total spending."""

    @extend_schema(
        operation_id="wallet_balance",
        summary="Credits left",
        tags=["wallet"],
        responses=answers(BalanceBody),
    )
    def get(self, request: SignedInApiRequest) -> Response:
        statement = statement_of(request.user)
        return Response(
            {
                "balance_cents": statement.available,
                "balance_usd": usd(statement.available),
                "total_topup_cents": statement.granted,
                "total_spent_cents": statement.spent,
                "reserved_cents": statement.reserved,
                "unlimited": statement.unlimited,
            }
        )


class Pricing(APIView):
    """The price of each service and the value of a credit."""

    @extend_schema(
        operation_id="wallet_pricing", summary="Prices", tags=["wallet"], responses=answers(PricingBody)
    )
    def get(self, request: Request) -> Response:
        services = {
            name: {"cents_per_minute": price, "usd_per_minute": usd(price), "credits_per_minute": price}
            for name, price in credits_per_minute().items()
        }
        wallet = {"cents_per_credit": 1, "unlimited": credits_are_unlimited(), "accepts_topups": False}
        return Response({"services": services, "wallet": wallet})


class Estimate(APIView):
    """The price of an amount of audio."""

    required_scopes = {"POST": "music:read"}

    @extend_schema(
        operation_id="wallet_estimate",
        summary="The price of an amount of audio",
        tags=["wallet"],
        request=PriceQuestion,
        responses=answers(EstimateBody),
    )
    def post(self, request: Request) -> Response:
        question = asked(PriceQuestion, request.data)
        cost = credits_for(question["duration_seconds"], question["service_type"])
        return Response(
            {
                **question,
                "duration_minutes": round(question["duration_seconds"] / 60, 4),
                "cost_cents": cost,
                "cost_usd": usd(cost),
            }
        )


class CheckBalance(APIView):
    """Whether the wallet covers an amount of audio. Responds 402 with the figures if it does not."""

    required_scopes = {"POST": "music:read"}

    @extend_schema(
        operation_id="wallet_check_balance",
        summary="Whether the credits cover an amount of audio",
        tags=["wallet"],
        request=PriceQuestion,
        responses=answers(CheckBalanceBody) | PAYMENT_REQUIRED,
    )
    def post(self, request: SignedInApiRequest) -> Response:
        question = asked(PriceQuestion, request.data)
        cost = credits_for(question["duration_seconds"], question["service_type"])
        statement = statement_of(request.user)
        if cost > statement.available and not statement.unlimited:
            raise PaymentRequired(required=cost, available=statement.available)
        return Response(
            {"can_proceed": True, "cost_cents": cost, "current_balance_cents": statement.available}
        )


class Usage(APIView):
    """Charges, newest first, paginated."""

    @extend_schema(
        operation_id="wallet_usage",
        summary="Charges, newest first",
        tags=["wallet"],
        parameters=[UsagePage],
        responses=answers(UsageBody),
    )
    def get(self, request: SignedInApiRequest) -> Response:
        page = asked(UsagePage, request.query_params)
        entries = page_of(CreditEntry.objects.charges_of(request.user), **page)
        return Response({**page, "logs": LogAnswer(entries, many=True).data})


class Topups(APIView):
    """Grants, newest first, paginated."""

    @extend_schema(
        operation_id="wallet_topups",
        summary="Grants, newest first",
        tags=["wallet"],
        parameters=[TopupPage],
        responses=answers(TopupsBody),
    )
    def get(self, request: SignedInApiRequest) -> Response:
        page = asked(TopupPage, request.query_params)
        entries = page_of(CreditEntry.objects.grants_to(request.user), **page)
        return Response({**page, "topups": TopupAnswer(entries, many=True).data})


class ServiceTypes(APIView):
    """The service types that an estimate accepts."""

    @extend_schema(
        operation_id="wallet_service_types",
        summary="Services with a price",
        tags=["wallet"],
        responses=answers(list[str]),
    )
    def get(self, request: Request) -> Response:
        return Response(SERVICE_TYPES)


class NoPayments(APIView):
    """Other servers take payments here. This server accepts none."""

    required_scopes = {"POST": "music:read"}

    @extend_schema(
        summary="Payments, which this server does not accept",
        tags=["wallet"],
        request=None,
        responses={404: ERROR},
    )
    def post(self, request: Request) -> Response:
        raise NotFound("A self-hosted server accepts no payments; its administrator grants credits.")
