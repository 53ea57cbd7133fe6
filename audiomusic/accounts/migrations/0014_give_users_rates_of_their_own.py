from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0013_give_players_passwords")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="rate_limits",
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        )
    ]
