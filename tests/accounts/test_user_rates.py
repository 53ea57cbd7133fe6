"""Rate limits of one user that override the server's."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from audiomusic.accounts.models import User
from audiomusic.accounts.services import user_rates_set
from audiomusic.http.throttling import rate_for

JOBS = "/api/v1/music/jobs"


@pytest.fixture
def api(owner, client_of):
    return client_of(owner)


@pytest.fixture
def limited_reads(settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"read": "2/min"}


def statuses(api, count=4):
    return [api.get(JOBS).status_code for _ in range(count)]


def test_the_servers_rate_counts_where_a_user_has_none(api, limited_reads):
    assert statuses(api) == [200, 200, 429, 429]


def test_a_user_may_call_more_often_and_another_less(api, owner, other, limited_reads):
    user_rates_set(user=owner, rates={"read": "3/min"})
    assert statuses(api) == [200, 200, 200, 429]
    assert api.get(JOBS).headers["X-RateLimit-Limit"] == "3"


def test_off_lifts_the_limit(api, owner, limited_reads):
    user_rates_set(user=owner, rates={"read": "off"})
    assert statuses(api) == [200] * 4


def test_pages_have_one_too(client, owner, settings):
    settings.PAGE_RATE = "100/min"
    user_rates_set(user=owner, rates={"pages": "1/min"})
    client.force_login(owner)
    assert [client.get(reverse("account")).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("rates", [{"read": "often"}, {"sleep": "1/min"}])
def test_what_is_no_rate_is_refused(owner, rates):
    with pytest.raises(ValueError, match="Expected"):
        user_rates_set(user=owner, rates=rates)
    assert User.objects.get(pk=owner.pk).rate_limits == {}


@pytest.mark.parametrize("junk", ["often", 7, None])
def test_a_rate_that_cannot_be_read_shuts_nobody_out(junk):
    assert rate_for("read", "2/min", {"read": junk}).calls == 2


def test_staff_change_rates_and_the_log_says_so(client, staff, owner):
    client.force_login(staff)
    page = reverse("admin:accounts_user_rates", args=[owner.pk])
    assert "Song requests" in client.get(page).content.decode()
    assert client.post(page, {"generation": "5/min", "read": ""}).status_code == 302
    owner.refresh_from_db()
    assert owner.rate_limits == {"generation": "5/min"}
    shown = client.get(reverse("admin:accounts_user_change", args=[owner.pk])).content.decode()
    assert "5/min (default" in shown


def test_a_wrong_rate_is_said_beside_its_field(client, staff, owner):
    client.force_login(staff)
    page = reverse("admin:accounts_user_rates", args=[owner.pk])
    assert "Expected a rate such as 60/min" in client.post(page, {"read": "often"}).content.decode()
    owner.refresh_from_db()
    assert owner.rate_limits == {}


def test_who_may_not_change_users_changes_no_rate(client, owner, viewer):
    client.force_login(viewer)
    page = reverse("admin:accounts_user_rates", args=[owner.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"read": "1/min"}).status_code == 403
    client.force_login(owner)
    assert client.post(page, {"read": "1/min"}).status_code == 302
    owner.refresh_from_db()
    assert owner.rate_limits == {}


@pytest.fixture
def viewer(db):
    user = User.objects.create_user("vera", password="correct horse", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_user"))
    return user
