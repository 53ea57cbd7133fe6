from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0027_keep_a_jobs_life")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="expected_end_at",
            field=models.DateTimeField(null=True),
        )
    ]
