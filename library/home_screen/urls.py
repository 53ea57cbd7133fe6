"""What a phone asks for that keeps AudioMusic on its home screen. Each opens to anybody: browsers ask for it
without cookies, and nothing of anybody stands in it."""

from django.urls import path

from library.home_screen import views

urlpatterns = [
    path("manifest.webmanifest", views.manifest, name="web-manifest"),
    path("service-worker.js", views.service_worker, name="service-worker"),
    path("offline", views.offline, name="offline"),
]
