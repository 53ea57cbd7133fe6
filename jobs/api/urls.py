"""Under /api/v1/music/. Where a job is looked at, its owner's likes are shown too: see library.api.urls."""

from django.urls import path

from jobs.api import views
from jobs.api.model_status import ModelStatusView
from jobs.api.serializers import GENERATION_SERIALIZERS

urlpatterns = [
    *(
        path(serializer.table.task, views.generation_view(serializer), name=serializer.table.task)
        for serializer in GENERATION_SERIALIZERS
    ),
    path("jobs/<int:job_id>/cancel", views.JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<int:job_id>/retry", views.JobRetryView.as_view(), name="job-retry"),
    path("model/status", ModelStatusView.as_view(), name="model-status"),
]
