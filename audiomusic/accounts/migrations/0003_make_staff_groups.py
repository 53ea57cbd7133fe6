from django.db import migrations

from audiomusic.accounts.groups import GROUPS, groups_sync


def make_groups(apps, schema_editor):
    """What permissions there are already is dealt out here, later ones when they come to be."""
    groups_sync(apps=apps, using=schema_editor.connection.alias)


def remove_groups(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model('auth', 'Group').objects.using(alias).filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_remember_answers'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.RunPython(make_groups, remove_groups),
    ]
