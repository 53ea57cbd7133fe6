"""Models under the field's words. Their tables keep their names, so no row is touched; Django renames the
content types by itself, and the permissions follow here."""

from django.db import migrations

NEW_NAMES = {
    "RememberedAnswer": "IdempotentResponse",
}


def rename_permissions(apps, alias, new_names):
    Permission = apps.get_model("auth", "Permission")
    for old, new in new_names.items():
        words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in new).strip()
        for action in ("add", "change", "delete", "view"):
            known = Permission.objects.using(alias).filter(content_type__app_label="accounts")
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
        ("accounts", "0011_limit_a_users_storage"),
    ]

    operations = [
        migrations.AlterModelTable("RememberedAnswer", "accounts_rememberedanswer"),
        migrations.RenameModel("RememberedAnswer", "IdempotentResponse"),
        migrations.RunPython(forwards, backwards),
    ]
