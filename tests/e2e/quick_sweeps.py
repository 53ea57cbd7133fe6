"""The product's settings, for a server whose workers check more often for failures, so that tests wait
less."""

from django.apps import AppConfig

from audiomusic.settings import *  # noqa: F403

INSTALLED_APPS += ["tests.e2e.quick_sweeps.QuickSweeps"]  # noqa: F405


class QuickSweeps(AppConfig):
    name = "tests.e2e"
    label = "quick_sweeps"

    def ready(self):
        from jobs.worker import process

        process.SWEEP_S = 2.0
