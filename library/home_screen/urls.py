"""URLs for installing AudioMusic on a phone's home screen. All are public: browsers request them without
cookies, and they contain no user data."""

from django.urls import path

from library.home_screen import views

urlpatterns = [
    path("manifest.webmanifest", views.manifest, name="web-manifest"),
    path("service-worker.js", views.service_worker, name="service-worker"),
    path("offline", views.offline, name="offline"),
]
