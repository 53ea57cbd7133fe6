"""URLs under /api/v1/music/."""

from django.urls import path

from presets.api import views

urlpatterns = [
    path("presets", views.PresetsView.as_view(), name="presets"),
    path("sample-data", views.SampleDataView.as_view(), name="sample-data"),
]
