"""A deletion that may be taken back until it is due."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0021_keep_what_tags_say"),
        ("library", "0007_share_playlists"),
    ]

    operations = [
        migrations.CreateModel(
            name="PendingDeletion",
            fields=[
                (
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="pending_deletion",
                        serialize=False,
                        to="jobs.job",
                    ),
                ),
                ("due_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
