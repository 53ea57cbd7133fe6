"""The product's settings for a server with fault injection (`bench faults`)."""

from audiomusic.settings import *  # noqa: F403

INSTALLED_APPS += ["audiomusic.bench.faults.fault_injection.apps.FaultyConfig"]  # noqa: F405
STORAGES["default"]["BACKEND"] = "audiomusic.bench.faults.fault_injection.storage.FaultyStorage"  # noqa: F405
WEBHOOK_RETRY_S = 1
