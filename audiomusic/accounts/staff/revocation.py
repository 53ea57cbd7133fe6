"""Revocation of credentials in the admin: keys, player passwords, links and webhooks. A page lists the rows
and asks for confirmation, for the list action and for the button of a single row."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from audiomusic.accounts.factors.reauthentication import ask_again
from audiomusic.accounts.factors.staff_reauthentication import AsksAgain
from audiomusic.adminkit.confirmation import Confirmation, is_confirmed, render_confirmation
from audiomusic.http.ids import row_id

SURE = "sure"  # name of the confirming button in the forms


def counted(number: int, noun: str) -> str:
    """Return a count with its noun, such as "1 key" or "3 keys"."""
    return f"{number} {noun}{pluralize(number)}"


class Revocation(AsksAgain):
    """Mixin to place before ModelAdmin. Subclasses define what a row is called, which rows are still usable,
    and how to revoke one."""

    revoked_noun = ""
    revoke_verb = "Revoke"
    revoked_words = "revoked"
    warning = ""  # what stops working
    permission = ""
    asked_again_actions: Set[str] = frozenset({"delete_selected", "revoke"})
    change_form_template = "admin/revocation/change_form.html"

    def usable(self, rows: QuerySet[Any]) -> list[Any]:
        """Return the rows that are still usable."""
        raise NotImplementedError

    def name_of(self, row: Any) -> str:
        """Return the row's name for the confirmation."""
        return str(row)

    def revoke_row(self, request: HttpRequest, row: Any) -> None:
        raise NotImplementedError

    def may_revoke(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.permission))

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.may_revoke(request)

    @property
    def _url_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_revoke"  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.revoke_view))  # type: ignore[attr-defined]
        return [path("revoke/", view, name=self._url_name), *super().get_urls()]  # type: ignore[misc]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions, with the revoke action labelled for this model."""
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        if "revoke" in actions:
            act, name, _ = actions["revoke"]
            actions["revoke"] = (act, name, f"{self.revoke_verb} the selected {self.revoked_noun}s…")
        return actions

    @admin.action(permissions=["revoke"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
        """Ask for confirmation: whatever uses a revoked row stops working immediately."""
        return self._ask(request, rows)

    def _ask(self, request: HttpRequest, rows: QuerySet[Any]) -> TemplateResponse:
        usable = self.usable(rows)
        opts = self.opts  # type: ignore[attr-defined]
        page = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        names = [self.name_of(row) for row in usable]
        what = names[0] if len(usable) == 1 else counted(len(usable), self.revoked_noun)
        plural = str(opts.verbose_name_plural)
        confirmation = Confirmation(
            title=f"{self.revoke_verb} {what}?",
            template="admin/revocation/revoke.html",
            crumbs=((plural[:1].upper() + plural[1:], page),),
            crumb=self.revoke_verb,
            back=page,
            button=f"{self.revoke_verb} {counted(len(usable), self.revoked_noun)}" if usable else "",
            field=SURE,
            hidden=tuple(("key", str(row.pk)) for row in usable),
            action_url=reverse(f"admin:{self._url_name}"),
            is_deletion=True,
        )
        return render_confirmation(
            self.admin_site,  # type: ignore[attr-defined]
            request,
            confirmation,
            opts=opts,
            names=names,
            warning=self.warning,
            noun=self.revoked_noun,
        )

    def revoke_view(self, request: HttpRequest) -> HttpResponse:
        """Revoke the listed rows if `sure` was submitted; otherwise ask. POST only."""
        if not self.may_revoke(request):
            raise PermissionDenied
        chosen = [pk for each in request.POST.getlist("key") if (pk := self.read_pk(each)) is not None]
        rows = self.get_queryset(request).filter(pk__in=chosen)  # type: ignore[attr-defined]
        if not is_confirmed(request, SURE):
            return self._ask(request, rows)
        asked = ask_again(request)
        if asked is not None:
            return asked
        usable = self.usable(rows)
        for row in usable:
            self.log_change(request, row, f"{self.revoked_words.capitalize()}.")  # type: ignore[attr-defined]
            self.revoke_row(request, row)
        were = "was" if len(usable) == 1 else "were"
        sentence = f"{counted(len(usable), self.revoked_noun)} {were} {self.revoked_words}."
        self.message_user(request, sentence, messages.SUCCESS)  # type: ignore[attr-defined]
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")  # type: ignore[attr-defined]

    def read_pk(self, text: str) -> Any:
        return row_id(text)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=self.read_pk(object_id)).first()  # type: ignore[attr-defined]
        is_open = row is not None and bool(self.usable(type(row)._default_manager.filter(pk=row.pk)))
        context = {
            "revoke_url": reverse(f"admin:{self._url_name}") if is_open and self.may_revoke(request) else "",
            "revoke_label": f"{self.revoke_verb} this {self.revoked_noun}…",
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)  # type: ignore[misc, no-any-return]
