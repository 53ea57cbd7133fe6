"""A take's mastering curves lie beside its score. Only the words that a format may be are new: no table
changes, so its triggers stay."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0014_draft_orders")]

    operations = [
        migrations.AlterField(
            model_name="scorefile",
            name="format",
            field=models.CharField(
                choices=[("json", "Json"), ("midi", "Midi"), ("npz", "Curves")], max_length=4
            ),
        ),
    ]
