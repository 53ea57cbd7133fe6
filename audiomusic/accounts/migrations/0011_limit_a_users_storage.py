from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_add_factors_and_external_identities'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='storage_limit_mb',
            field=models.PositiveIntegerField(blank=True, help_text='At most so many megabytes of files may they keep; empty: as the server says.', null=True, verbose_name='storage in MB'),
        ),
    ]
