"""Requests of somebody who is signed in, as types: what a view gets behind `login_required`, or behind a
permission that lets users alone in. Nothing makes one of these: they are Django's and REST framework's own.
"""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from audiomusic.accounts.models import User


class SignedInRequest(HttpRequest):
    """For a page."""

    user: User
    htmx: HtmxDetails


class SignedInApiRequest(Request):
    """For the API."""

    user: User


def user_of(request: HttpRequest | Request) -> User:
    """Whose request it is, where only users come this far and the signature, a library's own, cannot say
    so."""
    return cast(User, request.user)
