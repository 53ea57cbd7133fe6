"""manage.py createkey"""

import pytest
from django.core.management import CommandError, call_command

from audiomusic.accounts.models import ApiKey, User


def createkey(capsys, *words):
    call_command("createkey", *words)
    return capsys.readouterr()


def test_it_prints_the_key_alone(capsys, owner):
    said = createkey(capsys, "olive")
    key = ApiKey.objects.get_by_token(said.out.removesuffix("\n"))
    assert key.user == owner
    assert (key.name, key.scopes, key.expiry) == ("command line", ["*"], None)
    assert said.err == ""


def test_it_takes_name_scopes_and_days(capsys, owner):
    said = createkey(capsys, "olive", "--name", "ci", "--scopes", "music:read", "--expires-days", "2")
    key = ApiKey.objects.get_by_token(said.out.strip())
    assert (key.name, key.scopes) == ("ci", ["music:read"])
    assert round((key.expiry - key.created).total_seconds() / 86_400) == 2


def test_it_makes_the_user_where_there_is_none(capsys, db):
    said = createkey(capsys, "nora")
    assert not User.objects.get(username="nora").has_usable_password()
    assert len(said.out.split()) == 1
    assert "Created the user nora" in said.err


def test_an_unknown_scope_is_refused(db):
    with pytest.raises(CommandError, match="invalid choice: 'music:eat'"):
        call_command("createkey", "olive", "--scopes", "music:eat")


def test_a_past_expiry_is_refused_and_makes_nobody(db):
    with pytest.raises(CommandError, match="at least 1, not 0"):
        call_command("createkey", "nora", "--expires-days", "0")
    assert not User.objects.exists()
