"""Under /api/v1/music/."""

from django.urls import path

from library.api import views

urlpatterns = [
    path("jobs", views.JobListView.as_view(), name="jobs"),
    path("jobs/counts", views.CountsView.as_view(), name="job-counts"),
    path("jobs/<int:job_id>", views.JobView.as_view(), name="job"),
    path("jobs/<int:job_id>/status", views.JobStatusView.as_view(), name="job-status"),
    path("jobs/<int:job_id>/like", views.LikeView.as_view(), name="job-like"),
    path("jobs/<int:job_id>/dislike", views.DislikeView.as_view(), name="job-dislike"),
    path("liked", views.LikedView.as_view(), name="liked"),
    path("filters/stats", views.StatisticsView.as_view(), name="filter-statistics"),
]
