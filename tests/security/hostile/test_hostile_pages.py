"""User text is plain text on every page: it opens no tag, adds no attribute, and becomes no address."""

import itertools
import re
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import quote as quote_pk
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client, RequestFactory
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task
from django_q.signing import SignedPackage

from audiomusic.accounts.models import (
    ExternalIdentity,
    IdempotentResponse,
    Passkey,
    RecoveryCode,
    RefreshTokenFamily,
    User,
    UserSession,
)
from jobs.analysis.models import AnalysisOrder
from jobs.heartbeat import heartbeat_write
from jobs.history.models import EventKind
from jobs.history.services import job_event_record
from jobs.models import FILE_MODELS, DraftOrder, Job, OrphanFolder, SearchWord
from jobs.staff.actions import JOB_ACTIONS
from jobs.storage.files import delete_files
from jobs.uploads.models import SourceFile, SourceUse
from library.listening.models import Listening, PlayQueue
from library.selection.models import PendingDeletion
from library.views.rework_forms import REWORK_FORMS
from presets.models import Adapter, Preset
from tests.security.test_links import KINDS, link_of
from tests.support.addresses import ADDRESSES, EVERYTHING, PAGES
from tests.support.authenticator import Authenticator
from tests.support.markup import HOSTILE, MARK, NOT_OURS, foreign, is_seen, lace
from tests.support.recordings import SCORE, recorded, with_score
from tests.support.studio_songs import kept_document

pytestmark = pytest.mark.django_db

HOLE = re.compile(r"<(?:\w+:)?(\w+)>")
ADMIN = [address for address in EVERYTHING if address.route.startswith("/admin/")]
#: The site's pages that show no user text.
WORDLESS = {"sign-in", "sign-up", "estimate", "lyrics-marks", "offline", "web-manifest", "service-worker"}
#: The admin's pages that show none: empty forms, and rows whose names are generated.
WORDLESS_IN_ADMIN = {
    "password_change", "password_change_done",
    "accounts_creditentry_add", "accounts_user_add", "auth_group_add",
    "presets_adapter_add", "presets_preset_add", "jobs_audiofile_changelist", "jobs_audiofile_change",
    "jobs_scorefile_changelist", "jobs_scorefile_change",
}  # fmt: skip
#: These addresses have no page, or lead to another object's page.
NOTHING_THERE = {"view_on_site", ""}
#: Fields of the site's forms; a refused form shows each value again.
FIELDS = (
    "username", "password", "password1", "password2", "old_password", "new_password1", "new_password2",
    "email", "next", "name", "scopes", "expires", "url", "events", "days", "prompt", "lyrics", "duration",
    "kind", "batch_size", "model_version", "q", "confirmed",
)  # fmt: skip
#: Query parameters of the site's pages.
QUERIES = ("search", "genre", "sort_by", "page", "from")
ADMIN_QUERIES = ("q", "_changelist_filters", f"{MARK}__exact")


@pytest.fixture
def world(belongings, owner, staff, job_row):
    """Rows of every model with hostile text in all fields, except for the staff user who views them."""
    song = belongings.song
    _write_hostile_score(song.takes.get())
    recorded(song, 2, score=SCORE | {"title": HOSTILE})
    made = job_row(owner, status="PROCESSING", source_job=song, started_at=timezone.now(), lease_owner="x")
    trial = job_row(staff, status="FAILED", error_code="x")
    Group.objects.create(name="x")
    Adapter.objects.create(name="x", folder="/x")
    Preset.objects.exclude(pk__in=Preset.objects.values("pk")[:3]).delete()  # a few are enough
    job_event_record(job=song, kind=EventKind.STARTED)
    job_event_record(job=song, kind=EventKind.FAILED, detail="x")
    OrphanFolder.objects.create(job_id=song.id, folder="x", look_at=timezone.now())
    IdempotentResponse.objects.create(user=owner, key="x")
    DraftOrder.objects.create(request={"query": "x"})
    AnalysisOrder.objects.create(user=owner, subject="x", url="x")
    Listening.objects.create(user=owner, take=song.takes.first(), play_count=1)
    PlayQueue.objects.create(user=owner, changed_at=timezone.now(), changed_by="x")
    PendingDeletion.objects.create(job=made, due_at=timezone.now() + timedelta(days=1))
    SourceUse.objects.create(job=made, source=SourceFile.objects.get())
    Passkey.objects.create(
        user=owner, name="x", credential_id="x", credential_data=Authenticator().attested()
    )
    RecoveryCode.objects.create(user=owner, digest="x")
    ExternalIdentity.objects.create(user=owner, issuer="x", subject="x")
    soon = timezone.now() + timedelta(days=1)
    UserSession.objects.create(session_key="x", user=owner, user_agent="x", expire_date=soon)
    RefreshTokenFamily.objects.create(family_id="x", user=owner, expires_at=soon)
    heartbeat_write()
    _queue_rows()
    SearchWord.objects.create(user=song.user, word="harbour")
    for model in admin.site._registry:
        for row in model._default_manager.all():
            LogEntry.objects.create(
                user=staff, content_type=ContentType.objects.get_for_model(model), object_id=row.pk,
                object_repr="x", action_flag=CHANGE, change_message="x",
            )  # fmt: skip
    lace(but=[staff])
    yield SimpleNamespace(ids=belongings.ids, song=song, trial=trial, share=belongings.share)
    delete_files(
        [name for model in FILE_MODELS for name in model.objects.values_list("storage_name", flat=True)]
    )


