from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0010_total_stored_bytes_by_user'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhookendpoint',
            name='secret_key_id',
            field=models.CharField(blank=True, default='', editable=False, max_length=16),
        ),
    ]
