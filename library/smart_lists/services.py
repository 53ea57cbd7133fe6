"""All writes of smart lists, for the API and pages."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.credits.ledger import account_lock
from audiomusic.accounts.models import User
from library.query.browse import ORDERS
from library.query.filters import JobFilterSet
from library.smart_lists.models import NAME_CHARS, SmartList
from library.smart_lists.selectors import CONDITIONS, smart_lists_of

MOST_SMART_LISTS = 100  # per user
CONDITION_CHARS = 200  # per condition


class SmartListInvalid(ValueError):
    """The name or a condition is invalid; `field` names it, and the message says why."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class SmartListsFull(Exception):
    """Too many smart lists; the message says so."""


@transaction.atomic
def smart_list_create(*, user: User, name: str, conditions: Mapping[str, str], order: str) -> SmartList:
    """Save a search. Raises SmartListInvalid, SmartListsFull."""
    values = {"name": _name(name), "conditions": _conditions(conditions), "order": _order(order)}
    account_lock(user=user)  # one at a time, so that the count is correct
    if smart_lists_of(user).count() >= MOST_SMART_LISTS:
        raise SmartListsFull(
            f"Expected at most {MOST_SMART_LISTS} smart lists, got one more: delete one first."
        )
    return SmartList.objects.create(user=user, **values)


@transaction.atomic
def smart_list_update(
    *,
    smart_list: SmartList,
    name: str | None = None,
    conditions: Mapping[str, str] | None = None,
    order: str | None = None,
) -> SmartList:
    """Change the name, conditions or order; None keeps it. Raises SmartListInvalid."""
    if name is not None:
        smart_list.name = _name(name)
    if conditions is not None:
        smart_list.conditions = _conditions(conditions)
    if order is not None:
        smart_list.order = _order(order)
    smart_list.changed_at = timezone.now()
    smart_list.save(update_fields=["name", "name_key", "conditions", "order", "changed_at"])
    return smart_list


def smart_list_delete(*, smart_list: SmartList) -> None:
    """Delete the list but not its songs. Repeating this is harmless."""
    SmartList.objects.filter(pk=smart_list.pk).delete()


def _name(name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > NAME_CHARS:
        raise SmartListInvalid(
            "name", f"Expected a name of 1 to {NAME_CHARS} characters, got {len(stripped)}."
        )
    return stripped


def _conditions(conditions: Mapping[str, str]) -> dict[str, str]:
    """Return the validated conditions in the order of the filters, as written."""
    if unknown := [name for name in conditions if name not in CONDITIONS]:
        names = ", ".join(CONDITIONS)
        raise SmartListInvalid("conditions", f"Expected conditions among {names}, got {unknown[0][:60]!r}.")
    return {name: _condition(name, conditions[name]) for name in CONDITIONS if conditions.get(name)}


def _condition(name: str, text: str) -> str:
    if len(text) > CONDITION_CHARS:
        sentence = f"Expected at most {CONDITION_CHARS} characters for {name}, got {len(text)}."
        raise SmartListInvalid("conditions", sentence)
    try:
        JobFilterSet.form_fields()[name].clean(text)
    except forms.ValidationError as error:
        raise SmartListInvalid("conditions", f"{name}: {' '.join(error.messages)}") from None
    return text


def _order(order: str) -> str:
    if order not in ORDERS:
        raise SmartListInvalid("order", f"Expected one of {', '.join(ORDERS)}, got {order[:60]!r}.")
    return order