def _write_hostile_score(take):
    """Replace the take's score with a hostile one that its page can show."""
    score = kept_document(words=[(1.0, 1.2, HOSTILE), (1.25, 1.6, HOSTILE)], title=HOSTILE)
    score["exact"]["plan"] = {}  # as in the score of a song that can be reworked
    for line in score["vocals"]:
        line["syllables"] = [[*row[:3], HOSTILE, *row[4:]] for row in line["syllables"]]
    for section in score["sections"]:
        section["label"] = HOSTILE
    take.score_files.all().delete()
    with_score(take, score)


def _queue_rows():
    """Create django-q's rows for messages that wait, succeeded or failed."""
    times = {"started": timezone.now(), "stopped": timezone.now()}
    for success in (True, False):
        Task.objects.create(
            id=f"{success}", name="x", func="x", args=(HOSTILE,), kwargs={"x": HOSTILE}, result=HOSTILE,
            success=success, **times,
        )  # fmt: skip
    Schedule.objects.create(name="x", func="x")
    message = {"id": HOSTILE, "name": HOSTILE, "func": HOSTILE, "args": (HOSTILE,), "kwargs": {}}
    OrmQ.objects.create(key="audiomusic", payload=SignedPackage.dumps(message), lock=timezone.now())


@pytest.fixture
def clients(owner, staff):
    stranger, mine, mighty = Client(), Client(), Client()
    mine.force_login(owner)
    mighty.force_login(staff)
    session = mine.session
    session["browser"] = HOSTILE
    session.save()
    return stranger, mine, mighty


def page_of(answer, address):
    """Return the text of a page after checking that users' markup is not in it; empty for other responses."""
    assert answer.status_code < 500, address
    disposition = answer.headers.get("Content-Disposition", "")
    assert not set("<>") & set(disposition), address
    assert not {name for name in answer.headers if MARK in name.lower()}, address
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        assert answer["X-Content-Type-Options"] == "nosniff", address
        return ""
    page = answer.content.decode()
    assert foreign(page) == [], address
    return page


def rows_at(address):
    """Return the row ids for an admin page: every job for the job page, otherwise one row of its model."""
    _, _, app, model, *_ = address.route.split("/")
    model = apps.get_model(app, model)
    rows = model._default_manager.exclude(**{"username": "stella"} if model is User else {})
    return [
        quote_pk(pk)
        for pk in rows.values_list("pk", flat=True)[: None if address.name == "jobs_job_change" else 1]
    ]


def admin_paths(address, world):
    """Return every path of the address, with its parameters filled in."""
    if "(?P" in address.route:
        labels = {model._meta.app_label for model in admin.site._registry}
        return [f"/admin/{label}/" for label in labels] if address.name == "app_list" else ["/admin/nowhere"]
    values = {
        "content_type_id": [ContentType.objects.get_for_model(Job).pk],
        "id": [world.song.user_id],
        "job_id": [world.trial.pk if "trial" in address.name else world.song.pk],
        "preset_id": Preset.objects.values_list("pk", flat=True)[:1],
        "delivery_id": [world.ids["delivery_id"]],
        "name": JOB_ACTIONS,
    }
    names = HOLE.findall(address.route)
    if "object_id" in names:
        values["object_id"] = [world.song.pk] if "content_type_id" in names else rows_at(address)
        assert values["object_id"], f"{address.route}: there is no such row, make one in `world`"
    ways = itertools.product(*(values[name] for name in names))
    return [HOLE.sub("{}", address.route).format(*way) for way in ways]


def test_every_model_has_a_row(world):
    """Otherwise its text would not be tested."""
    ours = [model for model in apps.get_models() if model._meta.app_label not in NOT_OURS]
    assert not [model for model in ours if not model._base_manager.exists()]


def test_no_words_become_markup_on_a_page(clients, world):
    seen = set()
    for client in clients[:2]:
        for address in PAGES:
            answer = client.get(address.fill(world.ids))
            page = page_of(answer, address)
            assert answer.status_code in (200, 302, 401, 405), address
            if client is clients[1] and answer.status_code == 200 and page:
                seen |= {address.name} if is_seen(page) else set()
                assert is_seen(page) != (address.name in WORDLESS), address
    assert len(seen) >= 10
    for job in Job.objects.all():
        for path in (f"/tracks/{job.id}", f"/tracks/{job.id}/row", f"/create?from={job.id}"):
            page = page_of(clients[1].get(path), path)
            assert is_seen(page) or job.id == world.trial.id, path


