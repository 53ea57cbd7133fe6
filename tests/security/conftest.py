"""An owner whose every row carries a mark, so that it is seen wherever it leaks."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.utils import timezone

from audiomusic.accounts.credits.ledger import credits_grant
from audiomusic.accounts.services import key_create
from jobs.models import JobTag, SourceFile
from jobs.webhooks.models import EventType
from jobs.webhooks.services import endpoint_create, endpoint_test
from library.models import Reaction
from library.services import share_create
from tests.jobs.api.conftest import job_row  # noqa: F401
from tests.support.recordings import new_job, recorded
from tests.support.totp import add_app

MARK = "zyzzyva"  # stands in every text of the owner's
OURS = ("accounts", "jobs", "library", "presets")


@pytest.fixture
def belongings(owner, job_row):  # noqa: F811
    """Everything a user can own, each with the mark; `ids` fills the parameters of addresses."""
    marked = {name: f"{MARK} {name}" for name in ("display_name", "prompt", "lyrics")}
    song = job_row(owner, status="COMPLETED", vocal_language="cy", **marked)
    failed = job_row(owner, status="FAILED", error_code="engine_failed", error_message=MARK, **marked)
    waiting = job_row(owner, **marked)
    JobTag.objects.create(job=song, user=owner, created_at=song.created_at, kind="genre", value=MARK)
    Reaction.objects.create(job=song, user=owner, job_created_at=song.created_at, value="like")
    key, token = key_create(user=owner, name=MARK)
    endpoint = endpoint_create(user=owner, url=f"https://{MARK}.example/", events=[EventType.COMPLETED])
    delivery = endpoint_test(endpoint=endpoint)
    share = share_create(job=song, days=7)
    credits_grant(user=owner, amount=777_777, note=MARK)
    ids = {
        "job_id": song.id, "pk": key.pk, "key_id": key.pk, "endpoint_id": endpoint.pk,
        "delivery_id": delivery.pk, "share_id": share.pk,
        "kind": "app", "factor_id": add_app(owner, MARK).pk,
        "upload_id": _upload(owner).pk,
        "name": "pause",  # no object: what is to be done with one
    }  # fmt: skip
    return SimpleNamespace(ids=ids, token=token, share=share, song=song, failed=failed, waiting=waiting)


def _upload(user):
    return SourceFile.objects.create(
        user=user, origin=SourceFile.Origin.UPLOAD, storage_name=f"sources/{MARK}/sound.flac", byte_count=1,
        sha256="1", samples_sha256="2", expires_at=timezone.now() + timedelta(days=1), duration_s=1.0,
        file_name=f"{MARK}.flac", format="flac", sample_rate_hz=48_000, channels=2,
    )  # fmt: skip


@pytest.fixture
def rows():
    """rows(): every row of this project's own tables, to be compared with itself later on."""

    def read():
        models = [model for label in OURS for model in apps.get_app_config(label).get_models()]
        return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in models}

    return read


@pytest.fixture
def signed_in(client, other):
    """Another user's browser."""
    client.force_login(other)
    return client


@pytest.fixture
def heard(owner):
    """A finished song of the owner's with real sound."""
    return recorded(
        new_job(owner, display_name="Night Train", completed_at=timezone.now() - timedelta(hours=1))
    )
