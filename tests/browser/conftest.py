"""Real Chromium on a live server. Any error or warning in a page's console fails the test."""

import json
import os

import numpy as np
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client, override_settings
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from audiomusic.devtools.browser import chromium, find_chromium
from audiomusic.engines.encoding import encode
from jobs.models import AudioFile, Job, ScoreFile, ScoreFormat, Status, Take
from jobs.specs.tags import save_tags
from library.models import Reaction
from presets.services import presets_sync

#: Playwright's event loop runs in the test's own thread, where Django otherwise refuses database access.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PATIENCE_MS = 30_000  # even a loaded machine shows a page within this
expect.set_options(timeout=PATIENCE_MS)

SOUND_S = 4.0
NOTES = [[0, 1, 69, 0.8, 0, 2], [2, 1, 72, 0.8, 4, 2]]  # start_s, length_s, pitch, velocity, beat, beats
SCORE = {
    "key": "A Minor", "bpm": 96, "timesignature": "4/4", "genre": "Folk",
    "sections": [
        {"kind": "verse", "label": "Verse", "start_s": 0, "end_s": 2},
        {"kind": "chorus", "label": "Chorus", "start_s": 2, "end_s": 4},
    ],
    "chords": [[0, 2, "Am", 0, 4], [2, 4, "F", 4, 4]],
    "tracks": [{"role": "lead", "instrument": "piano", "notes": NOTES}],
    "vocals": [
        {"part": "lead", "syllables": [[0, 0.5, 74, "Down", True, 0, 1]]},
        {"part": "double", "syllables": [[0, 0.5, 74, "Down", True, 0, 1]]},
    ],
    "drums": {"kit": "acoustic", "hits": [[0, "kick", 0.9, 0], [1, "snare", 0.9, 2]]},
}  # fmt: skip
SCORE_BYTES = json.dumps(SCORE).encode()
WISHES = {
    "conformance": [
        {"take": 1, "wish": "no drums", "asked": "no drums", "found": "16 hits in bars 5-8", "ok": False},
        {"take": 1, "wish": "calm piano", "asked": "piano plays", "found": "piano, 2 notes", "ok": True},
    ],
    "not_applied": {"oud": "the band has none; the nearest is a nylon guitar"},
    "not_understood": ["glorious"],
}
LRC = "[00:00.00]Down by the water\n[00:02.00]Sing it"
ENHANCED_LRC = (
    "[00:00.00]<00:00.00>Down <00:00.60>by the <00:01.20>water\n[00:02.00]<00:02.00>Sing <00:02.60>it"
)


def complains(said):
    """Return whether a console message is an error or warning. A page may still poll the queue once after its
    session ended."""
    is_late = "401" in said.text and said.location.get("url", "").endswith("/queue/state")
    return said.type in ("error", "warning") and not is_late


@pytest.fixture(scope="package")  # while it runs, nothing else in this thread may use asyncio
def browser():
    if find_chromium(whole=False) is None:
        pytest.skip("Chromium is not on this machine")
    with chromium(whole=False) as running:
        yield running


@pytest.fixture(scope="package")
def live_server(prepared_folder):
    """Replace pytest-django's live server, which serves a hundred source files for each page and looks for
    each in every folder. Serve static files as users get them: collected by the run's first server and
    bundled."""
    storage = {"BACKEND": "audiomusic.server.static_files.storage.HashedStorage"}
    storages = {**settings.STORAGES, "staticfiles": storage}
    with override_settings(STATIC_ROOT=prepared_folder / "data" / "static", STORAGES=storages):
        server = LiveServer("localhost", start=False)
        server.thread.static_handler = lambda application: application  # our own middleware serves them
        server.start()
        yield server
        server.stop()


@pytest.fixture
def complaints():
    """Collect what the consoles report. A test that expects a message removes it."""
    return []


@pytest.fixture
def open_page(browser, live_server, complaints):
    """open_page(user=None, **context): return a page in a separate browser context, signed in as that
    user."""
    contexts = []

    def make(user=None, **options):
        options = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | options
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: complains(said) and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page, owner):
    """Return a page signed in as the owner."""
    return open_page(owner)


def session_cookie(user, url):
    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": url}


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """Return a few seconds of a tone as MP3."""
    path = tmp_path_factory.mktemp("sound") / "tone.mp3"
    time_s = np.arange(int(SOUND_S * 48_000)) / 48_000
    tone = 0.1 * np.sin(2 * np.pi * 220 * time_s)
    encode(np.stack([tone, tone]).astype(np.float32), path, "mp3")
    return path.read_bytes()


@pytest.fixture
def make_song(transactional_db, owner, sound):
    """make_song("Name", takes=2, genres=["Jazz"], …): create a finished song of the owner's with real
    sound."""

    def make(name, *, user=owner, takes=1, genres=(), like=None, **values):
        tags = {"genres": list(genres), "emotions": [], "occasions": []}
        values = {
            "task": "text2music", "song_type": "song", "status": Status.COMPLETED, "progress": 100,
            "prompt": "calm piano", "engine": "studio", "model_version": "audiomusic-v2", "format": "mp3",
            "duration_s": SOUND_S, "completed_at": timezone.now(), "params": {"caption": "calm piano"},
            "effective": {"caption": "calm piano", "seeds": [41], **tags, **WISHES},
        } | values  # fmt: skip
        job = Job.objects.create(user=user, display_name=name, batch_size=takes, **values)
        save_tags(job)
        for index in range(1, takes + 1) if job.status == Status.COMPLETED else ():
            take = Take.objects.create(
                job=job, index=index, seed=40 + index, duration_s=SOUND_S, lrc_content=LRC,
                enhanced_lrc=ENHANCED_LRC, has_score=True, peaks=[0.2, 0.8, 0.5, 0.9],
            )  # fmt: skip
            kept = default_storage.save(f"browser/{job.id}-{index}.json", ContentFile(SCORE_BYTES))
            ScoreFile.objects.create(
                take=take,
                format=ScoreFormat.JSON,
                storage_name=kept,
                byte_count=len(SCORE_BYTES),
                sha256=f"{job.id}-{index}-score",
            )
            stored = default_storage.save(f"browser/{job.id}-{index}.mp3", ContentFile(sound))
            AudioFile.objects.create(
                take=take,
                format="mp3",
                storage_name=stored,
                byte_count=len(sound),
                sha256=f"{job.id}-{index}",
            )
        if like:
            Reaction.objects.create(user=user, job=job, value=like, job_created_at=job.created_at)
        return job

    return make


@pytest.fixture
def presets(transactional_db):
    presets_sync()
