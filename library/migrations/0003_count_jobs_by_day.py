from django.db import migrations

from library.integrity import counts_rebuild
from library.count_triggers import create_triggers, drop_triggers


def count_anew(apps, schema_editor):
    counts_rebuild()


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0002_keep_tallies'),
    ]

    operations = [
        migrations.RunPython(drop_triggers, migrations.RunPython.noop),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
        migrations.RunPython(count_anew, migrations.RunPython.noop),
    ]
