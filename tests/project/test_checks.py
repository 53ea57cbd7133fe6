"""Each misconfiguration has a check with a hint; the default configuration has none."""

import pytest
from django.core.checks import run_checks


def ours():
    return [message for message in run_checks() if message.id.startswith("audiomusic.")]


def test_the_default_configuration_is_sound():
    assert ours() == []


@pytest.mark.parametrize(
    ("setting", "value", "check_id"),
    [
        ("ENGINE", "banjo", "audiomusic.E001"),
        ("ACESTEP_DTYPE", "int8", "audiomusic.E020"),
        ("ACESTEP_COMPILE", "maybe", "audiomusic.E021"),
        ("ACESTEP_BATCH_S", "0", "audiomusic.E022"),
        ("WORKERS", "0", "audiomusic.E003"),
        ("WORKERS", "many", "audiomusic.E003"),
        ("CREDITS", "-1", "audiomusic.E004"),
        ("WAITING_LIMIT", "0", "audiomusic.E011"),
        ("WAITING_LIMIT", "none", "audiomusic.E011"),
        ("LEASE_S", 2, "audiomusic.E012"),
        ("TIME_LIMIT", 0, "audiomusic.E013"),
        ("SIGN_UP", "maybe", "audiomusic.E009"),
        ("PROXIES", "some", "audiomusic.E014"),
        ("PROXIES", "-1", "audiomusic.E014"),
        ("STORAGE", "tape", "audiomusic.E005"),
        ("S3_TIMEOUT_S", "0", "audiomusic.E023"),
        ("S3_TIMEOUT_S", "soon", "audiomusic.E023"),
        ("BROKER", "carrier pigeon", "audiomusic.E007"),
        ("PASSWORD_HASHES", "0", "audiomusic.E030"),
        ("PASSWORD_HASHES", "all", "audiomusic.E030"),
    ],
)
def test_a_wrong_value_is_named_with_a_hint(settings, setting, value, check_id):
    setattr(settings, setting, value)
    [found] = ours()
    assert found.id == check_id
    assert repr(value) in found.msg or value in found.msg
    assert found.hint


def test_a_rate_that_is_none_is_noticed(settings):
    settings.RATE_LIMITS = {"read": "600/min", "repaint": "often", "edit": "often"}
    [found] = ours()
    assert found.id == "audiomusic.E010"
    assert "'often'" in found.msg
    assert "AUDIOMUSIC_RATE_" in found.hint


def test_a_rate_of_pages_that_is_none_is_noticed(settings):
    settings.PAGE_RATE = "seldom"
    [found] = ours()
    assert found.id == "audiomusic.E010"
    assert "pages" in found.msg and "'seldom'" in found.msg


def test_a_short_secret_is_noticed_and_not_repeated(settings):
    settings.SECRET_KEY = "hunter2"
    [found] = ours()
    assert found.id == "audiomusic.E015"
    assert "has 7 characters" in found.msg and "hunter2" not in found.msg + found.hint


def test_s3_without_a_bucket_is_noticed(settings):
    settings.STORAGE = "s3"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "x", "OPTIONS": {"bucket_name": ""}}}
    assert [message.id for message in ours()] == ["audiomusic.E006"]


def test_a_folder_that_cannot_be_written_is_noticed(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "missing"
    assert [message.id for message in ours()] == ["audiomusic.E008"]


def test_weights_that_are_wanted_and_not_there_are_a_warning_and_the_server_starts(settings, tmp_path):
    settings.ENGINE = "acestep"
    [found] = ours()
    assert (found.id, found.is_serious()) == ("audiomusic.W001", False)
    assert "AUDIOMUSIC_ACESTEP_DIR is empty" in found.msg and "models path" in found.hint
    settings.ENGINE, settings.ACESTEP_DIR = "auto", str(tmp_path)
    [found] = ours()
    assert "is not a model" in found.msg
    settings.ENGINE = "studio"
    assert ours() == []
