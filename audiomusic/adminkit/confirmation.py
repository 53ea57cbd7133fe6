"""The page on which staff confirm an action: what it will do, a button to do it, and a link back.

A GET changes nothing, nor does a POST without the button's own field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest
from django.template.response import TemplateResponse

from audiomusic.adminkit.pages import render_admin_page

CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Confirmation:
    """The content of the page. `template` extends admin/confirm.html and shows what the action will do."""

    title: str
    template: str
    crumbs: tuple[tuple[str, str], ...]  # (label, URL) of the parent pages, without the site's own
    crumb: str
    back: str
    button: str = ""  # empty if there is nothing to confirm
    field: str = CONFIRMED  # the button's name in the form
    hidden: tuple[tuple[str, str], ...] = ()  # fields that the form sends again
    action_url: str = ""  # empty: the URL of this page
    is_deletion: bool = False
    error: str = ""


def is_confirmed(request: HttpRequest, field: str = CONFIRMED) -> bool:
    return request.method == "POST" and field in request.POST


def selection_fields(request: HttpRequest, action: str) -> tuple[tuple[str, str], ...]:
    """Return the fields from which a list's action finds the same rows again. The page of a single row has no
    ticked rows.
    """
    ticked = [(ACTION_CHECKBOX_NAME, row) for row in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    return (("action", action), ("select_across", request.POST.get("select_across", "0")), *ticked)


def render_confirmation(
    site: AdminSite, request: HttpRequest, confirmation: Confirmation, *, opts: Any, **context: Any
) -> TemplateResponse:
    return render_admin_page(
        site, request, confirmation.template,
        title=confirmation.title, opts=opts, confirmation=confirmation, hidden=confirmation.hidden, **context,
    )  # fmt: skip
