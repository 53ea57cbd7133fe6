"""The product's settings on a server that can be told to fail (`bench faults`)."""

from audiomusic.settings import *  # noqa: F403

INSTALLED_APPS += ["audiomusic.bench.faulty.apps.FaultyConfig"]  # noqa: F405
STORAGES["default"]["BACKEND"] = "audiomusic.bench.faulty.storage.FaultyStorage"  # noqa: F405
WEBHOOK_RETRY_S = 1
