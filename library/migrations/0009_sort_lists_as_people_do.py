"""Where the name of a playlist or of a smart list stands among others, as songs' names do."""

from django.db import migrations, models

import audiomusic.db.name_keys

AT_ONCE = 500  # rows


def write_keys(apps, schema_editor):
    """Of the rows that are there, some at a time."""
    database = schema_editor.connection.alias
    for model in ("Playlist", "SmartList"):
        rows = apps.get_model("library", model).objects.using(database).order_by("id").only("id", "name")
        last = 0
        while batch := list(rows.filter(id__gt=last)[:AT_ONCE]):
            for row in batch:
                row.name_key = audiomusic.db.name_keys.name_key(row.name)
            rows.bulk_update(batch, ["name_key"], batch_size=100)  # two parameters a row
            last = batch[-1].id


class Migration(migrations.Migration):
    dependencies = [("library", "0008_delete_after_a_while")]

    operations = [
        *(
            migrations.AddField(model, "name_key", audiomusic.db.name_keys.NameKeyField(null=True, of="name"))
            for model in ("playlist", "smartlist")
        ),
        migrations.RunPython(write_keys, migrations.RunPython.noop, elidable=False),
        *(
            migrations.AlterModelOptions(
                model, {"ordering": [models.F("name_key").asc(nulls_last=True), "id"]}
            )
            for model in ("playlist", "smartlist")
        ),
    ]
