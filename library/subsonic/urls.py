"""Every URL under `/rest`; `views` maps the calls."""

from django.urls import path

from library.subsonic.views import rest

urlpatterns = [path("rest/<path:name>", rest, name="rest")]
