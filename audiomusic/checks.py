"""System checks: one for each way to misconfigure the server, with a hint that says how to fix it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from audiomusic.accounts.external import checks as external_sign_in_checks  # noqa: F401  (registers itself)
from audiomusic.engines.acestep.folder import (
    QUANTIZATIONS,
    folder_problems,
    missing_packages,
    planner_folder_problems,
    quantization_problems,
)
from audiomusic.engines.acestep.variants import TRIALS, read_trials
from audiomusic.engines.foreign.stems.settings_file import (
    ModelUnusable,
    SettingsUnusable,
    model_file,
    read_settings,
)
from audiomusic.engines.studio.synth.sampling.header import SoundFontNotReadable, check_soundfont
from audiomusic.http.origins import checks as origin_checks  # noqa: F401  (registers itself)
from audiomusic.http.safe_http import AddressRefused, parse_target
from audiomusic.http.throttling import parse_rate
from audiomusic.server.data_folder import OPEN_TO_OTHERS
from jobs.drafts.language_model import MAX_TIMEOUT_S, is_timeout
from jobs.storage.byte_sizes import parse_size
from jobs.uploads.limits import MAX_SOURCE_BYTES, MAX_SOURCE_S, URL_POLICIES

ENGINES = ("auto", "studio", "acestep")
ACESTEP_DTYPES = ("auto", "float32", "bfloat16", "float16")
ACESTEP_COMPILE = ("auto", "on", "off")
STORAGES = ("file", "s3")
SIGN_UPS = ("open", "closed")
MAX_OPENING_CREDITS = 1_000_000_000  # the largest grant that audiomusic.accounts.credits.ledger accepts
SWITCH = ("off", "on")
STAFF_FACTORS = ("off", "required")
MIN_KEY_CHARS = 16  # of a key that clients send with every request
MAX_ANALYSIS_WAIT_S = 25
MAX_MCP_WAIT_S = 25
MIN_SECRET_CHARS = 50  # as in Django's own deployment check


def _one_of(name: str, value: str, allowed: Sequence[str], check_id: str) -> list[CheckMessage]:
    if value in allowed:
        return []
    return [Error(f"{name} is {value!r}.", hint=f"Set it to one of: {', '.join(allowed)}.", id=check_id)]


def _whole_number(name: str, value: str, minimum: int, check_id: str) -> list[CheckMessage]:
    if value.isdecimal() and int(value) >= minimum:
        return []
    return [Error(f"{name} is {value!r}.", hint=f"Set it to a whole number from {minimum}.", id=check_id)]


@register()
def check_engine(**kwargs: Any) -> list[CheckMessage]:
    return _one_of("AUDIOMUSIC_ENGINE", settings.ENGINE, ENGINES, "audiomusic.E001")


@register()
def check_score_first(**kwargs: Any) -> list[CheckMessage]:
    return _one_of("AUDIOMUSIC_SCORE_FIRST", settings.SCORE_FIRST, SWITCH, "audiomusic.E112")


@register()
def check_acestep(**kwargs: Any) -> list[CheckMessage]:
    memory_gib = settings.ACESTEP_MEMORY_GIB
    found = [
        *_one_of("AUDIOMUSIC_ACESTEP_DTYPE", settings.ACESTEP_DTYPE, ACESTEP_DTYPES, "audiomusic.E020"),
        *_one_of("AUDIOMUSIC_ACESTEP_COMPILE", settings.ACESTEP_COMPILE, ACESTEP_COMPILE, "audiomusic.E021"),
        *_whole_number("AUDIOMUSIC_ACESTEP_BATCH_S", settings.ACESTEP_BATCH_S, 1, "audiomusic.E022"),
        *_one_of("AUDIOMUSIC_ACESTEP_WARM_UP", settings.ACESTEP_WARM_UP, ACESTEP_COMPILE, "audiomusic.E111"),
        *_one_of(
            "AUDIOMUSIC_ACESTEP_QUANTIZATION", settings.ACESTEP_QUANTIZATION, QUANTIZATIONS, "audiomusic.E025"
        ),
    ]
    if memory_gib != "auto" and not (memory_gib.isdecimal() and int(memory_gib) >= 2):
        sentence = f"AUDIOMUSIC_ACESTEP_MEMORY_GIB is {memory_gib!r}."
        found.append(Error(sentence, hint="Set it to auto or a whole number from 2.", id="audiomusic.E024"))
    if read_trials(settings.ACESTEP_TRIALS)[1]:
        sentence = f"AUDIOMUSIC_ACESTEP_TRIALS is {settings.ACESTEP_TRIALS!r}."
        hint = f"Leave it empty, or name some of: {', '.join(TRIALS)}."
        found.append(Error(sentence, hint=hint, id="audiomusic.E110"))
    # Warnings, because the web process may run on a host without the weights; a job reports missing weights
    # itself.
    hint = "Run `python manage.py models path` to see how to get weights."
    return found + [Warning(problem, hint=hint, id="audiomusic.W001") for problem in weights_problems()]


def weights_problems() -> list[str]:
    """Return the problems with the ACE-Step weights if the settings use any."""
    if settings.ENGINE == "studio" or not (settings.ACESTEP_DIR or settings.ENGINE == "acestep"):
        return []
    missing = missing_packages()
    problems = [f"The ACE-Step engine needs {', '.join(missing)}: run `make acestep`."] if missing else []
    problems += quantization_problems(settings.ACESTEP_QUANTIZATION)
    if settings.ACESTEP_PLANNER_DIR:
        problems += planner_folder_problems(settings.ACESTEP_PLANNER_DIR)
    return problems + folder_problems(settings.ACESTEP_DIR, settings.ACESTEP_VARIANT)


@register()
def check_soundfont_setting(**kwargs: Any) -> list[CheckMessage]:
    if not settings.SOUNDFONT:
        return []
    try:
        check_soundfont(Path(settings.SOUNDFONT))
    except SoundFontNotReadable as error:
        hint = "Set it to the path of an .sf2 or .sf3 file that the server can read, or leave it empty."
        return [Error(f"AUDIOMUSIC_SOUNDFONT: {error}", hint=hint, id="audiomusic.E087")]
    return []


@register()
def check_stem_model(**kwargs: Any) -> list[CheckMessage]:
    if not settings.STEM_MODEL:
        return []
    try:
        read_settings(model_file(Path(settings.STEM_MODEL)))
    except SettingsUnusable as error:
        hint = 'Write a valid object into it, such as {"stem": "vocals", "n_fft": 6144}, or remove it.'
        return [Error(f"AUDIOMUSIC_STEM_MODEL: {error}", hint=hint, id="audiomusic.E089")]
    except ModelUnusable as error:
        hint = "Set it to the path of an .onnx file, or of a folder that contains one, or leave it empty."
        return [Error(f"AUDIOMUSIC_STEM_MODEL: {error}", hint=hint, id="audiomusic.E088")]
    return []


@register()
def check_language_model(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    url = settings.LLM_URL
    if url:
        try:
            parse_target(url)
        except AddressRefused as error:
            hint = "Set it to the server's address including /v1, such as http://127.0.0.1:11434/v1."
            found.append(Error(f"AUDIOMUSIC_LLM_URL: {error}", hint=hint, id="audiomusic.E070"))
    if bool(url) != bool(settings.LLM_MODEL):
        hint = "Set both AUDIOMUSIC_LLM_URL and AUDIOMUSIC_LLM_MODEL, or neither."
        set_name, missing = ("URL", "MODEL") if url else ("MODEL", "URL")
        sentence = f"AUDIOMUSIC_LLM_{set_name} is set without AUDIOMUSIC_LLM_{missing}."
        found.append(Error(sentence, hint=hint, id="audiomusic.E071"))
    if not is_timeout(settings.LLM_TIMEOUT_S):
        hint = f"Set it to a number of seconds from 1 to {MAX_TIMEOUT_S:g}."
        sentence = f"AUDIOMUSIC_LLM_TIMEOUT_S is {settings.LLM_TIMEOUT_S!r}."
        found.append(Error(sentence, hint=hint, id="audiomusic.E072"))
    if not settings.LLM_KEY.isascii() or not settings.LLM_KEY.isprintable() or " " in settings.LLM_KEY:
        hint = "Set it to the key only, without spaces, quotation marks or the word Bearer."
        found.append(
            Error("AUDIOMUSIC_LLM_KEY contains a character that no key has.", hint=hint, id="audiomusic.E073")
        )
    if settings.LLM_KEY and url.startswith("http://") and not is_loopback(urlsplit(url).hostname or ""):
        hint = "Use https://, or a network that no one else listens to."
        sentence = "AUDIOMUSIC_LLM_KEY is sent over plain HTTP to another machine."
        found.append(Warning(sentence, hint=hint, id="audiomusic.W070"))
    return found


@register()
def check_workers(**kwargs: Any) -> list[CheckMessage]:
    return _whole_number("AUDIOMUSIC_WORKERS", settings.WORKERS, 1, "audiomusic.E003")


@register()
def check_limits(**kwargs: Any) -> list[CheckMessage]:
    waiting = "1" if settings.WAITING_LIMIT == "off" else settings.WAITING_LIMIT
    return [
        *_whole_number("AUDIOMUSIC_WAITING_LIMIT", waiting, 1, "audiomusic.E011"),
        *_whole_number("AUDIOMUSIC_LEASE_S", str(settings.LEASE_S), 3, "audiomusic.E012"),
        *_whole_number("AUDIOMUSIC_TIME_LIMIT", str(settings.TIME_LIMIT), 1, "audiomusic.E013"),
    ]


@register()
def check_sizes(**kwargs: Any) -> list[CheckMessage]:
    sizes = {
        "AUDIOMUSIC_STORAGE_PER_USER": (settings.STORAGE_PER_USER, "audiomusic.E031"),
        "AUDIOMUSIC_MIN_FREE_DISK": (settings.MIN_FREE_DISK, "audiomusic.E032"),
        "AUDIOMUSIC_UPLOADS_PER_USER": (settings.UPLOADS_PER_USER, "audiomusic.E080"),
    }
    found: list[CheckMessage] = []
    for name, (value, check_id) in sizes.items():
        try:
            parse_size(value)
        except ValueError:
            hint = "Set it to a size such as 500MB, 10GB or 2TB, or to off."
            found.append(Error(f"{name} is {value!r}.", hint=hint, id=check_id))
    return found


@register()
def check_sources(**kwargs: Any) -> list[CheckMessage]:
    found = [
        *_one_of("AUDIOMUSIC_SOURCE_URLS", settings.SOURCE_URLS, URL_POLICIES, "audiomusic.E081"),
        *_whole_number("AUDIOMUSIC_UPLOADS_COUNT", str(settings.UPLOADS_COUNT), 1, "audiomusic.E082"),
        *_whole_number("AUDIOMUSIC_UPLOAD_HOURS", str(settings.UPLOAD_HOURS), 1, "audiomusic.E083"),
    ]
    if not 1 <= settings.ANALYSIS_WAIT_S <= MAX_ANALYSIS_WAIT_S:
        hint = f"Set it to a number of seconds from 1 to {MAX_ANALYSIS_WAIT_S}: clients give up after 30."
        sentence = f"AUDIOMUSIC_ANALYSIS_WAIT_S is {settings.ANALYSIS_WAIT_S}."
        found.append(Error(sentence, hint=hint, id="audiomusic.E086"))
    if not 0 <= settings.MCP_WAIT_S <= MAX_MCP_WAIT_S:
        hint = f"Set it to a number of seconds from 0 to {MAX_MCP_WAIT_S}: clients give up after 30."
        sentence = f"AUDIOMUSIC_MCP_WAIT_S is {settings.MCP_WAIT_S}."
        found.append(Error(sentence, hint=hint, id="audiomusic.E113"))
    if not 1 <= settings.SOURCE_MAX_S <= MAX_SOURCE_S:
        hint = f"Set it to a number of seconds from 1 to {MAX_SOURCE_S}."
        sentence = f"AUDIOMUSIC_SOURCE_MAX_S is {settings.SOURCE_MAX_S}."
        found.append(Error(sentence, hint=hint, id="audiomusic.E084"))
    try:
        is_size = 0 < (parse_size(settings.SOURCE_MAX_SIZE) or 0) <= MAX_SOURCE_BYTES
    except ValueError:
        is_size = False
    if not is_size:
        hint = "Set it to a size up to 100MB, the web server's maximum."
        sentence = f"AUDIOMUSIC_SOURCE_MAX_SIZE is {settings.SOURCE_MAX_SIZE!r}."
        found.append(Error(sentence, hint=hint, id="audiomusic.E085"))
    return found


@register()
def check_strangers(**kwargs: Any) -> list[CheckMessage]:
    is_open = settings.SIGN_UP == "open" and settings.CREDITS == "unlimited"
    if not is_open or is_loopback(settings.HOST):
        return []
    hint = "Set AUDIOMUSIC_SIGN_UP=closed, or AUDIOMUSIC_CREDITS to a number; see docs/security.md."
    sentence = (
        f"The server listens on {settings.HOST}, sign-up is open and credits are unlimited: anyone who can "
        "reach it can create an account and make unlimited music."
    )
    return [Warning(sentence, hint=hint, id="audiomusic.W031")]


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@register()
def check_proxies(**kwargs: Any) -> list[CheckMessage]:
    return _whole_number("AUDIOMUSIC_PROXIES", settings.PROXIES, 0, "audiomusic.E014")


@register()
def check_security_log(**kwargs: Any) -> list[CheckMessage]:
    return _whole_number("AUDIOMUSIC_SECURITY_LOG_DAYS", settings.SECURITY_LOG_DAYS, 1, "audiomusic.E040")


@register()
def check_secret_key(**kwargs: Any) -> list[CheckMessage]:
    count = len(settings.SECRET_KEY)
    if count >= MIN_SECRET_CHARS:
        return []
    hint = "Remove it to let the server make one, or set it to the output of: openssl rand -base64 48"
    sentence = f"AUDIOMUSIC_SECRET_KEY has {count} characters; expected at least {MIN_SECRET_CHARS}."
    return [Error(sentence, hint=hint, id="audiomusic.E015")]


@register()
def check_old_secret_keys(**kwargs: Any) -> list[CheckMessage]:
    """Report short fallback keys: like a short first key, anyone can guess one and sign with it."""
    counts = [len(key) for key in settings.SECRET_KEY_FALLBACKS if len(key) < MIN_SECRET_CHARS]
    hint = "Remove it. Separate keys by commas in the variable; the file secret_key has one per line."
    sentence = "AUDIOMUSIC_SECRET_KEY_FALLBACKS: expected keys of at least {} characters, got one of {}."
    return [Error(sentence.format(MIN_SECRET_CHARS, n), hint=hint, id="audiomusic.E041") for n in counts]


@register()
def check_credits(**kwargs: Any) -> list[CheckMessage]:
    is_number = settings.CREDITS.isdecimal() and int(settings.CREDITS) <= MAX_OPENING_CREDITS
    if is_number or settings.CREDITS == "unlimited":
        return []
    hint = f"Set it to a number of credits for each new user, up to {MAX_OPENING_CREDITS}, or to unlimited."
    return [Error(f"AUDIOMUSIC_CREDITS is {settings.CREDITS!r}.", hint=hint, id="audiomusic.E004")]


@register()
def check_sign_up(**kwargs: Any) -> list[CheckMessage]:
    return _one_of("AUDIOMUSIC_SIGN_UP", settings.SIGN_UP, SIGN_UPS, "audiomusic.E009")


@register()
def check_factors(**kwargs: Any) -> list[CheckMessage]:
    minutes = settings.REAUTHENTICATION_MIN
    return [
        *_one_of("AUDIOMUSIC_STAFF_FACTOR", settings.STAFF_FACTOR, STAFF_FACTORS, "audiomusic.E050"),
        *_whole_number("AUDIOMUSIC_REAUTHENTICATION_MIN", minutes, 1, "audiomusic.E051"),
    ]


@register()
def check_external_sign_in(**kwargs: Any) -> list[CheckMessage]:
    return [
        *_one_of("AUDIOMUSIC_OIDC_SIGN_UP", settings.OIDC_SIGN_UP, SWITCH, "audiomusic.E052"),
        *_one_of("AUDIOMUSIC_OIDC_MATCH_EMAIL", settings.OIDC_MATCH_EMAIL, SWITCH, "audiomusic.E053"),
        *_one_of("AUDIOMUSIC_PROXY_SIGN_UP", settings.PROXY_SIGN_UP, SWITCH, "audiomusic.E057"),
    ]


@register()
def check_storage(**kwargs: Any) -> list[CheckMessage]:
    found = _one_of("AUDIOMUSIC_STORAGE", settings.STORAGE, STORAGES, "audiomusic.E005")
    if settings.STORAGE == "s3" and not settings.STORAGES["default"]["OPTIONS"]["bucket_name"]:
        hint = "Set AUDIOMUSIC_S3_BUCKET to the bucket's name."
        found.append(Error("AUDIOMUSIC_STORAGE is 's3' without a bucket.", hint=hint, id="audiomusic.E006"))
    return found + _whole_number("AUDIOMUSIC_S3_TIMEOUT_S", settings.S3_TIMEOUT_S, 1, "audiomusic.E023")


@register()
def check_broker(**kwargs: Any) -> list[CheckMessage]:
    if settings.BROKER == "orm" or settings.BROKER.startswith(("redis://", "rediss://", "unix://")):
        return []
    hint = "Set it to orm, or to an address such as redis://127.0.0.1:6379/0."
    return [Error(f"AUDIOMUSIC_BROKER is {settings.BROKER!r}.", hint=hint, id="audiomusic.E007")]


@register()
def check_rates(**kwargs: Any) -> list[CheckMessage]:
    found: dict[str, CheckMessage] = {}
    for scope, text in [*settings.RATE_LIMITS.items(), ("pages", settings.PAGE_RATE)]:
        try:
            parse_rate(text)
        except ValueError as error:
            hint = "Correct the AUDIOMUSIC_RATE_… variable with this value."
            found.setdefault(
                text, Error(f"The rate limit of {scope}: {error}", hint=hint, id="audiomusic.E010")
            )
    return list(found.values())


@register()
def check_password_hashes(**kwargs: Any) -> list[CheckMessage]:
    return _whole_number("AUDIOMUSIC_PASSWORD_HASHES", settings.PASSWORD_HASHES, 1, "audiomusic.E061")


@register()
def check_metrics_key(**kwargs: Any) -> list[CheckMessage]:
    key = settings.METRICS_KEY
    if not key or (len(key) >= MIN_KEY_CHARS and key.isascii() and key.isprintable() and " " not in key):
        return []
    hint = "Use a random key, such as the output of: openssl rand -hex 32."
    said = f"Expected {MIN_KEY_CHARS} or more ASCII characters without a space in AUDIOMUSIC_METRICS_KEY"
    return [Error(f"{said}, got {len(key)} signs.", hint=hint, id="audiomusic.E063")]


@register()
def check_data_dir(**kwargs: Any) -> list[CheckMessage]:
    if os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
        return []
    hint = "Set AUDIOMUSIC_DATA_DIR to a folder that this user can write to."
    return [Error(f"{settings.DATA_DIR} cannot be written to.", hint=hint, id="audiomusic.E008")]


@register()
def check_data_dir_is_private(**kwargs: Any) -> list[CheckMessage]:
    try:
        status = settings.DATA_DIR.stat()
    except OSError:  # the check above reports it
        return []
    if not status.st_mode & OPEN_TO_OTHERS:
        return []
    said = (
        f"Other users of this machine can open {settings.DATA_DIR} (mode {stat.S_IMODE(status.st_mode):04o})"
    )
    if status.st_uid == os.geteuid():  # the server made it private at start, but the mode did not change
        hint = (
            "Move it to a file system that supports modes, or mount this one only for its owner (umask=077)."
        )
        return [Warning(f"{said}: its file system does not support modes.", hint=hint, id="audiomusic.W030")]
    hint = "Give it to the user that the server runs as: chown -R USER FOLDER && chmod 700 FOLDER."
    return [Error(f"{said}, and it belongs to another user.", hint=hint, id="audiomusic.E030")]
