"""/api/v1/credits: the balance and what credits were spent on."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.credits.pricing import MUSIC_GENERATION, credits_per_minute
from audiomusic.accounts.credits.statements import Statement, statement_of
from audiomusic.accounts.models import CreditEntry
from audiomusic.accounts.requests.signed_in import SignedInApiRequest, user_of
from audiomusic.http.openapi import answers

#: Number of latest charges to list; the wallet's usage endpoint is paginated.
USAGE_LIMIT = 100


class CreditsAnswer(serializers.Serializer[Statement]):
    """A statement, which repeats its figures under the names that clients of paid servers expect."""

    balance = serializers.IntegerField()
    available_credits = serializers.IntegerField(source="available")
    total_available_credits = serializers.IntegerField(source="available")
    reserved_credits = serializers.IntegerField(source="reserved")
    used_credits = serializers.IntegerField(source="spent")
    total_credits_used = serializers.IntegerField(source="spent")
    granted_credits = serializers.IntegerField(source="granted")
    unlimited = serializers.BooleanField()


class ChargeSerializer(serializers.ModelSerializer[CreditEntry]):
    service_type = serializers.CharField(read_only=True, default=MUSIC_GENERATION)
    credits_used = serializers.IntegerField(source="spent")

    class Meta:
        model = CreditEntry
        fields = ["id", "created_at", "service_type", "credits_used", "reference"]


class Credits(APIView):
    """The caller's available, reserved and used credits."""

    @extend_schema(operation_id="credits", summary="Credits left", tags=["credits"], responses=CreditsAnswer)
    def get(self, request: SignedInApiRequest) -> Response:
        return Response(CreditsAnswer(statement_of(request.user)).data)


@extend_schema_view(
    get=extend_schema(operation_id="credit_usage", summary="The latest charges", tags=["credits"])
)
class CreditUsage(generics.ListAPIView[CreditEntry]):
    """The latest charges."""

    serializer_class = ChargeSerializer
    queryset = CreditEntry.objects.none()

    def get_queryset(self) -> QuerySet[CreditEntry]:
        return CreditEntry.objects.charges_of(user_of(self.request))[:USAGE_LIMIT]


class Multipliers(APIView):
    """Credits per minute of each service."""

    @extend_schema(
        operation_id="credit_multipliers",
        summary="Credits a minute of each service",
        tags=["credits"],
        responses=answers(dict[str, float]),
    )
    def get(self, request: Request) -> Response:
        return Response(credits_per_minute())
