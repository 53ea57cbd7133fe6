"""Where a name stands among others, and how often a song was played, each with its index. Both columns may be
null, so that SQLite need not write a large table again. What is kept of each job's texts is marked stale: with
it the keys are written, once the migrations are done."""

from django.db import migrations, models

import audiomusic.db.expressions
import audiomusic.db.name_keys
from audiomusic.db.triggers import run_statements

COUNT_PLAYS = """
    UPDATE jobs_job SET play_count = (
        SELECT SUM(heard.play_count) FROM library_listening AS heard
        JOIN jobs_take AS take ON take.id = heard.take_id WHERE take.job_id = jobs_job.id
    )
    WHERE id IN (
        SELECT take.job_id FROM library_listening AS heard
        JOIN jobs_take AS take ON take.id = heard.take_id WHERE heard.play_count > 0
    )"""

#: PostgreSQL would write each row again, and each of its words into the index: minutes at a million. A column
#: that comes with a value for the rows that are there is a line in its catalogue.
MARK_STALE = {
    "sqlite": ["UPDATE jobs_jobtext SET is_stale = true WHERE NOT is_stale"],
    "postgresql": [
        "ALTER TABLE jobs_jobtext DROP COLUMN is_stale",
        "ALTER TABLE jobs_jobtext ADD COLUMN is_stale boolean NOT NULL DEFAULT true",
        "ALTER TABLE jobs_jobtext ALTER COLUMN is_stale DROP DEFAULT",
        "CREATE INDEX text_stale ON jobs_jobtext (id) WHERE is_stale",
    ],
}


def mark_texts_stale(apps, schema_editor):
    run_statements(schema_editor.connection, MARK_STALE[schema_editor.connection.vendor])


class Migration(migrations.Migration):

    dependencies = [("jobs", "0021_keep_what_tags_say"), ("library", "0005_add_playlists_and_plays")]

    operations = [
        migrations.AddField("job", "name_key", audiomusic.db.name_keys.NameKeyField(null=True)),
        migrations.AddField("job", "play_count", models.PositiveIntegerField(null=True)),
        migrations.RunSQL(COUNT_PLAYS, migrations.RunSQL.noop),
        migrations.RunPython(mark_texts_stale, migrations.RunPython.noop, elidable=False),
        migrations.RemoveIndex("job", "job_user_by_name"),
        migrations.AddIndex("job", models.Index(fields=["user", "name_key", "id"], name="job_user_name_key")),
        migrations.AddIndex(
            "job",
            models.Index(
                models.F("user"), audiomusic.db.expressions.NoneLast("duration_s"), models.F("id"),
                name="job_user_shortest",
            ),
        ),
        migrations.AddIndex(
            "job",
            models.Index(
                models.F("user"), audiomusic.db.expressions.NoneFirst("bpm"), models.F("id"),
                name="job_user_fastest",
            ),
        ),
        migrations.AddIndex(
            "job",
            models.Index(
                models.F("user"), audiomusic.db.expressions.NoneLast("bpm"), models.F("id"),
                name="job_user_slowest",
            ),
        ),
        migrations.AddIndex(
            "job",
            models.Index(
                models.F("user"), audiomusic.db.expressions.NoneFirst("play_count"), models.F("id"),
                name="job_user_plays",
            ),
        ),
    ]
