"""URLs under /api/v1/webhooks/."""

from django.urls import path

from jobs.webhooks import views

urlpatterns = [
    path("endpoints", views.EndpointList.as_view(), name="webhook-endpoints"),
    path("endpoints/<uuid:endpoint_id>", views.EndpointDetail.as_view(), name="webhook-endpoint"),
    path("endpoints/<uuid:endpoint_id>/test", views.EndpointTest.as_view(), name="webhook-test"),
    path(
        "endpoints/<uuid:endpoint_id>/deliveries",
        views.EndpointDeliveries.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "deliveries/<row_id:delivery_id>/redeliver",
        views.DeliveryRedeliver.as_view(),
        name="webhook-redeliver",
    ),
]
