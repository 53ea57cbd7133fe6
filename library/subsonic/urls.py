"""Every address under `/rest`: which calls there are, `views` knows."""

from django.urls import path

from library.subsonic.views import rest

urlpatterns = [path("rest/<path:name>", rest, name="rest")]
