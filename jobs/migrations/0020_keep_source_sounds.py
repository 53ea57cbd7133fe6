"""Engines that work on sound keep what a take was made of as sound. Only the words that a format may be are
new: no table changes, so its triggers stay."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0019_name_tasks_of_written_scores")]

    operations = [
        migrations.AlterField(
            model_name="scorefile",
            name="format",
            field=models.CharField(
                choices=[
                    ("json", "Json"), ("midi", "Midi"), ("npz", "Curves"), ("gz", "Source"), ("flac", "Sound")
                ],
                max_length=4,
            ),
        ),
    ]
