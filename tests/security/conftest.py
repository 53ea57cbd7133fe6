"""An owner whose every row contains a mark, so that any leak is visible."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.utils import timezone

from audiomusic.accounts.credits.ledger import credits_grant
from audiomusic.accounts.players.services import player_password_create
from audiomusic.accounts.services import key_create
from jobs.models import CoverFile, JobTag
from jobs.storage.files import delete_files
from jobs.uploads.models import SourceFile
from jobs.webhooks.models import EventType
from jobs.webhooks.services import endpoint_create, endpoint_test
from library.models import Reaction
from library.playlists.services import SongRef, playlist_create
from library.services import playlist_share_create, share_create
from library.smart_lists.services import smart_list_create
from tests.jobs.api.conftest import job_row  # noqa: F401
from tests.support.recordings import SCORE, new_job, recorded, with_score
from tests.support.totp import add_app

MARK = "zyzzyva"  # in every text of the owner
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
    score = with_score(song.takes.get(), SCORE | {"title": MARK})
    upload = SourceFile.objects.create(
        user=owner, origin="upload", file_name=MARK, format="flac", storage_name="uploads/none/sound.flac",
        expires_at=timezone.now() + timedelta(days=1), byte_count=1, duration_s=1, sample_rate_hz=1,
        channels=1,
    )  # fmt: skip
    CoverFile.objects.create(
        job=song, user=owner, format="cover", storage_name="covers/none.jpg", byte_count=1, sha256="0" * 64
    )
    playlist = playlist_create(user=owner, name=MARK, comment=MARK, items=[SongRef(song.id)])
    smart_list = smart_list_create(user=owner, name=MARK, conditions={"search": MARK}, order="newest")
    playlist_link = playlist_share_create(playlist=playlist, days=7)
    player, _ = player_password_create(user=owner, name=MARK)
    ids = {
        "job_id": song.id, "other_id": song.id, "upload_id": upload.pk, "pk": key.pk, "key_id": key.pk,
        "endpoint_id": endpoint.pk, "delivery_id": delivery.pk, "share_id": share.pk,
        "playlist_id": playlist.pk, "player_id": player.pk,
        "smart_list_id": smart_list.pk, "playlist_link_id": playlist_link.pk,
        "kind": "app", "factor_id": add_app(owner, MARK).pk,
        "name": "pause", "tool": "part",  # not objects, but actions on one
    }  # fmt: skip
    yield SimpleNamespace(ids=ids, token=token, share=share, song=song, failed=failed, waiting=waiting)
    delete_files([score.storage_name])


@pytest.fixture
def rows():
    """rows(): every row of the project's own tables, to compare before and after."""

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
    """A finished song of the owner with real audio."""
    return recorded(
        new_job(owner, display_name="Night Train", completed_at=timezone.now() - timedelta(hours=1))
    )
