"""Texts are compared without accents and apostrophes from here on, and their words are kept to correct wrong
letters by. What is kept of each job's texts is marked stale (which 0022 did already), and folded once the
migrations are done."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("jobs", "0022_sort_names_as_people_do"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=32)),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE,
                        related_name="+", to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["word"], name="search_word_of_anybody")],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "word"), name="search_word_once_per_user")
                ],
            },
        ),
        # Backwards too: what was folded since is compared by other rules there.
        migrations.RunSQL(
            "UPDATE jobs_jobtext SET is_stale = true WHERE NOT is_stale",
            "UPDATE jobs_jobtext SET is_stale = true WHERE NOT is_stale",
        ),
    ]
