"""The web manifest, the offline page, and the service worker that caches that page."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

#: `--ground` of static/site/tokens.css in the light theme, because a manifest has no dark scheme. An open
#: page's own theme colours, for both schemes, override it.
GROUND = "#e7e9e4"
ICONS: tuple[tuple[str, str, str], ...] = (
    ("site/icons/icon-192.png", "192x192", "any"),
    ("site/icons/icon-512.png", "512x512", "any"),
    ("site/icons/maskable-512.png", "512x512", "maskable"),
)


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """Return the name, icons and colours for the home screen. Every URL is below the site's path."""
    home = reverse("home")
    body: dict[str, Any] = {
        "id": home,
        "name": "AudioMusic",
        "short_name": "AudioMusic",
        "description": "Songs made on your own server.",
        "lang": "en",
        "dir": "ltr",
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": GROUND,
        "categories": ["music"],
        "icons": [
            {"src": static(path), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for path, sizes, purpose in ICONS
        ],
        "shortcuts": [
            {"name": "Create a song", "url": reverse("create")},
            {"name": "Queue", "url": reverse("queue")},
        ],
    }
    return JsonResponse(body, content_type="application/manifest+json")


@require_safe
@cache_control(public=True, no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    """Return the page to show when the server cannot be reached. It is the same for all users."""
    return render(request, "library/home_screen/offline.html")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return a script that changes with the offline page, so that browsers fetch the page again."""
    address = reverse("offline")
    version = sha256(render_to_string("library/home_screen/offline.html").encode()).hexdigest()[:16]
    context = {"offline_url": address, "version": version}
    return render(request, "library/home_screen/service_worker.js", context, content_type="text/javascript")
