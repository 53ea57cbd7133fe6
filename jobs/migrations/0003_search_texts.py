from django.db import migrations, models

from jobs.search.ddl import create_first_triggers, create_index, drop_index, drop_triggers


class Migration(migrations.Migration):

    dependencies = [('jobs', '0002_tags_tallies_and_list_indexes')]

    operations = [
        migrations.CreateModel(
            name='JobText',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('body', models.TextField(blank=True)),
                ('is_stale', models.BooleanField(default=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_stale', True)), fields=['id'], name='text_stale')],
            },
        ),
        migrations.RunPython(create_index, drop_index, elidable=False),
        migrations.RunPython(create_first_triggers, drop_triggers, elidable=False),
    ]
