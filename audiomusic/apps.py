from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig

#: Serve only version 2 of django-htmx itself: comments in its extensions refer to files that do not exist,
#: and a storage that hashes file names fails on them.
NOT_COLLECTED = ("django_htmx/ext/*", "django_htmx/*-4.*")


class AudioMusicConfig(AppConfig):
    name = "audiomusic"
    label = "audiomusic"

    def ready(self) -> None:
        from django.core.signals import setting_changed
        from django.db.backends.signals import connection_created

        from audiomusic import checks  # noqa: F401  (registers itself)
        from audiomusic.db.waits import bound_waits

        configure_engines()
        # A subclass of StaticFilesConfig could do this, but pytest-django looks up Django's own by name.
        static = apps.get_app_config("staticfiles")
        static.ignore_patterns = [*static.ignore_patterns, *NOT_COLLECTED]  # type: ignore[attr-defined]
        setting_changed.connect(_reconfigure)
        connection_created.connect(bound_waits)
        gc.freeze()  # keep what is loaded out of every later garbage collection
        gc.enable()  # manage.py and the web process disable it while they load


class StaffAdminConfig(AdminConfig):
    """Django's admin app with our own site."""

    default_site = "audiomusic.admin.StaffSite"


def configure_engines() -> None:
    """Pass the settings to the engines, which do not depend on Django."""
    from django.conf import settings

    from audiomusic.engines.acestep.variants import read_trials
    from audiomusic.engines.registry import configure_engine
    from jobs.drafts.language_model import language_model_options

    language_model = language_model_options()
    configure_engine(
        "studio",
        **({"language_model": language_model} if language_model else {}),
        **({"soundfont": Path(settings.SOUNDFONT)} if settings.SOUNDFONT else {}),
    )
    configure_engine(
        "acestep",
        folder=settings.ACESTEP_DIR,
        variant=settings.ACESTEP_VARIANT,
        planner_folder=settings.ACESTEP_PLANNER_DIR,
        warms_up=settings.ACESTEP_WARM_UP,
        trials=read_trials(settings.ACESTEP_TRIALS)[0],
        device=settings.ACESTEP_DEVICE,
        dtype=settings.ACESTEP_DTYPE,
        compiled=settings.ACESTEP_COMPILE,
        memory_gib=float(settings.ACESTEP_MEMORY_GIB) if settings.ACESTEP_MEMORY_GIB.isdecimal() else None,
        quantization=settings.ACESTEP_QUANTIZATION,
        batch_s=float(settings.ACESTEP_BATCH_S) if settings.ACESTEP_BATCH_S.isdecimal() else 480.0,
    )


def _reconfigure(*, setting: str, **kwargs: Any) -> None:
    if setting.startswith(("ACESTEP_", "LLM_", "SOUNDFONT")):
        configure_engines()
