from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0024_offer_light_formats")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="expected_end_at",
            field=models.DateTimeField(null=True),
        )
    ]
