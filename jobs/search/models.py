"""What search reads: the texts of jobs, and the words in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SearchDocument(models.Model):
    """The normalized texts of a job that jobs.search.lookup searches: name, prompt, lyrics and tags.

    Database triggers make the row, delete it, and say that it is stale (jobs.search.ddl); apart
    from its job, so that a running job's progress does not write its texts again.
    """

    id = models.BigIntegerField(primary_key=True)  # of the user and of the job: jobs.search.documents.text_id
    body = models.TextField(blank=True)
    is_stale = models.BooleanField(default=True)  # the job's texts have changed since

    class Meta:
        db_table = "jobs_jobtext"  # the model's first name
        indexes = [
            # What is to be folded: hardly ever anything.
            models.Index(fields=["id"], name="text_stale", condition=models.Q(is_stale=True)),
        ]

    def __str__(self) -> str:
        return f"text {self.id}"


class SearchWord(models.Model):
    """A word that some text of a user's holds or held, folded: what a wrong letter is corrected by. Written
    with the texts (jobs.search.documents); whether any text still holds it, the index tells."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    word = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "word"], name="search_word_once_per_user")]
        indexes = [models.Index(fields=["word"], name="search_word_of_anybody")]  # staff search everybody's

    def __str__(self) -> str:
        return self.word
