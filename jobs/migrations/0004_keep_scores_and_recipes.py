import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('jobs', '0003_search_texts')]

    operations = [
        # Scores become files. What this column held was offered to nobody, in a form without a version.
        migrations.RemoveField(model_name='take', name='score'),
        migrations.AddField(model_name='take', name='enhanced_lrc', field=models.TextField(blank=True)),
        migrations.AddField(model_name='take', name='has_score', field=models.BooleanField(default=False)),
        migrations.AddField(model_name='take', name='made_with', field=models.JSONField(default=dict)),
        migrations.AddField(
            model_name='take', name='samples_sha256', field=models.CharField(blank=True, max_length=64)
        ),
        migrations.CreateModel(
            name='ScoreFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('storage_name', models.CharField(max_length=200, unique=True)),
                ('byte_count', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('format', models.CharField(choices=[('json', 'Json'), ('midi', 'Midi')], max_length=4)),
                ('take', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='score_files', to='jobs.take')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('take', 'format'), name='score_once_per_format')],
            },
        ),
    ]
