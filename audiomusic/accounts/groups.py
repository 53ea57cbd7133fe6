"""Staff groups and what each may do in the admin.

Read-only staff can view everything. Operators also keep the service running: they retry, cancel and delete
jobs, change presets and adapters, resend webhooks, and refund credits. Administrators may do everything. A
permission that they hold counts as already assigned, so what an administrator removes from the other two
groups by hand stays removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed

READ_ONLY = "Read-only staff"
OPERATORS = "Operators"
ADMINISTRATORS = "Administrators"
GROUPS = (READ_ONLY, OPERATORS, ADMINISTRATORS)

#: Operators' permissions beyond viewing: (application, codename).
OPERATOR_PERMISSIONS = frozenset(
    {
        ("jobs", "change_job"),  # retry, cancel, requeue
        ("jobs", "delete_job"),  # with its files
        ("jobs", "change_webhookendpoint"),
        ("jobs", "change_webhookdelivery"),  # resend
        ("presets", "change_preset"),
        ("presets", "change_adapter"),
        ("accounts", "add_creditentry"),  # grant, refund, deduct
    }
)


def groups_of(application: str, codename: str) -> Iterable[str]:
    """Yield the groups that hold a permission."""
    yield ADMINISTRATORS
    is_view = codename.startswith("view_")
    if is_view:
        yield READ_ONLY
    if is_view or (application, codename) in OPERATOR_PERMISSIONS:
        yield OPERATORS


def groups_sync(*, apps: Any, using: str) -> None:
    """Create missing groups and assign the permissions that were not assigned yet. `apps` holds the current
    models or, in a migration, the historical ones."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    groups = {name: Group.objects.using(using).get_or_create(name=name)[0] for name in GROUPS}
    new = Permission.objects.using(using).exclude(group=groups[ADMINISTRATORS])
    dealt: dict[str, list[int]] = {name: [] for name in GROUPS}
    for pk, application, codename in new.values_list("pk", "content_type__app_label", "codename"):
        for name in groups_of(application, codename):
            dealt[name].append(pk)
    for name, permissions in dealt.items():
        if permissions:
            groups[name].permissions.add(*permissions)


def sync_new_permissions(*, app_config: Any, using: str, apps: Any = installed, **kwargs: Any) -> None:
    """Handle post_migrate. Permissions are created after the migrations, one application at a time, so this
    acts only after the last application."""
    with_models = [config for config in installed.get_app_configs() if config.models_module is not None]
    if app_config is not with_models[-1]:
        return
    try:
        apps.get_model("auth", "Permission")
    except LookupError:  # migrated back to before permissions existed
        return
    groups_sync(apps=apps, using=using)
