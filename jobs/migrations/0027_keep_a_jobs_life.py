import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0026_keep_covers")]

    operations = [
        migrations.CreateModel(
            name="JobEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("started", "Started"), ("returned", "Put back into the queue"), ("lease_lapsed", "Its worker fell silent"), ("requeued", "Taken from its worker"), ("retried", "Retried"), ("cancel_requested", "Asked to stop"), ("failed", "Failed"), ("cancelled", "Cancelled")], max_length=16)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("worker", models.CharField(blank=True, max_length=64)),
                ("stage", models.CharField(blank=True, max_length=16)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("job", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="events", to="jobs.job")),
            ],
            options={"ordering": ["id"]},
        )
    ]
