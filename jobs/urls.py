"""URLs of the music API, its schema and docs, and the media behind signed links."""

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

from jobs.api.docs import docs_view
from jobs.covers.views import cover_view
from jobs.storage.media import views as media
from jobs.uploads.views import source_view

urlpatterns = [
    path("api/v1/music/", include("jobs.api.urls")),
    path("api/v1/webhooks/", include("jobs.webhooks.urls")),
    path("api/schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/docs", docs_view, name="api-docs"),
    path("audio/<str:token>/<str:file_name>", media.audio_view, name="audio"),
    path("cover/<str:token>/<str:file_name>", cover_view, name="cover"),
    path("peaks/<str:token>", media.peaks_view, name="peaks"),
    path("lrc/<str:token>/<str:file_name>", media.lrc_view, name="lrc"),
    path("score/<str:token>/<str:file_name>", media.score_view, name="score"),
    path("archive/<str:token>/<str:file_name>", media.archive_view, name="archive"),
    path("recipe/<str:token>/<str:file_name>", media.recipe_view, name="recipe"),
    path("source/<str:token>/<str:file_name>", source_view, name="source"),
]
