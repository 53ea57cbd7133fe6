"""Parts of the library page beside its filters: smart lists, playlists, and saving a search."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from library.playlists.models import Playlist
from library.query.browse import Browse
from library.smart_lists.models import NAME_CHARS
from library.smart_lists.selectors import address_query, condition_words, smart_lists_of

register = template.Library()
SHOWN_PLAYLISTS = 8  # beside the filters; a page of their own shows all


def _lists(browse: Browse) -> list[dict[str, Any]]:
    """Return the user's smart lists with their URLs. Read once per page, because two places show them."""
    known = vars(browse).get("_smart_lists")
    if known is None:
        found = smart_lists_of(browse.user)
        queries = [(each, address_query(each)) for each in found]
        known = [
            {"list": each, "query": query, "is_current": query == browse.query} for each, query in queries
        ]
        vars(browse)["_smart_lists"] = known
    return known


@register.inclusion_tag("library/includes/side_lists.html", takes_context=True)
def side_lists(context: Context, browse: Browse) -> dict[str, Any]:
    """Render the user's lists, a section above the filters."""
    playlists = list(Playlist.objects.of_user(browse.user).with_totals()[: SHOWN_PLAYLISTS + 1])
    return {
        "request": context.get("request"),
        "lists": _lists(browse),
        "playlists": playlists[:SHOWN_PLAYLISTS],
        "has_more": len(playlists) > SHOWN_PLAYLISTS,
    }


@register.inclusion_tag("library/includes/keep_search.html", takes_context=True)
def keep_search(context: Context, browse: Browse) -> dict[str, Any]:
    """Render the form that saves the current search as a smart list, or a link to the list that has it."""
    words = ", ".join(choice for _, choice in condition_words(browse))
    return {
        "request": context.get("request"),
        "csrf_token": context.get("csrf_token"),
        "browse": browse,
        "kept": next((each["list"] for each in _lists(browse) if each["is_current"]), None),
        "suggested": words[:NAME_CHARS],
        "max_chars": NAME_CHARS,
    }
