"""A search alone, without the list around it."""

from jobs.models import Job
from jobs.search import lookup


def search(jobs, words, *, user):
    """Those of `jobs`, all of them the user's, that hold the words. No words: all."""
    if not words:
        return jobs
    return jobs.filter(lookup.find(words, user=user, count_to=lookup.MANY).page_predicate())


def count(user, words):
    """How many of the user's jobs hold the words. Exact."""
    return lookup.find(words, user=user).total or 0 if words else Job.objects.of_user(user).count()
