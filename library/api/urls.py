"""URLs under /api/v1/music/."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from library.api import bulk, covers, differences, parts, playlists, tags, views
from library.api.smart_lists import SmartListM3uView, SmartListViewSet, SmartListZipView

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("jobs/bulk", bulk.BulkViewSet, basename="bulk")
router.register("jobs", views.JobViewSet, basename="job")
router.register("playlists", playlists.PlaylistViewSet, basename="playlist")
router.register("smart-lists", SmartListViewSet, basename="smart-list")
router.register("liked", views.LikedViewSet, basename="liked")

urlpatterns = [
    path("", include(router.urls)),
    path("playlists/<row_id:playlist_id>.m3u8", playlists.PlaylistM3uView.as_view(), name="playlist-m3u"),
    path("playlists/<row_id:playlist_id>.zip", playlists.PlaylistZipView.as_view(), name="playlist-zip"),
    path("smart-lists/<row_id:smart_list_id>.m3u8", SmartListM3uView.as_view(), name="smart-list-m3u"),
    path("smart-lists/<row_id:smart_list_id>.zip", SmartListZipView.as_view(), name="smart-list-zip"),
    path("jobs/<row_id:job_id>/stems", parts.StemsView.as_view(), name="job-stems"),
    path("jobs/<row_id:job_id>/cover", covers.CoverView.as_view(), name="job-cover"),
    path("jobs/<row_id:job_id>/tags", tags.JobTagsView.as_view(), name="job-tags"),
    path("jobs/<row_id:job_id>/diff", differences.DifferenceView.as_view(), name="job-diff"),
    path("<row_id:job_id>/lrc", parts.LrcView.as_view(), name="job-lrc"),
    path("filters/stats", views.FilterStatisticsView.as_view(), name="filter-statistics"),
]
