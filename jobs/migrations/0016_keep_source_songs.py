"""What a take was made of lies beside its score. Only the words that a format may be are new: no table
changes, so its triggers stay."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0015_keep_master_curves")]

    operations = [
        migrations.AlterField(
            model_name="scorefile",
            name="format",
            field=models.CharField(
                choices=[("json", "Json"), ("midi", "Midi"), ("npz", "Curves"), ("gz", "Source")], max_length=4
            ),
        ),
    ]
