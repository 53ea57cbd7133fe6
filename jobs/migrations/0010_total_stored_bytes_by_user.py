import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from jobs.storage.usage_triggers import create_triggers, drop_triggers
from jobs.storage.usage import storage_use_rebuild


def add_up_once(apps, schema_editor):
    storage_use_rebuild()


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0009_cover_the_tallies_on_sqlite'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='bytes_reserved',
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.CreateModel(
            name='StorageTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('byte_count', models.BigIntegerField()),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'storage tallies',
            },
        ),
        migrations.RunPython(create_triggers, drop_triggers),
        migrations.RunPython(add_up_once, migrations.RunPython.noop),
    ]
