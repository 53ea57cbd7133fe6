from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0024_offer_light_formats")]

    operations = [
        migrations.AddField(model_name="job", name="own_tags", field=models.JSONField(null=True)),
        migrations.AddField(model_name="job", name="removed_tags", field=models.JSONField(null=True)),
        migrations.AlterField(
            model_name="jobtag",
            name="kind",
            field=models.CharField(
                choices=[
                    ("genre", "Genre"),
                    ("emotion", "Emotion"),
                    ("occasion", "Occasion"),
                    ("tag", "Tag"),
                ],
                max_length=16,
            ),
        ),
    ]
