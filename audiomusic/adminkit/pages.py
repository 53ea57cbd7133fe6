"""Admin pages that are neither one of Django's lists nor one of its forms."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse


def render_admin_page(
    site: AdminSite, request: HttpRequest, template: str, *, title: str, opts: Any, **context: Any
) -> TemplateResponse:
    """Render a page. `opts` belongs to the model that the page is about, and decides its breadcrumbs and its
    place in the menu.
    """
    request.current_app = site.name
    return TemplateResponse(
        request, template, {**site.each_context(request), "title": title, "opts": opts, **context}
    )
