"""CONTRIBUTING.md against the code: every file it names exists, every recipe names the place that the code
reads, and every walk passes through the files that it lists."""

import re
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pytest
from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.urls import clear_url_caches, include, path, reverse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from audiomusic.devtools.scratch_server import ROOT
from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.registry import ENGINES, engine_facts, load_engine
from audiomusic.engines.studio.compose import genres
from jobs.admin import JobAdmin
from jobs.api import urls as generation_urls
from jobs.models import Job, Status
from jobs.staff.actions import JOB_ACTIONS, JobAction
from jobs.staff.confirmation import ACTIONS, action_of
from jobs.tasks import make_song
from jobs.worker.claims import job_claim
from library.api import urls as library_urls
from library.api.views import JobViewSet
from library.query.conditions import Condition
from library.query.filters import ChoiceFilter, JobFilterSet
from tests.jobs.conftest import fake_engine, make_job, result  # noqa: F401

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|toml))`")
MAX_CAPTION_FILES = 21
CAPTION = "calm piano for zqx under rain"


def section(title):
    return TEXT.split(f"### {title}\n", 1)[1].split("\n#", 1)[0]


def walk(title):
    """Return the numbered files of a walk."""
    return re.findall(r"^\d+\. `([^`]+)`", section(title), re.M)


@contextmanager
def files_run(holding=lambda frame: True):
    """Yield the product's files that run, limited to those with a frame for which `holding` is true."""
    found = set()
    rooms = tuple(f"{ROOT}/{room}/" for room in ("audiomusic", "jobs", "library", "presets"))

    def look(frame, event, argument):
        name = frame.f_code.co_filename
        if event in ("call", "return") and name.startswith(rooms) and holding(frame):
            found.add(name.removeprefix(f"{ROOT}/"))

    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)


def test_every_file_that_is_named_is_there():
    named = NAMED.findall(TEXT)
    assert len(named) > 50
    assert not [name for name in named if not (ROOT / name).is_file()]


def test_the_picture_has_the_rooms_of_the_import_contracts():
    contracts = (ROOT / "pyproject.toml").read_text()
    rooms = contracts.split('name = "Rooms import downwards"')[1].split("]")[0]
    picture = TEXT.split("## The rooms")[1].split("```")[1]
    wanted = [name.rpartition(".")[2] for name in re.findall(r"[\w.]+", rooms.split("layers = [")[1])]
    drawn = [
        word for line in picture.splitlines() for word in re.split(r"\s{2,}", line.strip()) if word in wanted
    ]
    assert drawn == wanted


# Recipes


def schema_of(urlconf=None):
    return SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)


@pytest.mark.django_db
def test_an_endpoint_is_a_viewset_on_a_router(settings, client_of, owner):
    class EchoViewSet(JobViewSet):
        @extend_schema(operation_id="echo_jobs", responses={200: dict})
        @action(detail=False, methods=["get"])
        def echo(self, request):
            return Response({"said": request.query_params.get("word")})

    router = SimpleRouter(trailing_slash=False, use_regex_path=False)
    router.register("songs", EchoViewSet, basename="song")
    for each in (library_urls, generation_urls):
        assert isinstance(each.router, SimpleRouter)
        assert each.router.registry
    module = ModuleType("echo_urls")
    module.urlpatterns = [path("api/v1/music/", include(router.urls))]
    settings.ROOT_URLCONF = module
    clear_url_caches()
    try:
        answer = client_of(owner).get("/api/v1/music/songs/echo?word=hello")
        assert answer.json() == {"said": "hello"}
        assert "/api/v1/music/songs/echo" in schema_of(module)["paths"]
    finally:
        clear_url_caches()


@dataclass(frozen=True)
class FormatIs(Condition):
    """A condition that neither the counts nor an index cover."""

    format: str
    name = "format"
    can_find = False

    def predicate(self, path: str, user_id: int) -> Any:
        return Exact(F(f"{path}format"), self.format)


class FormatFilter(ChoiceFilter):
    def condition(self, jobs, value):
        return FormatIs(value)


class WiderFilterSet(JobFilterSet):
    format = FormatFilter(("flac", "mp3"), "Only jobs in this format.")


@pytest.mark.django_db
def test_a_filter_is_a_line_in_the_filter_set(monkeypatch, client_of, owner, make_job):  # noqa: F811
    make_job()
    one = make_job(format="mp3")
    api = client_of(owner)
    assert api.get("/api/v1/music/jobs", {"format": "mp3"}).status_code == 400
    monkeypatch.setattr(JobViewSet, "filterset_class", WiderFilterSet)
    answer = api.get("/api/v1/music/jobs", {"format": "mp3"})
    assert [row["id"] for row in answer.json()] == [one.id]
    assert answer["X-Total-Count"] == "1"
    parameters = schema_of()["paths"]["/api/v1/music/jobs"]["get"]["parameters"]
    assert "format" in {each["name"] for each in parameters}


