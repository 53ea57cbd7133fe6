"""Search by itself, without the list view around it."""

from jobs.models import Job
from jobs.search import lookup


def search(jobs, words, *, user):
    """Return those of `jobs` that match the words; without words, all. All `jobs` must belong to the user."""
    if not words:
        return jobs
    return jobs.filter(lookup.find(words, user=user, count_to=lookup.MANY).page_predicate())


def count(user, words):
    """Return the exact number of the user's jobs that match the words."""
    return lookup.find(words, user=user).total or 0 if words else Job.objects.of_user(user).count()
