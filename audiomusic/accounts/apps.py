from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save


class AccountsConfig(AppConfig):
    name = "audiomusic.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audiomusic.accounts import openapi  # noqa: F401
        from audiomusic.accounts.factors import signals  # noqa: F401
        from audiomusic.accounts.groups import sync_new_permissions
        from audiomusic.accounts.jwt import keys  # noqa: F401
        from audiomusic.accounts.security_log import signals as security_signals  # noqa: F401

        keys.install()
        security_signals.connect_factors(
            added=signals.factor_added,
            removed=signals.factor_removed,
            failed=signals.factor_failed,
            recovery_code_used=signals.recovery_code_used,
        )
        post_migrate.connect(sync_new_permissions)
        post_save.connect(open_account_of_new_user, sender="accounts.User")


def open_account_of_new_user(instance: Any, created: bool, raw: bool, **kwargs: Any) -> None:
    """Give every new user the opening grant, however the user was created."""
    from audiomusic.accounts.credits.ledger import account_open

    if created and not raw:
        account_open(user=instance)
