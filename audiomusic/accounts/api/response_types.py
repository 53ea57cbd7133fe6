"""Response types of the credit and wallet endpoints, for the OpenAPI schema."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from audiomusic.http.openapi import Facts


class BalanceBody(TypedDict):
    balance_cents: int
    balance_usd: float
    total_topup_cents: int
    total_spent_cents: int
    reserved_cents: int
    unlimited: bool


class ServicePriceBody(TypedDict):
    cents_per_minute: int
    usd_per_minute: float
    credits_per_minute: int


class WalletTermsBody(TypedDict):
    cents_per_credit: int
    unlimited: bool
    accepts_topups: bool


class PricingBody(TypedDict):
    services: dict[str, ServicePriceBody]
    wallet: WalletTermsBody


class EstimateBody(TypedDict):
    service_type: str
    duration_seconds: float
    duration_minutes: float
    cost_cents: int
    cost_usd: float


class CheckBalanceBody(TypedDict):
    can_proceed: bool
    cost_cents: int
    current_balance_cents: int


class LogBody(TypedDict):
    """A charge, in cents."""

    id: int
    created_at: str
    service_type: str
    cost_cents: int
    reference: str


class UsageBody(TypedDict):
    page: int
    limit: int
    logs: list[LogBody]


class TopupBody(TypedDict):
    """A grant, in cents."""

    id: int
    created_at: str
    amount_cents: int
    note: str


class TopupsBody(TypedDict):
    page: int
    limit: int
    topups: list[TopupBody]


class UserBody(TypedDict):
    id: int
    username: str
    email: str
    full_name: str
    is_verified: bool
    created_at: Annotated[str, Facts(format="date-time")]


class TokenAnswerBody(TypedDict):
    """A pair of JSON web tokens. `user` is present only after a sign-in."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"]
    expires_in: int
    user: NotRequired[UserBody]
