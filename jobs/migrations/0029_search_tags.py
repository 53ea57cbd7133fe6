"""Genres and owners' own tags are searched with a job's texts from here on. What is kept of each job is marked
stale, and folded once the migrations are done."""

from django.db import migrations

from jobs.search.ddl import create_first_triggers, create_triggers, drop_triggers

ALL_STALE = "UPDATE jobs_jobtext SET is_stale = true WHERE NOT is_stale"


class Migration(migrations.Migration):

    dependencies = [("jobs", "0028_tell_expected_ends")]

    operations = [
        migrations.RunPython(drop_triggers, create_first_triggers),
        migrations.RunPython(create_triggers, drop_triggers),
        # Backwards too: what was folded since holds more than is searched there.
        migrations.RunSQL(ALL_STALE, ALL_STALE),
    ]
