"""The pages people see, at the root of the site, and the part of the API that knows likes."""

from django.urls import include, path

from library import views
from library.api.views import JobStatusView

urlpatterns = [
    path("", views.home, name="home"),
    path("api/v1/music/", include("library.api.urls")),
    path("api/v1/jobs/<int:job_id>", JobStatusView.as_view(), name="any-job"),
]
