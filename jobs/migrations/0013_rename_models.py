"""Models under the field's words. Their tables keep their names, so no row is touched; Django renames the
content types by itself, and the permissions follow here."""

from django.db import migrations

NEW_NAMES = {
    "WorkerBeat": "WorkerHeartbeat",
    "Leftover": "OrphanFolder",
    "JobTally": "JobCount",
    "JobText": "SearchDocument",
    "StorageTally": "StorageTotal",
}


def rename_permissions(apps, alias, new_names):
    Permission = apps.get_model("auth", "Permission")
    for old, new in new_names.items():
        words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in new).strip()
        for action in ("add", "change", "delete", "view"):
            known = Permission.objects.using(alias).filter(content_type__app_label="jobs")
            known.filter(codename=f"{action}_{old.lower()}").update(
                codename=f"{action}_{new.lower()}", name=f"Can {action} {words}"
            )


def forwards(apps, schema_editor):
    rename_permissions(apps, schema_editor.connection.alias, NEW_NAMES)


def backwards(apps, schema_editor):
    rename_permissions(apps, schema_editor.connection.alias, {new: old for old, new in NEW_NAMES.items()})


class Migration(migrations.Migration):

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("jobs", "0012_webhook_turns"),
    ]

    operations = [
        migrations.AlterModelTable("WorkerBeat", "jobs_workerbeat"),
        migrations.RenameModel("WorkerBeat", "WorkerHeartbeat"),
        migrations.AlterModelTable("Leftover", "jobs_leftover"),
        migrations.RenameModel("Leftover", "OrphanFolder"),
        migrations.AlterModelTable("JobTally", "jobs_jobtally"),
        migrations.RenameModel("JobTally", "JobCount"),
        migrations.AlterModelTable("JobText", "jobs_jobtext"),
        migrations.RenameModel("JobText", "SearchDocument"),
        migrations.AlterModelTable("StorageTally", "jobs_storagetally"),
        migrations.RenameModel("StorageTally", "StorageTotal"),
        migrations.AlterModelOptions("JobCount", {"verbose_name_plural": "job counts"}),
        migrations.RunPython(forwards, backwards),
    ]
