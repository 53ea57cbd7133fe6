"""Types for requests of signed-in users, as views get them behind `login_required` or a permission that
admits only users. Never instantiated: the objects are Django's and REST framework's own."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from audiomusic.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request for a page."""

    user: User
    htmx: HtmxDetails


class SignedInApiRequest(Request):
    """A request for the API."""

    user: User


def user_of(request: HttpRequest | Request) -> User:
    """Return the request's user, where only users get this far but a library's types do not say so."""
    return cast(User, request.user)
