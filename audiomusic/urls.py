"""The URLs of the server. `/api/v1/music` is the public contract. No URL ends with a slash."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("audiomusic.monitoring.urls")),  # /healthz, /readyz, /metrics
    path("", include("audiomusic.accounts.urls")),  # sign-in, /api/v1/auth, credits, wallet
    path("", include("presets.urls")),  # /api/v1/music/presets, sample-data
    path("", include("jobs.urls")),  # /api/v1/music, /api/v1/jobs, /audio
    path("", include("audiomusic.mcp.urls")),  # /mcp
    path("", include("library.urls")),  # the pages that people see
]
handler400 = "audiomusic.http.errors.handle_400"
handler403 = "audiomusic.http.errors.handle_403"
handler404 = "audiomusic.http.errors.handle_404"
handler500 = "audiomusic.http.errors.handle_500"
