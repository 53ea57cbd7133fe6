"""Each misconfiguration triggers a check with a hint; the default configuration triggers none."""

import os
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from django.core.checks import run_checks

from audiomusic.checks import check_data_dir_is_private
from audiomusic.http.origins.checks import check_addresses, check_cors
from tests.support.acestep_weights import turbo_folder  # noqa: F401


def ours():
    return [message for message in run_checks() if message.id.startswith("audiomusic.")]


def test_the_default_configuration_is_sound():
    assert ours() == []


@pytest.mark.parametrize(
    ("setting", "value", "check_id"),
    [
        ("ENGINE", "banjo", "audiomusic.E001"),
        ("SCORE_FIRST", "maybe", "audiomusic.E112"),
        ("ACESTEP_DTYPE", "int8", "audiomusic.E020"),
        ("ACESTEP_COMPILE", "maybe", "audiomusic.E021"),
        ("ACESTEP_BATCH_S", "0", "audiomusic.E022"),
        ("ACESTEP_MEMORY_GIB", "1", "audiomusic.E024"),
        ("ACESTEP_MEMORY_GIB", "lots", "audiomusic.E024"),
        ("ACESTEP_QUANTIZATION", "int4", "audiomusic.E025"),
        ("ACESTEP_TRIALS", "dcw, other", "audiomusic.E110"),
        ("ACESTEP_WARM_UP", "maybe", "audiomusic.E111"),
        ("LLM_TIMEOUT_S", "soon", "audiomusic.E072"),
        ("LLM_TIMEOUT_S", "0.5", "audiomusic.E072"),
        ("LLM_TIMEOUT_S", "601", "audiomusic.E072"),
        ("LLM_TIMEOUT_S", "nan", "audiomusic.E072"),
        ("MCP_WAIT_S", 26, "audiomusic.E113"),
        ("WORKERS", "0", "audiomusic.E003"),
        ("WORKERS", "many", "audiomusic.E003"),
        ("CREDITS", "-1", "audiomusic.E004"),
        ("WAITING_LIMIT", "0", "audiomusic.E011"),
        ("WAITING_LIMIT", "none", "audiomusic.E011"),
        ("LEASE_S", 2, "audiomusic.E012"),
        ("TIME_LIMIT", 0, "audiomusic.E013"),
        ("SECURITY_LOG_DAYS", "0", "audiomusic.E040"),
        ("SECURITY_LOG_DAYS", "for ever", "audiomusic.E040"),
        ("SIGN_UP", "maybe", "audiomusic.E009"),
        ("PROXIES", "some", "audiomusic.E014"),
        ("STAFF_FACTOR", "maybe", "audiomusic.E050"),
        ("OIDC_SIGN_UP", "maybe", "audiomusic.E052"),
        ("OIDC_MATCH_EMAIL", "true", "audiomusic.E053"),
        ("PROXY_SIGN_UP", "maybe", "audiomusic.E057"),
        ("REAUTHENTICATION_MIN", "0", "audiomusic.E051"),
        ("REAUTHENTICATION_MIN", "soon", "audiomusic.E051"),
        ("PROXIES", "-1", "audiomusic.E014"),
        ("STORAGE", "tape", "audiomusic.E005"),
        ("S3_TIMEOUT_S", "0", "audiomusic.E023"),
        ("S3_TIMEOUT_S", "soon", "audiomusic.E023"),
        ("BROKER", "carrier pigeon", "audiomusic.E007"),
        ("CREDITS", "1000000001", "audiomusic.E004"),
        ("STORAGE_PER_USER", "10", "audiomusic.E031"),
        ("STORAGE_PER_USER", "lots", "audiomusic.E031"),
        ("MIN_FREE_DISK", "1gb", "audiomusic.E032"),
        ("PASSWORD_HASHES", "0", "audiomusic.E061"),
        ("PASSWORD_HASHES", "all", "audiomusic.E061"),
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


def test_a_short_fall_back_is_noticed_and_not_repeated(settings):
    settings.SECRET_KEY_FALLBACKS = ["x" * 50, "hunter2"]
    [found] = ours()
    assert found.id == "audiomusic.E041"
    assert "one of 7" in found.msg and "hunter2" not in found.msg + found.hint


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


def test_weights_of_8_bits_without_what_makes_them_are_a_warning(
    settings,
    monkeypatch,
    turbo_folder,  # noqa: F811
):
    monkeypatch.setattr(
        "audiomusic.engines.acestep.folder.find_spec", lambda name: None if name == "torchao" else object()
    )
    settings.ACESTEP_DIR, settings.ACESTEP_QUANTIZATION = str(turbo_folder), "int8"
    [found] = ours()
    assert "=int8 needs torchao, which is not installed: run `make acestep`" in found.msg and found.hint
    settings.ACESTEP_QUANTIZATION = "auto"
    assert ours() == []


class Owned(NamedTuple):
    """The result of `stat` on a folder."""

    st_mode: int
    st_uid: int


@pytest.mark.parametrize(
    ("mode", "is_ours", "check_id", "word"),
    [
        (0o40755, True, "audiomusic.W030", "umask=077"),
        (0o40710, False, "audiomusic.E030", "chmod 700"),
    ],
)
def test_a_data_folder_that_others_may_open_is_noticed(settings, mode, is_ours, check_id, word):
    owner_id = os.geteuid() if is_ours else os.geteuid() + 1
    settings.DATA_DIR = SimpleNamespace(stat=lambda: Owned(mode, owner_id))
    [found] = check_data_dir_is_private()
    assert found.id == check_id
    assert f"mode {mode & 0o777:04o}" in found.msg and word in found.hint


def test_a_private_data_folder_is_in_order(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o700)
    assert check_data_dir_is_private() == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "music.example.org", ""])
