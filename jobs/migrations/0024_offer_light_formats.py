from django.db import migrations, models


class Migration(migrations.Migration):
    """Nothing changes in the database: the formats are those that a form or a check may name."""

    dependencies = [("jobs", "0023_keep_search_words")]

    operations = [
        migrations.AlterField(
            model_name="audiofile",
            name="format",
            field=models.CharField(
                choices=[
                    ("flac", "Flac"),
                    ("wav", "Wav"),
                    ("mp3", "Mp3"),
                    ("ogg", "Ogg"),
                    ("webm", "Webm"),
                    ("opus", "Opus"),
                    ("mp3s", "Mp3 Small"),
                ],
                max_length=4,
            ),
        )
    ]
