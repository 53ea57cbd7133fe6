"""The product's URLs, plus one bare view for comparison. Only benchmarks load this."""

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, path

from audiomusic import urls
from audiomusic.urls import handler400, handler403, handler404, handler500
from jobs.models import Job

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def bare_job(request: HttpRequest, job_id: int) -> JsonResponse:
    """Do the least that Django needs to read a row and return it as JSON."""
    return JsonResponse(Job.objects.filter(id=job_id).values().get())


urlpatterns: list[URLPattern | URLResolver] = [
    path("bench/bare/<int:job_id>", bare_job),
    *urls.urlpatterns,
]
