from django.db import migrations

from library.integrity import counts_rebuild
from library.count_triggers import create_triggers, drop_triggers


def count_once(apps, schema_editor):
    counts_rebuild()


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0001_create_reactions'),
    ]

    operations = [
        migrations.RunPython(create_triggers, drop_triggers),
        migrations.RunPython(count_once, migrations.RunPython.noop),
    ]
