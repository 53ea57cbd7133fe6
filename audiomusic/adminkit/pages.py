"""Pages of the admin that are neither a list nor a form of Django's."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse


def render_admin_page(
    site: AdminSite, request: HttpRequest, template: str, *, title: str, opts: Any, **context: Any
) -> TemplateResponse:
    """`opts`: of the model that the page is about; its crumbs and its place in the menu follow from it."""
    request.current_app = site.name
    return TemplateResponse(
        request, template, {**site.each_context(request), "title": title, "opts": opts, **context}
    )
