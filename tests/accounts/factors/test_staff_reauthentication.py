"""Staff: the second factor that the admin may require, and what asks for the password again."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from audiomusic.accounts.credits.ledger import balance_of
from audiomusic.accounts.factors.reauthentication import CONFIRMED_AT, FACTOR_AT
from audiomusic.accounts.factors.services import has_factor, recovery_codes_left, recovery_codes_renew
from audiomusic.accounts.models import ApiKey, User
from audiomusic.accounts.services import key_create
from jobs.models import Job
from tests.support.totp import add_app, code_of, no_longer_refused, wrong_code_of

pytestmark = pytest.mark.usefixtures("limited")
ASKED = "<h1>Confirm it’s you</h1>"


@pytest.fixture
def desk(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def stale(desk):
    session = desk.session
    session[CONFIRMED_AT] -= 3600
    session.save()
    return desk


def page(model, action="changelist", *args, app="accounts"):
    return reverse(f"admin:{app}_{model}_{action}", args=args)


def is_asked(answer):
    return ASKED in answer.content.decode()


def go_on(client, answer, **proof):
    """Answer the confirmation page, sending the fields that it carries."""
    fields = {}
    for name, value in answer.context["carried"]:
        fields.setdefault(name, []).append(value)
    return client.post(answer.context["action"], fields | (proof or {"confirm_password": "correct horse"}))


def user_form(user, **changes):
    form = {"username": user.username, "email": user.email, "is_active": "on"}
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    inline = {f"auth_token_set-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    return form | joined | inline | changes


def test_the_admin_opens_without_a_factor_by_default(desk):
    assert desk.get("/admin/").status_code == 200


def test_where_one_is_required_staff_are_led_to_add_one(desk, staff, settings):
    settings.STAFF_FACTOR = "required"
    assert desk.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    answer = desk.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/account#factors-section"
    assert "The admin needs a second factor" in answer.content.decode()
    assert desk.get(page("user"), follow=True).redirect_chain[-1][0] == "/account#factors-section"
    desk.get("/account/factors/app")
    draft = staff.totpdevice_set.get()
    desk.post("/account/factors/app", {"name": "Phone", "code": code_of(draft)})
    assert desk.get("/admin/").status_code == 200


def test_a_session_without_the_factor_is_asked_for_it(desk, staff, settings):
    settings.STAFF_FACTOR = "required"
    app = add_app(staff)
    answer = desk.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/account/confirm?next=/admin/"
    assert is_asked(answer)
    assert is_asked(desk.post(answer.context["action"], {"confirm_password": "correct horse"}))
    assert is_asked(desk.post(answer.context["action"], {"confirm_code": wrong_code_of(app)}))
    no_longer_refused(app)
    answer = desk.post(answer.context["action"], {"confirm_code": code_of(app)}, follow=True)
    assert (answer.redirect_chain[-1][0], answer.status_code) == ("/admin/", 200)


def test_who_signed_in_with_the_factor_is_not_asked(client, staff, settings):
    settings.STAFF_FACTOR = "required"
    app = add_app(staff)
    client.post("/sign-in", {"username": "stella", "password": "correct horse", "next": "/admin/"})
    answer = client.post("/sign-in/factor", {"code": code_of(app)}, follow=True)
    assert (answer.redirect_chain[-1][0], answer.status_code) == ("/admin/", 200)


def test_a_factor_that_is_gone_shuts_the_admin_again(desk, staff, settings):
    settings.STAFF_FACTOR = "required"
    app = add_app(staff)
    session = desk.session
    session[FACTOR_AT] = session[CONFIRMED_AT]
    session.save()
    assert desk.get("/admin/").status_code == 200
    app.delete()
    assert desk.get("/admin/").status_code == 302


def test_who_is_not_staff_is_refused_as_ever(client, owner, settings):
    settings.STAFF_FACTOR = "required"
    client.force_login(owner)
    assert client.get("/admin/", follow=True).status_code == 403


def test_rights_are_given_after_the_question(stale, owner):
    asked = stale.post(page("user", "change", owner.pk), user_form(owner, is_staff="on", is_superuser="on"))
    assert is_asked(asked)
    owner.refresh_from_db()
    assert not owner.is_staff
    assert go_on(stale, asked).status_code == 302
    owner.refresh_from_db()
    assert owner.is_staff and owner.is_superuser


def test_looking_asks_nothing(stale, owner):
    for address in (page("user"), page("user", "change", owner.pk), page("user", "credits", owner.pk)):
        assert not is_asked(stale.get(address))


def test_whatever_weighs_is_asked(stale, owner, staff):
    key, _ = key_create(user=owner, name="laptop")
    job = Job.objects.create(user=owner, task="text2music", song_type="song", status="COMPLETED")
    group = Group.objects.create(name="Friends")
    add_app(owner)
    ticked = {"_selected_action": [owner.pk], "post": "yes"}
    before = balance_of(owner)
    sent = {
        page("user"): {"action": "delete_selected", **ticked},
        page("user") + "?all=": {"action": "grant_minutes", **ticked},
        page("user", "add"): {"username": "new"},
        page("user", "delete", owner.pk): {"post": "yes"},
        page("user", "credits", owner.pk): {"amount": "5", "reason": "gift"},
        page("user", "factors", owner.pk): {"sure": "yes"},
        page("user", "rates", owner.pk): {"read": "off"},
        page("creditentry", "add"): {"user": "olive", "amount": "5"},
        page("apikey", "revoke"): {"key": key.pk, "sure": "yes"},
        page("group", "change", group.pk, app="auth"): {"name": "Foes"},
        page("group", "delete", group.pk, app="auth"): {"post": "yes"},
        page("job", "action", job.id, "delete_with_files", app="jobs"): {"confirmed": "yes"},
        page("job", "action", job.id, "remove_cover", app="jobs"): {"confirmed": "yes"},
        page("job", "action", job.id, "refund", app="jobs"): {"confirmed": "yes", "reason": "x"},
        page("job", app="jobs"): {"action": "delete_with_files", "_selected_action": [job.id]},
        "/admin/password_change/": {"old_password": "correct horse"},
        reverse("admin:auth_user_password_change", args=[owner.pk]): {"password1": "velvet-groove-77"},
    }  # fmt: skip
    assert [address for address, form in sent.items() if not is_asked(stale.post(address, form))] == []
    assert (
        User.objects.count() == 2 and Job.objects.exists() and Group.objects.filter(name="Friends").exists()
    )
    assert ApiKey.objects.get().revoked_at is None
    assert has_factor(owner) and balance_of(owner) == before


def test_the_selection_of_a_list_travels_with_the_question(stale, owner, other):
    form = {"action": "grant_minutes", "_selected_action": [owner.pk, other.pk]}
    before = balance_of(owner), balance_of(other)
    answer = go_on(stale, stale.post(page("user"), form))
    assert answer.status_code == 302
    assert (balance_of(owner), balance_of(other)) == tuple(amount + 9900 for amount in before)


def test_passwords_that_staff_type_are_not_written_into_the_page(stale, owner):
    address = reverse("admin:auth_user_password_change", args=[owner.pk])
    form = {"usable_password": "true", "password1": "velvet-groove-77", "password2": "velvet-groove-77"}
    asked = stale.post(address, form)
    assert is_asked(asked) and "velvet-groove-77" not in asked.content.decode()
    answer = go_on(stale, asked)
    assert answer["Location"] == address
    assert stale.post(address, form).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("velvet-groove-77")


def test_staff_remove_the_factors_of_a_lost_phone_after_a_question(desk, owner):
    app = add_app(owner, "Lost phone")
    recovery_codes_renew(user=owner)
    address = page("user", "factors", owner.pk)
    assert address in desk.get(page("user", "change", owner.pk)).content.decode()
    shown = desk.get(address).content.decode()
    assert "Lost phone" in shown and app.key not in shown
    desk.post(address)
    assert has_factor(owner)
    answer = desk.post(address, {"sure": "yes"}, follow=True)
    assert "1 second factors of olive were removed" in answer.content.decode()
    assert (has_factor(owner), recovery_codes_left(owner)) == (False, 0)
    assert Client().post("/sign-in", {"username": "olive", "password": "correct horse"})["Location"] == "/"


@pytest.mark.parametrize("rights", [(), ("remove_factors",)])
def test_not_without_the_right_to_and_never_a_superusers(client, owner, staff, rights):
    clerk = User.objects.create_user("clerk", is_staff=True)
    names = ("view_user", "change_user", *rights)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(clerk)
    add_app(owner), add_app(staff)
    answer = client.post(page("user", "factors", owner.pk), {"sure": "yes"})
    assert answer.status_code == (302 if rights else 403)
    assert client.post(page("user", "factors", staff.pk), {"sure": "yes"}).status_code == 403
    assert has_factor(owner) == (not rights) and has_factor(staff)


def test_no_page_of_the_admin_shows_a_secret(desk, owner):
    app = add_app(owner)
    index = desk.get("/admin/").content.decode()
    assert "otp_totp" not in index
    for address in ("/admin/otp_totp/totpdevice/", f"/admin/otp_totp/totpdevice/{app.pk}/change/"):
        assert desk.get(address).status_code == 404
