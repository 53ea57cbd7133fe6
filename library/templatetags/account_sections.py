"""The library's sections of the account page. The accounts app is a lower layer and cannot import them."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from jobs.storage.usage import storage_use
from library.views.webhooks import webhooks_context

register = template.Library()


@register.inclusion_tag("library/includes/webhooks.html", takes_context=True)
def webhooks_section(context: Context) -> dict[str, Any]:
    return webhooks_context(context["user"])


@register.inclusion_tag("library/includes/storage.html", takes_context=True)
def storage_section(context: Context) -> dict[str, Any]:
    return {"use": storage_use(context["user"])}