def test_an_open_and_unlimited_server_that_strangers_reach_is_a_warning(settings, host):
    settings.HOST = host
    [found] = ours()
    assert (found.id, found.is_serious()) == ("audiomusic.W031", False)
    assert "sign-up is open and credits are unlimited" in found.msg
    assert "AUDIOMUSIC_SIGN_UP=closed" in found.hint
    settings.CREDITS = "5000"
    assert ours() == []
    settings.CREDITS, settings.SIGN_UP = "unlimited", "closed"
    assert ours() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_what_only_this_machine_reaches_may_be_open(settings, host):
    settings.HOST = host
    assert ours() == []


OIDC = {"OIDC_ISSUER": "https://login.example.org", "OIDC_CLIENT_ID": "x", "OIDC_CLIENT_SECRET": "y"}
PROXY = {"PROXIES": "1", "PROXY_USER_HEADER": "X-Remote-User", "PROXY_ADDRESSES": ["127.0.0.1"]}


@pytest.mark.parametrize("sound", [OIDC, OIDC | {"OIDC_ISSUER": "http://localhost:5556/dex"}, PROXY])
def test_sign_in_through_others_is_sound(settings, sound):
    for name, value in sound.items():
        setattr(settings, name, value)
    assert ours() == []


@pytest.mark.parametrize(
    ("wrong", "check_ids"),
    [
        (OIDC | {"OIDC_CLIENT_ID": ""}, ["audiomusic.E055"]),
        (OIDC | {"OIDC_CLIENT_SECRET": ""}, ["audiomusic.E055"]),
        (OIDC | {"OIDC_ISSUER": ""}, ["audiomusic.E055"]),
        (OIDC | {"OIDC_ISSUER": "http://login.example.org"}, ["audiomusic.E056"]),
        (OIDC | {"OIDC_ISSUER": "login.example.org"}, ["audiomusic.E056"]),
        ({"OIDC_STAFF_CLAIM": "groups"}, ["audiomusic.E054"]),
        ({"OIDC_STAFF_VALUES": ["music-staff"]}, ["audiomusic.E054"]),
        (OIDC | {"OIDC_MATCH_EMAIL": "on"}, ["audiomusic.W002"]),
        (OIDC | {"OIDC_MATCH_EMAIL": "on", "SIGN_UP": "closed"}, []),
        (PROXY | {"PROXIES": "0"}, ["audiomusic.E059"]),
        (PROXY | {"PROXY_USER_HEADER": "X-Forwarded-For"}, ["audiomusic.E058"]),
        (PROXY | {"PROXY_USER_HEADER": "X_Remote_User"}, ["audiomusic.E058"]),
        (PROXY | {"PROXY_USER_HEADER": "Host"}, ["audiomusic.E058"]),
        (PROXY | {"PROXY_ADDRESSES": []}, ["audiomusic.E060"]),
        (PROXY | {"PROXY_ADDRESSES": ["0.0.0.0/0", "::/0"]}, ["audiomusic.E060"] * 2),
        (PROXY | {"PROXY_ADDRESSES": ["10.0.3.7/24"]}, ["audiomusic.E060"]),
        (PROXY | {"PROXY_ADDRESSES": ["proxy.example.org"]}, ["audiomusic.E060"]),
    ],
)
def test_what_is_unsafe_about_it_is_named_with_a_hint(settings, wrong, check_ids):
    for name, value in wrong.items():
        setattr(settings, name, value)
    found = ours()
    assert [message.id for message in found] == check_ids
    assert all(message.hint for message in found)


