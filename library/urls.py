"""The pages people see, at the root of the site, and the part of the API that knows likes."""

from django.urls import include, path

from library.api.views import JobViewSet
from library.views import (
    browse,
    compare,
    create,
    notation,
    queue,
    rework,
    shares,
    stems,
    track,
    uploads,
    webhooks,
)

urlpatterns = [
    path("", browse.library, name="home"),
    path("create", create.create, name="create"),
    path("create/estimate", create.estimate, name="estimate"),
    path("queue", queue.queue, name="queue"),
    path("queue/state", queue.state, name="queue-state"),
    path("tracks/<row_id:job_id>", track.track, name="track"),
    path("tracks/<row_id:job_id>/row", browse.row, name="track-row"),
    path("tracks/<row_id:job_id>/downloads", browse.downloads, name="track-downloads"),
    path("tracks/<row_id:job_id>/stems", stems.stems, name="track-stems"),
    path("tracks/<row_id:job_id>/score", notation.notation, name="track-score"),
    path("tracks/<row_id:job_id>/work", rework.rework, name="track-rework"),
    path("tracks/<row_id:job_id>/work/<slug:tool>", rework.rework, name="track-rework-tool"),
    path("tracks/<row_id:job_id>/compare/<row_id:other_id>", compare.compare, name="track-compare"),
    path("tracks/<row_id:job_id>/shares", shares.make, name="share-make"),
    path("shares/<row_id:share_id>/revoke", shares.revoke, name="share-revoke"),
    path("uploads", uploads.uploads, name="uploads"),
    path("uploads/list", uploads.rows, name="upload-rows"),
    path("uploads/<row_id:upload_id>/delete", uploads.delete, name="upload-delete"),
    path("uploads/<row_id:upload_id>/analysis", uploads.analyse, name="upload-analysis"),
    path("account/webhooks", webhooks.webhooks, name="webhooks"),
    path("account/webhooks/<uuid:endpoint_id>/deliveries", webhooks.deliveries, name="webhook-log"),
    path("account/webhooks/<uuid:endpoint_id>/<slug:name>", webhooks.act, name="webhook-action"),
    path("account/webhooks/deliveries/<row_id:delivery_id>/again", webhooks.send_again, name="webhook-again"),
    path("s/<slug:token>", shares.shared, name="shared"),
    path("s/<slug:token>/<int:index>.<str:format>", shares.sound, name="shared-sound"),
    path("api/v1/music/", include("library.api.urls")),
    path("api/v1/jobs/<row_id:job_id>", JobViewSet.as_view({"get": "status"}), name="any-job"),
]
