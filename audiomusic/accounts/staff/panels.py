"""Panels of the admin's user page: credits, rates, keys, sign-in and events."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.timesince import timesince

from audiomusic.accounts.credits.statements import statement_of
from audiomusic.accounts.credits.usage import spent_by_day
from audiomusic.accounts.factors.services import factors_of
from audiomusic.accounts.models import ApiKey, User
from audiomusic.accounts.players.models import PlayerPassword
from audiomusic.accounts.security_log.events import SecurityEvent
from audiomusic.accounts.security_log.rows import what_words
from audiomusic.accounts.services import server_rates
from audiomusic.accounts.sessions.user_sessions import sessions_of
from audiomusic.accounts.staff.keys import last_used_words, state_words
from audiomusic.adminkit.cells import moment_cell
from audiomusic.adminkit.panels import PanelButton, PanelLink, PanelRow, UserPanel, user_panel

SHOWN = 5  # rows per panel
NEW_SHOWN = 3


@user_panel(order=10)
def credits_panel(user: User, request: HttpRequest) -> UserPanel | None:
    if not request.user.has_perm("accounts.view_creditentry"):
        return None
    statement, days = statement_of(user), spent_by_day(user)
    return UserPanel(
        "Credits",
        facts=[
            ("Available", "unlimited" if statement.unlimited else str(statement.balance)),
            ("Reserved", str(statement.reserved)),
            (f"Spent in {len(days)} days", str(sum(spent for _, spent in days))),
            ("Total spent", str(statement.spent)),
        ],
        links=[PanelLink("Ledger and adjustments", reverse("admin:accounts_user_credits", args=[user.pk]))],
    )


@user_panel(order=20)
def rates_panel(user: User, request: HttpRequest) -> UserPanel:
    own, shared = user.rate_limits, server_rates()
    return UserPanel(
        "Rate limits",
        facts=[(scope, f"{rate} (default: {shared.get(scope, '–')})") for scope, rate in own.items()],
        empty="" if own else "The server's rate limits apply to every call.",
        links=[PanelLink("All rate limits", reverse("admin:accounts_user_rates", args=[user.pk]))],
    )


def _button(model: str, row: Any) -> PanelButton:
    address = reverse(f"admin:accounts_{model}_revoke")
    return PanelButton("Revoke…", f"Revoke {row.name}", address, [("key", str(row.pk))])


@user_panel(order=50)
def keys_panel(user: User, request: HttpRequest) -> UserPanel | None:
    if not request.user.has_perm("accounts.view_apikey"):
        return None
    may = request.user.has_perm("accounts.change_apikey")
    keys = list(ApiKey.objects.filter(user=user).order_by("-id")[: SHOWN + 1])
    link = f"{reverse('admin:accounts_apikey_changelist')}?q={user.get_username()}"
    return UserPanel(
        "API keys",
        rows=[
            PanelRow(
                key.name,
                [
                    f"{key.token_key}…, {state_words(key).lower()}",
                    "full access" if "*" in key.scopes else ", ".join(key.scopes),
                    last_used_words(key) + (f" from {key.last_address}" if key.last_address else ""),
                ],
                _button("apikey", key) if may and key.revoked_at is None else None,
            )
            for key in keys[:SHOWN]
        ],
        empty="No program has a key yet.",
        links=[PanelLink("All keys", link)] if keys else [],
    )


@user_panel(order=60)
def players_panel(user: User, request: HttpRequest) -> UserPanel | None:
    if not request.user.has_perm("accounts.view_playerpassword"):
        return None
    may = request.user.has_perm("accounts.delete_playerpassword")
    return UserPanel(
        "Music players",
        rows=[
            PanelRow(
                each.name,
                [f"created {each.created_at:%-d %b %Y}", last_used_words(each)],
                _button("playerpassword", each) if may else None,
            )
            for each in PlayerPassword.objects.of_user(user)
        ],
        empty="No music player has a password.",
    )


@user_panel(order=70)
def factors_panel(user: User, request: HttpRequest) -> UserPanel:
    factors: list[Any] = list(factors_of(user))
    link = PanelLink("View or remove", reverse("admin:accounts_user_factors", args=[user.pk]))
    return UserPanel(
        "Second factors",
        rows=[
            PanelRow(
                each.name,
                [
                    f"added {each.created_at:%-d %b %Y}",
                    f"last used {timesince(each.last_used_at)} ago" if each.last_used_at else "never used",
                ],
            )
            for each in factors
        ],
        empty="This account needs only the password.",
        links=[link] if factors and request.user.has_perm("accounts.remove_factors") else [],
    )


@user_panel(order=80)
def sessions_panel(user: User, request: HttpRequest) -> UserPanel:
    sessions = sessions_of(user, this_key=None)
    more = len(sessions) - NEW_SHOWN
    return UserPanel(
        "Sessions",
        rows=[
            PanelRow(
                each.browser,
                [
                    f"from {each.last_address}" if each.last_address else "",
                    f"seen {timesince(each.last_seen_at, depth=1)} ago",
                ],
            )
            for each in sessions[:NEW_SHOWN]
        ],
        facts=[("Other sessions", str(more))] if more > 0 else [],
        empty="Not signed in anywhere.",
    )


@user_panel(order=90)
def events_panel(user: User, request: HttpRequest) -> UserPanel | None:
    if not request.user.has_perm("accounts.view_securityevent"):
        return None
    events = SecurityEvent.objects.about(user)[:SHOWN]
    link = f"{reverse('admin:accounts_securityevent_changelist')}?user__id__exact={user.pk}"
    return UserPanel(
        "Security log",
        rows=[
            PanelRow(what_words(event), [moment_cell(event.at), f"from {event.address or '–'}"])
            for event in events
        ],
        empty="No events yet.",
        links=[PanelLink("Account events", link)],
    )
