from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class AudioMusicConfig(AppConfig):
    name = "audiomusic"
    label = "audiomusic"

    def ready(self) -> None:
        from django.core.signals import setting_changed
        from django.db.backends.signals import connection_created

        from audiomusic import checks  # noqa: F401  (registers itself)
        from audiomusic.db.waits import bound_waits

        configure_engines()
        setting_changed.connect(_reconfigure)
        connection_created.connect(bound_waits)


class StaffAdminConfig(AdminConfig):
    """Django's admin, with a site of our own."""

    default_site = "audiomusic.admin.StaffSite"


def configure_engines() -> None:
    """Hand the settings to the engines, which know no Django."""
    from django.conf import settings

    from audiomusic.engines.registry import configure_engine

    configure_engine(
        "acestep",
        folder=settings.ACESTEP_DIR,
        planner_folder=settings.ACESTEP_PLANNER_DIR,
        device=settings.ACESTEP_DEVICE,
        dtype=settings.ACESTEP_DTYPE,
        compiled=settings.ACESTEP_COMPILE,
        batch_s=float(settings.ACESTEP_BATCH_S) if settings.ACESTEP_BATCH_S.isdecimal() else 480.0,
    )


def _reconfigure(*, setting: str, **kwargs: Any) -> None:
    if setting.startswith("ACESTEP_"):
        configure_engines()
