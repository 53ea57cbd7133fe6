"""URLs under /api/v1/music/ that make music. `library.api` handles finished jobs."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from jobs.api import scores, tools, uploads, views
from jobs.api.drafts import DraftView
from jobs.api.model_status import ModelStatusView

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("", views.GenerationViewSet, basename="generate")
router.register("", tools.ToolViewSet, basename="tool")
router.register("v3", scores.ScoreFirstViewSet, basename="score-first")
router.register("uploads", uploads.UploadViewSet, basename="upload")

urlpatterns = [
    path("", include(router.urls)),
    path("draft", DraftView.as_view(), name="draft"),
    path("model/status", ModelStatusView.as_view(), name="model-status"),
]
