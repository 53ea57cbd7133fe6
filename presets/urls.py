from django.urls import include, path

urlpatterns = [path("api/v1/music/", include("presets.api.urls"))]
