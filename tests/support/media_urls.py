"""A URL configuration with media routes only."""

from django.urls import path

from jobs.storage.media import views as media

urlpatterns = [
    path("audio/<str:token>/<str:file_name>", media.audio_view, name="audio"),
    path("peaks/<str:token>", media.peaks_view, name="peaks"),
    path("lrc/<str:token>/<str:file_name>", media.lrc_view, name="lrc"),
    path("score/<str:token>/<str:file_name>", media.score_view, name="score"),
    path("recipe/<str:token>/<str:file_name>", media.recipe_view, name="recipe"),
]
