"""Records Django's signals of sign-ins, accounts and permissions in the security log.

Signals cover the admin, pages, commands and the shell alike. Changes that send no signal (`QuerySet.update`,
SQL) are not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import Signal, receiver

from audiomusic.accounts.models import User
from audiomusic.accounts.security_log.current_request import current_request
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record

FLAGS = {"is_staff": "staff", "is_superuser": "superuser"}
WATCHED = ("password", "is_active", *FLAGS)


@receiver(user_logged_in)
def record_sign_in(user: User, request: Any = None, **kwargs: Any) -> None:
    security_event_record(kind=Kind.SIGNED_IN, user=user, request=request)


@receiver(user_logged_out)
def record_sign_out(user: User | None, request: Any = None, **kwargs: Any) -> None:
    if user is not None:
        security_event_record(kind=Kind.SIGNED_OUT, user=user, request=request)


@receiver(user_login_failed)
def record_failed_sign_in(credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    user = User.objects.filter(username=credentials.get(User.USERNAME_FIELD) or "").first()
    security_event_record(kind=Kind.SIGN_IN_FAILED, user=user, request=request)


@receiver(pre_save, sender=User)
def remember_what_was(
    instance: User, raw: bool, update_fields: frozenset[str] | None = None, **kwargs: Any
) -> None:
    """Keep the user's stored values on the instance before the save."""
    watched = [name for name in WATCHED if update_fields is None or name in update_fields]
    instance._security_before = None
    if watched and not raw and instance.pk is not None:
        instance._security_before = User.objects.filter(pk=instance.pk).values(*watched).first()
        instance._is_rehashed = _is_rehash(instance, update_fields)


def _is_rehash(user: User, update_fields: frozenset[str] | None) -> bool:
    """Return whether Django only updates the stored hash of the same password, at a sign-in."""
    is_typed = user._password is not None  # type: ignore[attr-defined]  # the stubs leave it out
    return update_fields == frozenset({"password"}) and not is_typed and user.has_usable_password()


@receiver(post_save, sender=User)
def record_account(instance: User, created: bool, raw: bool, **kwargs: Any) -> None:
    if raw:
        return
    if created:
        flags = [word for name, word in FLAGS.items() if getattr(instance, name)]
        security_event_record(kind=Kind.ACCOUNT_MADE, user=instance, detail=", ".join(flags))
        return
    before = instance._security_before or {}
    changed = {name for name, value in before.items() if getattr(instance, name) != value}
    if "password" in changed and not instance._is_rehashed:
        security_event_record(kind=_password_kind(instance), user=instance)
    if "is_active" in changed:
        kind = Kind.ACCOUNT_OPENED if instance.is_active else Kind.ACCOUNT_SHUT
        security_event_record(kind=kind, user=instance)
    if flagged := changed & set(FLAGS):
        words = (f"{FLAGS[name]}: {'yes' if getattr(instance, name) else 'no'}" for name in sorted(flagged))
        security_event_record(kind=Kind.PERMISSIONS_CHANGED, user=instance, detail=", ".join(words))


def _password_kind(user: User) -> Kind:
    """Return whether the user or someone else set the password: staff in the admin, or a person at the
    server's command line."""
    actor = getattr(current_request(), "user", None)
    is_own = actor is not None and actor.pk == user.pk
    return Kind.PASSWORD_CHANGED if is_own else Kind.PASSWORD_RESET_BY_STAFF


@receiver(post_delete, sender=User)
def record_deletion(instance: User, **kwargs: Any) -> None:
    security_event_record(kind=Kind.ACCOUNT_DELETED, user=instance)


@receiver(m2m_changed, sender=User.groups.through)
def record_groups(**signal: Any) -> None:
    _record_members("groups", Group, "name", **signal)


@receiver(m2m_changed, sender=User.user_permissions.through)
def record_user_permissions(**signal: Any) -> None:
    _record_members("permissions", Permission, "codename", **signal)


def _record_members(
    word: str, given: Any, field: str, *, instance: Any, action: str, reverse: bool, **signal: Any
) -> None:
    """Record groups or permissions that users gained or lost. `reverse`: the change was made on the group,
    for its users."""
    sign = {"post_add": "+", "post_remove": "−", "pre_clear": "−"}.get(action)
    ids = _pre_clear_ids(instance, word, reverse) if action == "pre_clear" else signal["pk_set"]
    if sign is None or not ids:
        return
    users: Iterable[User]
    names: Iterable[str]
    if reverse:
        users, names = User.objects.filter(pk__in=ids), [getattr(instance, field)]
    else:
        names = given.objects.filter(pk__in=ids).order_by(field).values_list(field, flat=True)
        users = [instance]
    detail = f"{word}: {', '.join(f'{sign}{name}' for name in names)}"
    for user in users:
        security_event_record(kind=Kind.PERMISSIONS_CHANGED, user=user, detail=detail)


def _pre_clear_ids(instance: Any, word: str, reverse: bool) -> set[int]:
    """Return the ids that are about to be removed all at once."""
    if reverse:
        return set(instance.user_set.values_list("pk", flat=True))
    related = instance.groups if word == "groups" else instance.user_permissions
    return set(related.values_list("pk", flat=True))


@receiver(m2m_changed, sender=Group.permissions.through)
def record_group_permissions(
    instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Record a change of a group's permissions, which all members share. Only within a request: `migrate`
    gives groups the permissions of each new version."""
    sign = {"post_add": "+", "post_remove": "−"}.get(action)
    if sign is None or reverse or not pk_set or current_request() is None:
        return
    names = Permission.objects.filter(pk__in=pk_set).order_by("codename").values_list("codename", flat=True)
    words = ", ".join(f"{sign}{name}" for name in names)
    security_event_record(kind=Kind.PERMISSIONS_CHANGED, detail=f"group {instance}: {words}")


def connect_factors(*, added: Signal, removed: Signal, failed: Signal, recovery_code_used: Signal) -> None:
    """Record events of second factors. `AccountsConfig.ready` passes their signals in. Each is sent with
    `user`, `request` (None outside a request) and `factor` (None if no single factor is meant)."""
    kinds = {
        Kind.FACTOR_ADDED: added,
        Kind.FACTOR_REMOVED: removed,
        Kind.FACTOR_FAILED: failed,
        Kind.RECOVERY_CODE_USED: recovery_code_used,
    }
    for kind, signal in kinds.items():
        signal.connect(_factor_receiver(kind), weak=False, dispatch_uid=f"security-log-{kind}")


def _factor_receiver(kind: Kind) -> Any:
    def record(user: User, request: Any = None, factor: Any = None, **kwargs: Any) -> None:
        name = getattr(factor, "name", "")
        security_event_record(kind=kind, user=user, request=request, detail=name)

    return record
