from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0021_keep_what_tags_say")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="expected_end_at",
            field=models.DateTimeField(null=True),
        )
    ]
