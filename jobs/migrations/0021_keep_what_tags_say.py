from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0020_keep_source_sounds")]

    operations = [
        migrations.AddField(
            model_name="audiofile",
            name="tags_sha256",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        )
    ]
