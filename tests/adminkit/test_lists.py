"""Parts of the admin's lists: cells that name their column, date ranges, the contents of a user's page."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils.safestring import SafeString

from audiomusic.adminkit.template_tags import labelled
from library.models import Reaction


def test_a_cell_says_which_column_it_is():
    headers = [{"text": SafeString('<input type="checkbox">')}, {"text": "user <b>"}, {"text": "made"}]
    cells = [
        '<td class="action-checkbox">x</td>',
        '<td class="nowrap"><td></td>',
        "<th>y</th>",
        "<td>pk</td>",
    ]
    assert labelled(cells, headers[:1])[0] == '<td data-label="" class="action-checkbox">x</td>'
    _, user, made, hidden = labelled(cells, headers)
    assert "<b>" not in user and made == '<th data-label="Made">y</th>'
    assert hidden == '<td data-label="">pk</td>'


LISTS = ("accounts_creditentry", "accounts_securityevent", "jobs_sourcefile", "jobs_job")


@pytest.mark.parametrize("model", LISTS)
def test_a_range_of_days_narrows_a_list_and_says_what_it_expects(client, staff, model):
    client.force_login(staff)
    page = reverse(f"admin:{model}_changelist")
    field = "at" if "event" in model else "created_at"
    shown = client.get(page, {f"{field}__gte": "2026-11-22", f"{field}__lt": "2027-01-01"})
    assert shown.status_code == 200
    assert "from 2026-11-22 before 2027-01-01" in shown.content.decode()
    assert "Past 7 days" in shown.content.decode()
    assert client.get(page, {f"{field}__gte": "soon"}).headers["Location"] == f"{page}?e=1"


@pytest.mark.parametrize("model", ["library_listening", "library_sharelink", "library_reaction"])
def test_what_users_keep_is_found_by_song_or_user_and_cannot_be_changed(client, staff, owner, model):
    client.force_login(staff)
    page = reverse(f"admin:{model}_changelist")
    for words in ("", "7", "olive", "x\0", "9" * 30):
        assert client.get(page, {"q": words}).status_code == 200
    assert client.get(reverse(f"admin:{model}_add")).status_code == 403
    assert not Reaction.objects.exists()


def test_a_users_page_shows_each_room_that_staff_may_see(client, staff, owner):
    page = reverse("admin:accounts_user_change", args=[owner.pk])
    client.force_login(staff)
    shown = client.get(page).context["panels"]
    assert [panel.title for panel in shown] == [
        "Credits", "Rate limits", "Songs", "Storage and uploads", "Library", "API keys", "Music players",
        "Share links", "Second factors", "Sessions", "Security log",
    ]  # fmt: skip


def test_who_may_see_users_alone_sees_no_others_rooms(client, owner, django_user_model):
    looker = django_user_model.objects.create_user("meg", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(looker)
    shown = client.get(reverse("admin:accounts_user_change", args=[owner.pk])).context["panels"]
    assert [panel.title for panel in shown] == ["Rate limits", "Second factors", "Sessions"]
