"""System checks: each way to misconfigure the server, with a hint how to mend it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from audiomusic.engines.acestep.folder import folder_problems, missing_packages, planner_folder_problems
from audiomusic.throttles import parse_rate

ENGINES = ("auto", "studio", "acestep")
ACESTEP_DTYPES = ("auto", "float32", "bfloat16", "float16")
ACESTEP_COMPILE = ("auto", "on", "off")
STORAGES = ("file", "s3")
SIGN_UPS = ("open", "closed")
MIN_SECRET_CHARS = 50  # as Django's own check of a deployment wants it


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
def check_acestep(**kwargs: Any) -> list[CheckMessage]:
    found = [
        *_one_of("AUDIOMUSIC_ACESTEP_DTYPE", settings.ACESTEP_DTYPE, ACESTEP_DTYPES, "audiomusic.E020"),
        *_one_of("AUDIOMUSIC_ACESTEP_COMPILE", settings.ACESTEP_COMPILE, ACESTEP_COMPILE, "audiomusic.E021"),
        *_whole_number("AUDIOMUSIC_ACESTEP_BATCH_S", settings.ACESTEP_BATCH_S, 1, "audiomusic.E022"),
    ]
    # Warnings: the web may run where the weights are not, and a job without them says so itself.
    hint = "`python manage.py models path` tells how to get weights."
    return found + [Warning(problem, hint=hint, id="audiomusic.W001") for problem in weights_problems()]


def weights_problems() -> list[str]:
    """What is wrong with the ACE-Step weights, where the settings ask for any."""
    if settings.ENGINE == "studio" or not (settings.ACESTEP_DIR or settings.ENGINE == "acestep"):
        return []
    missing = missing_packages()
    told = [f"The ACE-Step engine needs {', '.join(missing)}: run `make acestep`."] if missing else []
    if settings.ACESTEP_PLANNER_DIR:
        told += planner_folder_problems(settings.ACESTEP_PLANNER_DIR)
    return told + folder_problems(settings.ACESTEP_DIR)


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
def check_proxies(**kwargs: Any) -> list[CheckMessage]:
    return _whole_number("AUDIOMUSIC_PROXIES", settings.PROXIES, 0, "audiomusic.E014")


@register()
def check_secret_key(**kwargs: Any) -> list[CheckMessage]:
    count = len(settings.SECRET_KEY)
    if count >= MIN_SECRET_CHARS:
        return []
    hint = "Leave it out to have one made, or set it to the output of: openssl rand -base64 48"
    sentence = f"AUDIOMUSIC_SECRET_KEY has {count} characters; at least {MIN_SECRET_CHARS} were wanted."
    return [Error(sentence, hint=hint, id="audiomusic.E015")]


@register()
def check_old_secret_keys(**kwargs: Any) -> list[CheckMessage]:
    """What a short key signs anybody can sign, whether it is the first or a fall-back."""
    counts = [len(key) for key in settings.SECRET_KEY_FALLBACKS if len(key) < MIN_SECRET_CHARS]
    hint = "Take it away. Keys are separated by commas there, and stand a line each in the file secret_key."
    sentence = "AUDIOMUSIC_SECRET_KEY_FALLBACKS: expected keys of at least {} characters, got one of {}."
    return [Error(sentence.format(MIN_SECRET_CHARS, n), hint=hint, id="audiomusic.E040") for n in counts]


@register()
def check_credits(**kwargs: Any) -> list[CheckMessage]:
    if settings.CREDITS == "unlimited" or settings.CREDITS.isdecimal():
        return []
    hint = "Set it to a whole number of credits for each new user, or to unlimited."
    return [Error(f"AUDIOMUSIC_CREDITS is {settings.CREDITS!r}.", hint=hint, id="audiomusic.E004")]


@register()
def check_sign_up(**kwargs: Any) -> list[CheckMessage]:
    return _one_of("AUDIOMUSIC_SIGN_UP", settings.SIGN_UP, SIGN_UPS, "audiomusic.E009")


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
    for scope, text in settings.RATE_LIMITS.items():
        try:
            parse_rate(text)
        except ValueError as error:
            hint = "Mend the AUDIOMUSIC_RATE_… variable that says so."
            found.setdefault(
                text, Error(f"The rate limit of {scope}: {error}", hint=hint, id="audiomusic.E010")
            )
    return list(found.values())


@register()
def check_data_dir(**kwargs: Any) -> list[CheckMessage]:
    if os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
        return []
    hint = "Point AUDIOMUSIC_DATA_DIR to a folder that this user may write to."
    return [Error(f"{settings.DATA_DIR} cannot be written to.", hint=hint, id="audiomusic.E008")]
