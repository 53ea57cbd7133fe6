"""manage.py createadmin"""

from django.core.management import call_command

from audiomusic.accounts.models import ApiKey, User


def test_it_shows_name_password_and_key_once(capsys, db):
    call_command("createadmin")
    said = dict(line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    admin = User.objects.get(username=said["name"])
    assert admin.check_password(said["password"])
    assert ApiKey.objects.get_by_token(said["API key"]).user == admin


def test_it_makes_nothing_where_there_is_a_superuser(capsys, staff):
    call_command("createadmin")
    assert "nothing was created" in capsys.readouterr().out
    assert User.objects.get() == staff
