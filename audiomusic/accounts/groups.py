"""What kinds of staff there are, and what each may do in the admin.

Read-only staff look at everything. Operators also keep the service going: they retry, cancel and
delete jobs, change presets and adapters, send webhooks again, and give credits back. Administrators
may do everything; that they hold a permission also says that it was dealt out, so what somebody
takes from the other two by hand stays taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed

READ_ONLY = "Read-only staff"
OPERATORS = "Operators"
ADMINISTRATORS = "Administrators"
GROUPS = (READ_ONLY, OPERATORS, ADMINISTRATORS)

#: What operators may do beyond looking: application and codename.
OPERATOR_PERMISSIONS = frozenset(
    {
        ("jobs", "change_job"),  # retry, cancel, requeue
        ("jobs", "delete_job"),  # with its files
        ("jobs", "change_webhookendpoint"),
        ("jobs", "change_webhookdelivery"),  # send again
        ("presets", "change_preset"),
        ("presets", "change_adapter"),
        ("accounts", "add_creditentry"),  # grant, refund, deduct
    }
)


def groups_of(application: str, codename: str) -> Iterable[str]:
    """The groups that hold a permission."""
    yield ADMINISTRATORS
    is_view = codename.startswith("view_")
    if is_view:
        yield READ_ONLY
    if is_view or (application, codename) in OPERATOR_PERMISSIONS:
        yield OPERATORS


def groups_sync(*, apps: Any, using: str) -> None:
    """Make the groups that are missing, and deal out the permissions that were not dealt out yet.
    `apps`: the models as they are, or as a migration knows them."""
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
    """For post_migrate. Permissions come to be after the migrations, those of one application after
    another's: they are dealt out behind the last one."""
    with_models = [config for config in installed.get_app_configs() if config.models_module is not None]
    if app_config is not with_models[-1]:
        return
    try:
        apps.get_model("auth", "Permission")
    except LookupError:  # migrated back to before there were any
        return
    groups_sync(apps=apps, using=using)