@pytest.mark.parametrize(
    ("url", "key", "check_ids"),
    [
        ("http://127.0.0.1:11434/v1", "", []),
        ("http://gpu.lan:8000/v1", "", []),
        ("https://models.example.org/v1", "sk-1234", []),
        ("http://localhost:8080/v1", "sk-1234", []),
        ("http://gpu.lan:8000/v1", "sk-1234", ["audiomusic.W070"]),
        ("127.0.0.1:11434", "", ["audiomusic.E070"]),
        ("ftp://127.0.0.1/v1", "", ["audiomusic.E070"]),
        ("http://user:word@127.0.0.1/v1", "", ["audiomusic.E070"]),
        ("http://[::1", "", ["audiomusic.E070"]),
    ],
)
def test_the_address_of_a_language_model_is_looked_at(settings, url, key, check_ids):
    settings.LLM_URL, settings.LLM_MODEL, settings.LLM_KEY = url, "qwen3:8b", key
    found = ours()
    assert [message.id for message in found] == check_ids
    assert all(message.hint for message in found)


def test_a_soundfont_that_is_none_is_named(settings, tmp_path):
    for name, content in (("none.sf2", None), ("song.sf2", b"RIFF....WAVE"), ("own.sf2", b"RIFF....sfbk")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        settings.SOUNDFONT = str(tmp_path / name)
        found = ours()
        assert [message.id for message in found] == ([] if name == "own.sf2" else ["audiomusic.E087"])
        assert all(message.hint and name in message.msg for message in found)


@pytest.mark.parametrize(
    ("name", "beside", "check_ids"),
    [
        ("own.onnx", None, []),
        ("own.onnx", '{"n_fft": 6144}', []),
        ("own.onnx", "{", ["audiomusic.E089"]),
        ("none.onnx", None, ["audiomusic.E088"]),
        ("", None, []),
    ],
)
def test_a_separation_model_that_is_none_is_named(settings, tmp_path, name, beside, check_ids):
    (tmp_path / "own.onnx").write_bytes(b"model")
    if beside is not None:
        (tmp_path / "own.json").write_text(beside)
    settings.STEM_MODEL = str(tmp_path / name)  # without a name, the folder itself
    found = ours()
    assert [message.id for message in found] == check_ids
    assert all(message.hint for message in found)


@pytest.mark.parametrize("name", ["LLM_URL", "LLM_MODEL"])
def test_half_a_language_model_is_named(settings, name):
    setattr(settings, name, "http://127.0.0.1:11434/v1")
    [found] = ours()
    assert found.id == "audiomusic.E071" and f"AUDIOMUSIC_{name} is set" in found.msg and found.hint


def test_a_key_that_is_none_is_named_and_not_shown(settings):
    settings.LLM_KEY = "Bearer sk-1234"
    [found] = ours()
    assert found.id == "audiomusic.E073" and found.hint and "1234" not in found.msg


# Addresses (audiomusic.http.origins.checks)


def found_by(check):
    return [(message.id, message.hint) for message in check()]


@pytest.mark.parametrize(
    "url",
    [
        "music.example.org", "ftp://music.example.org", "https://", "https://example.org/a b",
        "https://example.org/music?x=1", "https://example.org//music", "https://me:pass@example.org",
        "https://example.org:port", "http://[::1",
    ],
)  # fmt: skip
def test_a_public_url_that_no_one_can_type_stops_the_start(settings, url):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = url, ["localhost"]
    [(check_id, hint)] = found_by(check_addresses)
    assert check_id == "audiomusic.E094" and "https://example.org/music" in hint


@pytest.mark.parametrize(
    "url", ["", "https://music.example.org", "http://[2001:db8::5]:8443", "https://example.org/tools/music"]
)
def test_a_public_url_may_have_a_port_and_a_path(settings, url):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = url, ["localhost", "[::1]", ".example.org"]
    assert found_by(check_addresses) == []


@pytest.mark.parametrize("host", ["::1", "2001:db8::5", "https://music.example.org", "[::1]:8000"])
def test_an_allowed_host_that_never_matches_stops_the_start(settings, host):
    settings.ALLOWED_HOSTS = ["localhost", host]
    [(check_id, hint)] = found_by(check_addresses)
    assert check_id == "audiomusic.E095" and "[2001:db8::5]" in hint


@pytest.mark.parametrize("prefix", ["/api", "/admin/music"])
def test_a_prefix_that_is_a_room_of_ours_stops_the_start(settings, prefix):
    settings.FORCE_SCRIPT_NAME, settings.ALLOWED_HOSTS = prefix, []
    [(check_id, hint)] = found_by(check_addresses)
    assert check_id == "audiomusic.E096" and "/music" in hint


def test_a_cors_origin_that_is_none_stops_the_start(settings):
    settings.CORS_ORIGINS = ["https://player.example.org", "*", "https://example.org/app"]
    found = found_by(check_cors)
    assert [check_id for check_id, _ in found] == ["audiomusic.E093"] * 2
    assert "https://player.example.org" in found[0][1]
