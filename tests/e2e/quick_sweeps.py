"""The product's settings on a server whose workers look more often after what goes wrong: a test waits."""

from django.apps import AppConfig

from audiomusic.settings import *  # noqa: F403

INSTALLED_APPS += ["tests.e2e.quick_sweeps.QuickSweeps"]  # noqa: F405


class QuickSweeps(AppConfig):
    name = "tests.e2e"
    label = "quick_sweeps"

    def ready(self):
        from jobs.worker import process

        process.SWEEP_S = 2.0
