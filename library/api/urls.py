"""Under /api/v1/music/."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from library.api import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("jobs", views.JobViewSet, basename="job")
router.register("liked", views.LikedViewSet, basename="liked")

urlpatterns = [
    path("", include(router.urls)),
    path("filters/stats", views.FilterStatisticsView.as_view(), name="filter-statistics"),
]
