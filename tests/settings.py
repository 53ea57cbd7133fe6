"""The product's settings with a temporary data folder, independent of the developer's environment."""

import os
import tempfile

for name in [name for name in os.environ if name.startswith("AUDIOMUSIC_") or name == "DATABASE_URL"]:
    del os.environ[name]
os.environ["AUDIOMUSIC_DATA_DIR"] = tempfile.mkdtemp(prefix="audiomusic-test-")
if "TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from audiomusic.settings import *  # noqa: E402, F403

INSTALLED_APPS.append("tests.support")  # noqa: F405 (its `flush`)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405

STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405

MIN_FREE_DISK = "off"  # the test machine may have a small disk

# Users of different tests have the same ids, and so share counters; tests of limits set their own.
RATE_LIMITS = dict.fromkeys(RATE_LIMITS, "off")  # noqa: F405
PAGE_RATE = "off"
