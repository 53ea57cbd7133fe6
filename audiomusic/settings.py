"""All of AudioMusic's settings. Everything that an operator may want to change comes from the environment, or
from a `.env` file next to manage.py; `audiomusic.checks` reports what is wrong with it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ

from audiomusic.http.origins.cors import ALLOWED_HEADERS, EXPOSED_HEADERS, cors_paths, is_origin
from audiomusic.server.addresses import listen_url, split_url, url_host
from audiomusic.server.data_folder import FILE_MODE, FOLDER_MODE, data_folder_open
from audiomusic.server.secret_key import read_or_make_secret_keys

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

VERSION = re.search(r"^## (\d+\.\d+\.\d+)", (BASE_DIR / "CHANGELOG.md").read_text(), re.M).group(1)  # type: ignore[union-attr]

# Server address and data folder
HOST = env.str("HOST", "127.0.0.1").strip("[]")  # brackets around an IPv6 address are allowed
PORT = env.str("PORT", "8000")
LISTEN_URL = listen_url(HOST, PORT)
DATA_DIR = Path(env.str("AUDIOMUSIC_DATA_DIR", str(BASE_DIR / "var"))).expanduser().resolve()
with suppress(OSError):  # audiomusic.checks reports it
    data_folder_open(DATA_DIR)  # from here on, new files are private to their owner
PUBLIC_URL = env.str("AUDIOMUSIC_PUBLIC_URL", "").rstrip("/")  # empty: taken from the request
_PUBLIC = split_url(PUBLIC_URL)
# A proxy can pass it on or remove it (audiomusic.server.http); Django prepends it to every URL.
FORCE_SCRIPT_NAME = _PUBLIC.path or None
DEBUG = env.bool("AUDIOMUSIC_DEBUG", False)
IS_HTTPS = PUBLIC_URL.startswith("https://")  # a proxy speaks https: this server itself speaks plain HTTP
PROXIES = env.str(
    "AUDIOMUSIC_PROXIES", "1" if IS_HTTPS else "0"
)  # number of proxies whose X-Forwarded-… is trusted
ALLOWED_HOSTS = env.list(
    "AUDIOMUSIC_ALLOWED_HOSTS",
    default=["localhost", "127.0.0.1", "[::1]", url_host(HOST), *filter(None, [_PUBLIC.host])],
)
CSRF_TRUSTED_ORIGINS = [_PUBLIC.origin] if _PUBLIC.origin else []
# The key that signs, and previous ones that are still accepted: `manage.py rotatesecret`.
_GIVEN_KEY = env.str("AUDIOMUSIC_SECRET_KEY", "")
SECRET_KEY_IS_GIVEN = bool(_GIVEN_KEY)
SECRET_KEY, *_OLD_KEYS = [_GIVEN_KEY] if SECRET_KEY_IS_GIVEN else read_or_make_secret_keys(DATA_DIR)
SECRET_KEY_FALLBACKS = [*env.list("AUDIOMUSIC_SECRET_KEY_FALLBACKS", default=[]), *_OLD_KEYS]

# Engines
SCORE_FIRST = env.str("AUDIOMUSIC_SCORE_FIRST", "on")  # off: no /api/v1/music/v3
ENGINE = env.str("AUDIOMUSIC_ENGINE", "auto")  # auto | studio | acestep
ACESTEP_DIR = env.str("AUDIOMUSIC_ACESTEP_DIR", "")  # auto: acestep if weights are here
ACESTEP_VARIANT = env.str("AUDIOMUSIC_ACESTEP_VARIANT", "")  # which model, if there are several; empty: turbo
ACESTEP_PLANNER_DIR = env.str("AUDIOMUSIC_ACESTEP_PLANNER_DIR", "")  # the 5 Hz language model
ACESTEP_DEVICE = env.str("AUDIOMUSIC_ACESTEP_DEVICE", "auto")  # auto | cpu | cuda | cuda:1 …
ACESTEP_DTYPE = env.str("AUDIOMUSIC_ACESTEP_DTYPE", "auto")  # auto | float32 | bfloat16 | float16
ACESTEP_COMPILE = env.str("AUDIOMUSIC_ACESTEP_COMPILE", "auto")  # auto: on GPUs | on | off
ACESTEP_MEMORY_GIB = env.str("AUDIOMUSIC_ACESTEP_MEMORY_GIB", "auto")  # GPU memory to use; auto: what is free
ACESTEP_QUANTIZATION = env.str("AUDIOMUSIC_ACESTEP_QUANTIZATION", "auto")  # auto | none | int8
ACESTEP_TRIALS = env.str("AUDIOMUSIC_ACESTEP_TRIALS", "")  # dcw, mask, or both: see docs/acestep.md
ACESTEP_WARM_UP = env.str(
    "AUDIOMUSIC_ACESTEP_WARM_UP", "auto"
)  # before the first request; auto: on GPUs | on | off
ACESTEP_BATCH_S = env.str("AUDIOMUSIC_ACESTEP_BATCH_S", "480")  # seconds of audio per batch
STEM_MODEL = env.str("AUDIOMUSIC_STEM_MODEL", "")  # an ONNX file, or its folder: extracts vocals
SOUNDFONT = env.str("AUDIOMUSIC_SOUNDFONT", "")  # an SF2 or SF3 file that the studio engine plays from
# A language model that writes the lyrics, on any server with an OpenAI-compatible API; empty: the built-in
# writer
LLM_URL = env.str("AUDIOMUSIC_LLM_URL", "").rstrip("/")  # including /v1
LLM_MODEL = env.str("AUDIOMUSIC_LLM_MODEL", "")
LLM_KEY = env.str("AUDIOMUSIC_LLM_KEY", "")
LLM_TIMEOUT_S = env.str("AUDIOMUSIC_LLM_TIMEOUT_S", "60")  # for the whole response
WORKERS = env.str("AUDIOMUSIC_WORKERS", "1")  # jobs to run at the same time on this host
LEASE_S = env.int("AUDIOMUSIC_LEASE_S", 30)  # a claim expires if it is not renewed for this long
MAX_ATTEMPTS = 3
TIME_LIMIT = env.int("AUDIOMUSIC_TIME_LIMIT", 60)  # seconds of work for each second of audio
WAITING_LIMIT = env.str("AUDIOMUSIC_WAITING_LIMIT", "1000")  # queued jobs of one user; or off

STORAGE_PER_USER = env.str(
    "AUDIOMUSIC_STORAGE_PER_USER", "off"
)  # size of each user's files, such as 10GB; or off
MIN_FREE_DISK = env.str("AUDIOMUSIC_MIN_FREE_DISK", "1GB")  # below it no new jobs are accepted; or off

# Audio from outside
SOURCE_MAX_SIZE = env.str("AUDIOMUSIC_SOURCE_MAX_SIZE", "100MB")  # of one file
SOURCE_MAX_S = env.int("AUDIOMUSIC_SOURCE_MAX_S", 600)  # its length in seconds
SOURCE_URLS = env.str("AUDIOMUSIC_SOURCE_URLS", "public")  # off | public | private: also this network
ANALYSIS_WAIT_S = env.int("AUDIOMUSIC_ANALYSIS_WAIT_S", 20)  # how long a web thread waits for a worker
MCP_WAIT_S = env.int("AUDIOMUSIC_MCP_WAIT_S", 25)  # how long a tool call waits for its job
API_KEY = env.str("AUDIOMUSIC_API_KEY", "")  # whom `manage.py mcp` acts for; the server never reads it
UPLOADS_PER_USER = env.str("AUDIOMUSIC_UPLOADS_PER_USER", "1GB")  # of all files of a user; or off
UPLOADS_COUNT = env.int("AUDIOMUSIC_UPLOADS_COUNT", 100)
UPLOAD_HOURS = env.int("AUDIOMUSIC_UPLOAD_HOURS", 24)  # an upload that a job uses is kept as long as the job

# Accounts
SIGN_UP = env.str("AUDIOMUSIC_SIGN_UP", "open")  # open | closed: only staff create accounts
# Sign-in
STAFF_FACTOR = env.str("AUDIOMUSIC_STAFF_FACTOR", "off")  # off | required: the admin needs a second factor
REAUTHENTICATION_MIN = env.str(
    "AUDIOMUSIC_REAUTHENTICATION_MIN", "15"
)  # after which a browser must confirm again
OIDC_ISSUER = env.str("AUDIOMUSIC_OIDC_ISSUER", "")  # sign-in through OpenID Connect
OIDC_CLIENT_ID = env.str("AUDIOMUSIC_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.str("AUDIOMUSIC_OIDC_CLIENT_SECRET", "")
OIDC_NAME = env.str("AUDIOMUSIC_OIDC_NAME", "single sign-on")  # the name on the button
OIDC_SIGN_UP = env.str("AUDIOMUSIC_OIDC_SIGN_UP", "off")  # on: create accounts for new users
OIDC_MATCH_EMAIL = env.str("AUDIOMUSIC_OIDC_MATCH_EMAIL", "off")  # on: find accounts by a verified address
OIDC_STAFF_CLAIM = env.str(
    "AUDIOMUSIC_OIDC_STAFF_CLAIM", ""
)  # the claim that makes a user staff, such as groups
OIDC_STAFF_VALUES = env.list("AUDIOMUSIC_OIDC_STAFF_VALUES", default=[])
PROXY_USER_HEADER = env.str("AUDIOMUSIC_PROXY_USER_HEADER", "")  # the header in which a proxy names the user
PROXY_ADDRESSES = env.list("AUDIOMUSIC_PROXY_ADDRESSES", default=[])  # from which that header is accepted
PROXY_SIGN_UP = env.str("AUDIOMUSIC_PROXY_SIGN_UP", "off")  # on: create accounts for new users
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    *(["audiomusic.accounts.external.proxy.ProxyBackend"] if PROXY_USER_HEADER else []),
]
OTP_TOTP_ISSUER = "AudioMusic"  # this server's name in authenticator apps
CREDITS = env.str(
    "AUDIOMUSIC_CREDITS", "unlimited"
)  # of a new user: a number, or unlimited; 990 buy a minute of audio
CREDITS_PER_MINUTE = env.int("AUDIOMUSIC_CREDITS_PER_MINUTE", 990)

# Webhooks
WEBHOOK_PRIVATE = env.bool(
    "AUDIOMUSIC_WEBHOOK_PRIVATE", False
)  # whether they may be in this server's own network
WEBHOOK_RETRY_S = 60  # after the first try; doubles after each further one

# Files
STORAGE = env.str("AUDIOMUSIC_STORAGE", "file")  # file | s3
AUDIO_LINK_HOURS = env.int("AUDIOMUSIC_AUDIO_LINK_HOURS", 24)
FILE_UPLOAD_PERMISSIONS = FILE_MODE  # also for static files, which this server reads itself
FILE_UPLOAD_DIRECTORY_PERMISSIONS = FOLDER_MODE
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "audio"},
    },
    "staticfiles": {"BACKEND": "audiomusic.server.static_files.storage.HashedStorage"},
}
S3_TIMEOUT_S = env.str("AUDIOMUSIC_S3_TIMEOUT_S", "10")  # per try; each call is tried twice
if STORAGE == "s3":
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    _s3_timeout_s = int(S3_TIMEOUT_S) if S3_TIMEOUT_S.isdecimal() else 10  # audiomusic.checks reports it
    STORAGES["default"] = {
        "BACKEND": "jobs.storage.s3.S3StorageWithBreaker",
        "OPTIONS": {
            "bucket_name": env.str("AUDIOMUSIC_S3_BUCKET", ""),
            "endpoint_url": env.str("AUDIOMUSIC_S3_ENDPOINT", "") or None,
            "region_name": env.str("AUDIOMUSIC_S3_REGION", "") or None,
            "default_acl": None,
            "file_overwrite": True,
            "querystring_expire": AUDIO_LINK_HOURS * 3600,
            # A bucket that does not respond must not block a worker or a web thread for minutes. Most stores
            # other than Amazon's refuse links with the old signature version.
            "client_config": Config(
                connect_timeout=_s3_timeout_s / 2,
                read_timeout=_s3_timeout_s,
                retries={"total_max_attempts": 2},
                signature_version="s3v4",
            ),
            "transfer_config": TransferConfig(num_download_attempts=2),
        },
    }
STATIC_URL = f"{_PUBLIC.path}/static/"
WHITENOISE_STATIC_PREFIX = "/static/"  # as the application sees it, without a prefix
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

INSTALLED_APPS = [
    "audiomusic.apps.StaffAdminConfig",  # django.contrib.admin with our own front page
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "csp",
    "corsheaders",
    "django_htmx",
    "knox",
    "django_otp",  # without its middleware, whose `user.is_verified()` would hide our field
    "django_otp.plugins.otp_totp",
    "django_q",
    "audiomusic.apps.AudioMusicConfig",
    "audiomusic.accounts.apps.AccountsConfig",
    "presets.apps.PresetsConfig",
    "jobs.apps.JobsConfig",
    "library.apps.LibraryConfig",
]
MIDDLEWARE = [
    "audiomusic.monitoring.http_metrics.count_requests",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "audiomusic.http.cache_control.default_cache_control",
    "audiomusic.accounts.security_log.current_request.remember_request",
    "audiomusic.accounts.sessions.store.TrackingSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audiomusic.accounts.external.proxy.ProxySignIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "audiomusic.http.page_throttling.limit_pages",
    "audiomusic.accounts.login_throttle.LoginThrottleMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audiomusic.http.pages.time_zone.activate_time_zone",
    "audiomusic.http.throttling.rate_limit_headers",
]
ROOT_URLCONF = "audiomusic.urls"
WSGI_APPLICATION = "audiomusic.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "audiomusic.http.pages.theme.theme",
            ],
            "builtins": [
                "audiomusic.http.pages.directions",
                "audiomusic.http.pages.plain_words",
                "audiomusic.http.pages.time_words",
            ],
            "libraries": {"adminkit": "audiomusic.adminkit.template_tags"},
        },
    }
]

# SQLite: readers never wait for the writer (WAL). IMMEDIATE takes the write lock at BEGIN, so a writer waits
# there and no busy timeout turns into a deadlock halfway through.
DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{DATA_DIR / 'audiomusic.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728;",
    }
else:
    # Notice a dead connection within half a minute. DATABASE_URL takes precedence; lock time-outs are in
    # audiomusic.db.waits.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 10,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,  # milliseconds
    } | DATABASES["default"].get("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Users
AUTH_USER_MODEL = "accounts.User"
SECURITY_LOG_DAYS = env.str("AUDIOMUSIC_SECURITY_LOG_DAYS", "365")  # days to keep its events
PASSWORD_HASHES = env.str("AUDIOMUSIC_PASSWORD_HASHES", "1")  # checked at the same time, in each web process
PASSWORD_HASHERS = [  # Django's own list, except for the first
    "audiomusic.accounts.hashers.BoundedPBKDF2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
# What a page may load: only its own files, and nothing inline. Pictures of songs can be anywhere; files in a
# bucket come from there.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "http:", "https:"],
        **dict.fromkeys(
            ("media-src", "connect-src"),
            ["'self'", "http:", "https:"] if STORAGE == "s3" else ["'self'"],
        ),
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SESSION_ENGINE = "audiomusic.accounts.sessions.store"
SESSION_COOKIE_SAMESITE = "Lax"
# Other programs can run beside the prefix, so no __Host- names, which require "/".
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = _PUBLIC.path or "/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [
    rf"^({re.escape(_PUBLIC.path[1:])}/)?(healthz|readyz|metrics)$"
]  # probes bypass the proxy and use plain HTTP
if IS_HTTPS and PROXIES != "0":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 30 * 86400
# One application must not force HTTPS on a whole domain and its other hosts forever.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# The queue. A message only says "look at the Job table", so its timeouts are generous; the lease limits how
# long a job may take.
BROKER = env.str("AUDIOMUSIC_BROKER", "orm")  # orm | a redis:// URL
Q_CLUSTER: dict[str, Any] = {
    "name": "audiomusic",
    "label": "Queue",
    "workers": int(WORKERS) if WORKERS.isdigit() else 1,
    "timeout": 3600,
    "retry": 3700,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": 250,
    "poll": 0.1,
    "guard_cycle": 1,
    "scheduler": False,  # it calls any function that a row names, and nothing here needs it
    "daemonize_workers": False,  # the singing voice forks a child process for each line
    "catch_up": False,
    # Replace a worker that uses too much memory, unless it holds weights, which load slowly.
    "max_rss": None if ACESTEP_DIR else 4_000_000,
    "recycle": 1_000_000 if ACESTEP_DIR else 500,
}
if BROKER == "orm":
    Q_CLUSTER |= {"orm": "default", "broker_class": "jobs.worker.brokers.OrmDoorbell"}
else:
    Q_CLUSTER["broker_class"] = "jobs.worker.brokers.RedisDoorbell"
    # A Redis that does not respond must not block the sender; a listener waits for a second.
    Q_CLUSTER["redis"] = (
        BROKER + ("&" if "?" in BROKER else "?") + "socket_connect_timeout=1&socket_timeout=3"
    )

# Counters shared by all web processes: in Redis if there is one, otherwise in a file beside the database, so
# that each host counts separately.
CACHES = {
    "default": {"BACKEND": "audiomusic.server.cache.SqliteCache", "LOCATION": DATA_DIR / "cache.sqlite3"}
    if BROKER == "orm"
    else {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": BROKER,
        "OPTIONS": {
            "serializer": "audiomusic.server.json_values.JsonSerializer",  # Django's own unpickles values
            "socket_connect_timeout": 1,
            "socket_timeout": 1,
        },
    },
}

# How many calls each user may make: 60/min, 5/s, 1000/h, 9000/day, or off. Each name has its own counter.
_REWORK_RATE = env.str("AUDIOMUSIC_RATE_REWORK", "10/min")
_EDIT_RATE = env.str("AUDIOMUSIC_RATE_EDIT", "3/min")
RATE_LIMITS = {
    "generation": env.str("AUDIOMUSIC_RATE_GENERATION", "60/min"),
    "draft": env.str("AUDIOMUSIC_RATE_DRAFT", "30/min"),
    "marks": env.str(
        "AUDIOMUSIC_RATE_MARKS", "120/min"
    ),  # syllables and rhymes beside lyrics as the user types
    **dict.fromkeys(("retry", "retake", "analyze"), _REWORK_RATE),
    **dict.fromkeys(("repaint", "extend", "edit"), _EDIT_RATE),
    "revise": env.str("AUDIOMUSIC_RATE_REVISE", "20/min"),
    "lrc": env.str("AUDIOMUSIC_RATE_LRC", "20/min"),
    "upload": env.str("AUDIOMUSIC_RATE_UPLOAD", "20/min"),
    "webhook": env.str("AUDIOMUSIC_RATE_WEBHOOK", "10/min"),  # sending a test event or an event again
    "player": env.str("AUDIOMUSIC_RATE_PLAYERS", "6000/min"),  # music players fetch a whole library at once
    "read": env.str("AUDIOMUSIC_RATE_READ", "600/min"),  # everything else
}

# Other sites whose pages may read the API and audio with their own key: https://player.example.org
CORS_ORIGINS = env.list("AUDIOMUSIC_CORS_ORIGINS", default=[])
CORS_ALLOWED_ORIGINS = [
    origin for origin in CORS_ORIGINS if is_origin(origin)
]  # audiomusic.checks reports the others
CORS_URLS_REGEX = cors_paths(CORS_ALLOWED_ORIGINS)
CORS_ALLOW_CREDENTIALS = False  # no cookies: a page must send its own key
CORS_ALLOW_HEADERS = ALLOWED_HEADERS
CORS_EXPOSE_HEADERS = EXPOSED_HEADERS

METRICS_KEY = env.str("AUDIOMUSIC_METRICS_KEY", "")  # required to read /metrics; empty: only this machine can
PAGE_RATE = env.str("AUDIOMUSIC_RATE_PAGES", "600/min")  # per user, or per address of a visitor

# The API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "audiomusic.accounts.authentication.ApiKeyAuthentication",
        "audiomusic.accounts.authentication.JwtAuthentication",
        "audiomusic.accounts.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["audiomusic.accounts.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["audiomusic.http.throttling.ScopeThrottle"],
    "NUM_PROXIES": int(PROXIES) if PROXIES.isdecimal() else 0,
    "DEFAULT_RENDERER_CLASSES": ["audiomusic.http.renderers.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["audiomusic.http.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "audiomusic.http.openapi.ApiSchema",
    "EXCEPTION_HANDLER": "audiomusic.http.errors.api_exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": False,
    "STRICT_JSON": True,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is the audio format, never the response format
}
KNOX_TOKEN_MODEL = "accounts.ApiKey"
MIGRATION_MODULES = {"knox": None}  # knox's own table would be empty and would block PostgreSQL's flush
REST_KNOX = {"TOKEN_PREFIX": "ap_", "TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Bearer"}
SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "UPDATE_LAST_LOGIN": True,
    "CHECK_REVOKE_TOKEN": True,  # changing the password revokes them
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AudioMusic",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "DEFAULT_GENERATOR_CLASS": "audiomusic.http.openapi.KeptGenerator",
    "COMPONENT_SPLIT_PATCH": False,
    "PATH_CONVERTER_OVERRIDES": {"row_id": {"type": "integer"}},
    "POSTPROCESSING_HOOKS": ["audiomusic.http.openapi.finish"],
    **({"SERVERS": [{"url": _PUBLIC.path}]} if _PUBLIC.path else {}),
    "TAGS": [
        {"name": "generation", "description": "Make music. The response is a queued job."},
        {"name": "score-first", "description": "Write a song as a score first, change it, then record it."},
        {"name": "tools", "description": "Edit a song that you have, or audio that you upload."},
        {"name": "jobs", "description": "Follow, find, change, stop and delete your jobs."},
        {"name": "likes", "description": "Like and dislike songs."},
        {"name": "playlists", "description": "Songs in your own order."},
        {"name": "smart lists", "description": "Searches that you saved under a name."},
        {"name": "tags", "description": "Your own words to find songs by."},
        {"name": "webhooks", "description": "Call your own program when a job ends."},
        {"name": "music", "description": "Presets for requests, and the server's capabilities."},
        {"name": "credits", "description": "Your balance and your charges."},
        {"name": "wallet", "description": "The same balance, in cents."},
        {"name": "account", "description": "Your account, and the keys for your programs."},
    ],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # the largest legitimate request (lyrics) is under 50 kB
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000  # a music player sends one field per song of a playlist

# Language and time
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "audiomusic.http.redaction.RedactingFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {"one_line": {"()": "audiomusic.http.redaction.DropTraceback"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django-q": {"level": "WARNING"},  # otherwise four lines per message; the job has the result
        "django.security.DisallowedHost": {"filters": ["one_line"]},
        "waitress": {"level": "WARNING"},  # otherwise a line for each client that leaves early
        "waitress.queue": {"level": "ERROR"},  # otherwise a line for each request that waits for a thread
        # At each start torchao warns about kernels for other GPUs, and other packages warn about parts it
        # removed.
        "torchao": {"level": "ERROR"},
        "diffusers.quantizers.torchao": {"level": "ERROR"},
        "torch.utils._pytree": {"level": "ERROR"},
    },
}