def test_no_words_become_markup_for_those_who_hold_a_link(clients, world):
    page = page_of(clients[0].get(f"/s/{world.share.token}"), "shared")
    assert is_seen(page)
    for kind in (kind for kind, (room, *_) in KINDS.items() if room != "archive"):  # needs all stems
        answer = clients[0].get(link_of(world.song.takes.get(index=2), kind) + "?download=1")
        assert answer.status_code == 200 and page_of(answer, kind) == ""


def test_the_api_sends_no_page(clients, world):
    for address in ADDRESSES:
        if address.is_api:
            assert page_of(clients[1].get(address.fill(world.ids)), address) == ""


def test_no_words_become_markup_in_the_admin(clients, world):
    seen, pages = set(), set()
    for address in ADMIN:
        for path in admin_paths(address, world):
            answer = clients[2].get(path)
            page = page_of(answer, path)
            assert answer.status_code in (200, 302, 403, 405) or address.name in NOTHING_THERE, path
            pages |= {address.name} if answer.status_code == 200 and page else set()
            seen |= {address.name} if is_seen(page) else set()
    assert len(pages) > 50
    assert pages - seen == WORDLESS_IN_ADMIN
    User.objects.filter(pk=world.song.user_id).update(is_staff=True, is_superuser=True)
    assert is_seen(page_of(clients[1].get("/admin/"), "greeted by a hostile name"))


def test_no_words_become_markup_where_an_action_is_confirmed(clients, world, staff):
    request = RequestFactory().get("/admin/")
    request.user = staff
    told = 0
    for model, model_admin in admin.site._registry.items():
        listed = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for action in model_admin.get_actions(request):
            chosen = list(model._default_manager.exclude(pk=staff.pk).values_list("pk", flat=True)[:5])
            form = {"action": action, ACTION_CHECKBOX_NAME: chosen, "index": 0}
            answer = clients[2].post(listed, form, follow=True)
            page = page_of(answer, (listed, action))
            assert answer.status_code == 200, (listed, action)
            told += is_seen(page)
    assert told > 10


def test_what_a_form_refuses_is_given_back_as_words(clients, owner, world):
    form = dict.fromkeys(FIELDS, HOSTILE)
    given_back = set()
    for address in PAGES:
        if not address.parameters:
            clients[1].force_login(owner)  # one of the forms signs out
            for client in clients[:2]:
                page = page_of(client.post(address.route, form), address)
                given_back |= {address.name} if is_seen(page) else set()
    assert given_back >= {"sign-in", "sign-up", "account-keys", "account-password", "webhooks"}


@pytest.mark.parametrize("tool", REWORK_FORMS)
def test_what_a_tool_refuses_is_given_back_as_words(clients, world, tool):
    path = f"/tracks/{world.song.id}/work/{tool}"
    fields = clients[1].get(path).context["form"].fields
    for more in ({}, {"price": "1"}):
        page = page_of(clients[1].post(path, dict.fromkeys(fields, HOSTILE) | more), path)
        assert page and (more or is_seen(page))


def test_what_a_form_of_the_admin_refuses_is_given_back_as_words(clients, world):
    given_back = set()
    for address in ADMIN:
        is_form = address.name.endswith(("_add", "_change", "_credits", "_rates", "password_change"))
        for path in admin_paths(address, world)[:1] if is_form else ():
            context = clients[2].get(path).context or {}
            form = context.get("adminform") or context.get("form")
            if form:
                fields = getattr(form, "form", form).fields
                page = page_of(clients[2].post(path, dict.fromkeys(fields, HOSTILE)), path)
                given_back |= {address.name} if is_seen(page) else set()
    assert given_back >= {"accounts_user_add", "accounts_user_credits", "presets_preset_change"}


def test_no_address_becomes_markup(clients, world):
    """Query values appear in input fields, in links to the next page, and in "not found" messages."""
    words = quote(HOSTILE)
    for door in ("/sign-in", "/sign-up", "/admin/login/"):
        page_of(clients[0].get(f"{door}?next={words}"), door)
    for path, name in itertools.product(("/", "/create", "/queue", "/api/docs"), QUERIES):
        page_of(clients[1].get(f"{path}?{name}={words}"), (path, name))
    for address, name in itertools.product(ADMIN, ADMIN_QUERIES):
        if address.name.endswith("_changelist"):
            page_of(clients[2].get(f"{address.route}?{name}={words}"), (address, name))
    for path in ("/nowhere/", "/tracks/", "/s/", "/api/v1/", "/admin/", "/admin/jobs/job/", "/audio/"):
        for client in clients:
            page_of(client.get(path + words), path)


def test_a_host_name_is_not_repeated(client, db):
    answer = client.get("/sign-in", headers={"Host": f"<{MARK}>"})
    assert answer.status_code == 400 and MARK not in page_of(answer, "host")


@pytest.mark.parametrize("link", [f"javascript:{MARK}()", f"data:text/html,<{MARK}>", f"//{MARK}.example/"])
def test_a_picture_has_an_address_of_the_web(client, owner, job_row, link):
    """A cover's link is the only foreign address that a page makes the browser open."""
    client.force_login(owner)
    asked = {"thumbnail_url": link}
    path = f"/api/v1/music/jobs/{job_row(owner).id}"
    assert client.patch(path, asked, content_type="application/json").status_code == 400
