"""What staff see of the queue's own rows: what no job shows, and nothing misleading."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success

from audiomusic.accounts.groups import READ_ONLY
from audiomusic.accounts.models import User

pytestmark = pytest.mark.django_db
LIST = reverse("admin:django_q_failure_changelist")
TOLD = "database is locked : Traceback (most recent call last): in run_pending_jobs"


@pytest.fixture
def failure():
    now = timezone.now()
    return Failure.objects.create(
        id="0a", name="make songs", func="jobs.tasks.make_next", result=TOLD, success=False, started=now,
        stopped=now,
    )  # fmt: skip


@pytest.fixture
def looker(client):
    user = User.objects.create_user("vera", password="correct horse", is_staff=True)
    user.groups.add(Group.objects.get(name=READ_ONLY))
    client.force_login(user)
    return client


def test_who_may_look_reads_what_a_worker_stumbled_over(looker, failure):
    assert TOLD in looker.get(LIST).content.decode()
    assert TOLD in looker.get(reverse("admin:django_q_failure_change", args=[failure.pk])).content.decode()


@pytest.mark.parametrize("action", ["resubmit_task", "delete_selected"])
def test_nobody_runs_it_again_or_deletes_it(client, staff, failure, action):
    """Running it again would only wake the workers, and anyone with view permission could do so."""
    client.force_login(staff)
    client.post(LIST, {"action": action, "_selected_action": [failure.pk]})
    assert Failure.objects.filter(pk=failure.pk).exists()
    assert not OrmQ.objects.exists()
    assert client.post(reverse("admin:django_q_failure_delete", args=[failure.pk])).status_code == 403


@pytest.mark.parametrize("model", [OrmQ, Schedule, Success])
def test_what_tells_nothing_has_no_page(client, staff, model):
    assert not admin.site.is_registered(model)
    client.force_login(staff)
    assert client.get(f"/admin/django_q/{model._meta.model_name}/").status_code == 404