def test_a_genre_is_a_file(monkeypatch, tmp_path):
    folder = tmp_path / "genres"
    folder.mkdir()
    shutil.copy(genres.GENRES_DIR / "rnb.toml", folder / "zydeco.toml")
    shutil.copy(genres.GENRES_DIR.parent / "progressions.toml", tmp_path)
    monkeypatch.setattr(genres, "GENRES_DIR", folder)
    genres.load_genres.cache_clear()
    try:
        assert list(genres.load_genres()) == ["zydeco"]
        assert genres.find_genre("Zydeco").name == "R&B"
    finally:
        genres.load_genres.cache_clear()


@pytest.mark.django_db(transaction=True)  # a thread of its own renews the song's lease
def test_an_engine_is_an_entry(monkeypatch, settings, client_of, owner):
    entry = replace(ENGINES["studio"], name="whistle", path="tests.support.fake_engine:FakeEngine")
    monkeypatch.setitem(ENGINES, "whistle", entry)
    settings.ENGINE = "whistle"
    answer = client_of(owner).post("/api/v1/music/text2music", {"caption": CAPTION, "duration": 10})
    assert Job.objects.get(id=answer.json()["job"]["id"]).engine == "whistle"
    try:
        make_song(job_claim(lease_token="me"))
        assert "whistle" in engine_facts()
    finally:
        load_engine.cache_clear()
    assert Job.objects.get().status == Status.COMPLETED


@pytest.mark.django_db
def test_an_admin_action_is_an_entry(monkeypatch, client, staff, make_job):  # noqa: F811
    job = make_job()
    assert [*ACTIONS] == [*JOB_ACTIONS]
    assert JobAdmin.actions == tuple(ACTIONS.values())
    polished = []
    polish = JobAction(
        name="polish", title="Polish it", done="polished", permission="jobs.change_job", fits=Q(), unfit="",
        act=lambda job, reason: polished.append(job.id),
    )  # fmt: skip
    monkeypatch.setitem(JOB_ACTIONS, "polish", polish)
    monkeypatch.setattr(JobAdmin, "actions", (*JobAdmin.actions, action_of(polish)))
    client.force_login(staff)
    page = reverse("admin:jobs_job_change", args=[job.id])
    assert "Polish it" in client.get(page).content.decode()
    assert "Polish it…" in client.get(reverse("admin:jobs_job_changelist")).content.decode()
    answer = client.post(reverse("admin:jobs_job_action", args=[job.id, "polish"]), {"confirmed": "1"})
    assert answer.headers["Location"] == page
    assert polished == [job.id]
    assert "Polished." in client.get(page).content.decode()


# Walks


def holds_caption(value, depth=3):
    if isinstance(value, str):
        return CAPTION in value
    if depth and isinstance(value, dict):
        return any(holds_caption(each, depth - 1) for each in value.values())
    if depth and isinstance(value, list | tuple):
        return any(holds_caption(each, depth - 1) for each in value)
    attributes = getattr(value, "__dict__", {})
    is_ours = type(value).__module__.startswith(("audiomusic.", "jobs.")) and not isinstance(value, Job)
    return bool(depth and is_ours) and any(holds_caption(each, depth - 1) for each in attributes.values())


def test_a_caption_passes_few_files(client_of, owner, fake_engine):  # noqa: F811
    """Every file with a frame that holds the caption is listed, except those that write the response."""
    listed, api = walk("A caption"), client_of(owner)
    read_wishes.cache_clear()
    with files_run(lambda frame: any(map(holds_caption, frame.f_locals.values()))) as found:
        answer = api.post("/api/v1/music/text2music", {"caption": CAPTION, "duration": 10})
    assert answer.status_code == 200
    assert found - {"audiomusic/http/renderers.py", "jobs/representations.py"} == set(listed)
    assert f": {len(listed)} files hold it" in section("A caption")
    assert len(listed) <= MAX_CAPTION_FILES


def test_a_search_word_walks(client_of, owner, make_job):  # noqa: F811
    make_job(caption=CAPTION)
    with files_run() as found:
        answer = client_of(owner).get("/api/v1/music/jobs", {"search": "zqx"})
    assert len(answer.json()) == 1
    assert set(walk("A search word")) <= found


def test_a_like_walks(client_of, owner, make_job):  # noqa: F811
    job = make_job()
    with files_run() as found:
        answer = client_of(owner).post(f"/api/v1/music/jobs/{job.id}/like")
    assert answer.json()["interaction"] == "like"
    assert set(walk("A like")) <= found


def test_a_retry_walks(client_of, owner, make_job):  # noqa: F811
    job = make_job()
    Job.objects.filter(id=job.id).update(status=Status.FAILED)
    with files_run() as found:
        answer = client_of(owner).post(f"/api/v1/music/jobs/{job.id}/retry")
    assert answer.json()["job"]["status"] == "PENDING"
    assert set(walk("A retry")) <= found


@pytest.mark.django_db(transaction=True)
def test_a_credit_hold_walks(make_job):  # noqa: F811
    with files_run() as found:
        job = make_job()
        assert job.credits_held
        make_song(job_claim(lease_token="me"))
    job.refresh_from_db()
    assert (job.credits_held, job.status) == (0, Status.COMPLETED)
    assert set(walk("A credit hold")) <= found
