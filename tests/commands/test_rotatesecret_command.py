"""`manage.py rotatesecret`: puts a new key first and keeps the old ones as fallbacks until they are dropped.
`tests/security/access/test_secret_rotation.py` tests that what they signed still works."""

import stat

import pytest
from django.core.management import CommandError, call_command

from audiomusic.server.secret_key import read_or_make_secret_keys
from jobs.webhooks.models import WebhookEndpoint
from jobs.webhooks.services import endpoint_create
from jobs.webhooks.signing import key_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(settings, tmp_path):
    """A data folder whose key this process uses to sign."""
    settings.DATA_DIR = tmp_path

    def restart():
        settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS = read_or_make_secret_keys(tmp_path)
        return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]

    restart()
    return restart


def test_a_new_key_stands_in_front_of_all_others(place):
    [first] = place()
    call_command("rotatesecret")
    second, *others = place()
    assert others == [first] and second != first
    call_command("rotatesecret")
    assert place()[1:] == [second, first]


def test_dropping_leaves_the_newest_alone(place, capsys):
    for _ in range(2):
        call_command("rotatesecret")
    newest = place()[0]
    call_command("rotatesecret", "--drop-old")
    assert place() == [newest]
    assert "2 old keys are gone" in capsys.readouterr().out


def test_the_file_is_its_owners_alone_and_no_part_is_left(place, tmp_path):
    call_command("rotatesecret")
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_write_that_fails_leaves_the_old_file(place, monkeypatch):
    before = place()
    monkeypatch.setattr("pathlib.Path.replace", lambda *paths: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        call_command("rotatesecret")
    assert place() == before


def test_no_key_of_the_file_is_printed(place, capsys):
    call_command("rotatesecret")
    keys = place()
    call_command("rotatesecret", "--drop-old")
    said = "".join(capsys.readouterr())
    assert len(keys) == 2 and not [key for key in keys if key in said]


def test_webhooks_of_an_old_key_hold_it_unless_forced(place, owner):
    endpoint_create(user=owner, url="https://a.example/", events=[])
    call_command("rotatesecret")
    keys = place()
    endpoint_create(user=owner, url="https://b.example/", events=[])
    with pytest.raises(CommandError, match=r"^1 webhooks .*https://a\.example/ of"):
        call_command("rotatesecret", "--drop-old")
    assert place() == keys
    call_command("rotatesecret", "--drop-old", "--force")
    assert place() == keys[:1]


def test_webhooks_that_remember_no_key_are_given_theirs(place, owner):
    endpoint_create(user=owner, url="https://a.example/", events=[])
    WebhookEndpoint.objects.update(secret_key_id="")
    [first] = place()
    call_command("rotatesecret")
    assert WebhookEndpoint.objects.get().secret_key_id == key_id(first)


def test_a_key_of_the_environment_is_changed_there(place, settings, capsys):
    settings.SECRET_KEY_IS_GIVEN = True
    before = place()
    call_command("rotatesecret")
    said = capsys.readouterr().out
    assert "AUDIOMUSIC_SECRET_KEY=" in said and "AUDIOMUSIC_SECRET_KEY_FALLBACKS" in said
    assert settings.SECRET_KEY not in said
    call_command("rotatesecret", "--drop-old")
    assert "Remove AUDIOMUSIC_SECRET_KEY_FALLBACKS" in capsys.readouterr().out
    assert place() == before
