"""Tables that search reads: the texts of jobs, and their words."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SearchDocument(models.Model):
    """The normalized texts of a job that jobs.search.lookup searches: name, prompt, lyrics and tags.

    Database triggers create and delete the row, and mark it as stale (jobs.search.ddl). It is separate from
    its job, so that a running job's progress does not rewrite its texts.
    """

    id = models.BigIntegerField(primary_key=True)  # from user and job: jobs.search.documents.text_id
    body = models.TextField(blank=True)
    is_stale = models.BooleanField(default=True)  # the job's texts have changed since

    class Meta:
        db_table = "jobs_jobtext"  # the model's original name
        indexes = [
            # Texts to normalize; rarely any.
            models.Index(fields=["id"], name="text_stale", condition=models.Q(is_stale=True)),
        ]

    def __str__(self) -> str:
        return f"text {self.id}"


class SearchWord(models.Model):
    """A normalized word that a text of the user holds or held; the dictionary for spelling corrections.
    Written with the texts (jobs.search.documents); the index tells whether any text still holds it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    word = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "word"], name="search_word_once_per_user")]
        indexes = [models.Index(fields=["word"], name="search_word_of_anybody")]  # staff search all words

    def __str__(self) -> str:
        return self.word
