"""The user's own audio: the list of uploads, what each contains, deleting one, and each error."""

import re
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.analysis.models import AnalysisOrder
from jobs.analysis.orders import MAX_OPEN, analysis_answer, analysis_claim, analysis_order
from jobs.heartbeat import heartbeat_write
from jobs.models import SourceFile
from library.hearing import hearing_of
from tests.support.sounds import sound_bytes
from tests.support.uploads import song_from, uploaded

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
FOUND = {
    "bpm": 91.96, "pulse_bpm": [45.98, 183.92], "keyscale": "A Minor", "timesignature": "4/4",
    "duration": 16.0, "loudness_lufs": -14.2, "tuning_cents": 0.0, "beats": [0.0], "downbeats": [0.0],
    "chords": [[0.0, 2.0, "Am"], [2.0, 4.0, "Dm"], [4.0, 8.0, "Dm"], [8.0, 16.0, "E"]],
    "sections": [{"label": "A", "start_s": 0.1, "end_s": 8.0}, {"label": "B", "start_s": 8.0, "end_s": 16.0}],
    "melody": [], "confidence": {"bpm": 0.9, "octave": 0.1, "keyscale": 0.4, "timesignature": 0.9},
}  # fmt: skip


@pytest.fixture(scope="module")
def flac():
    return sound_bytes("FLAC", seconds=0.6)


@pytest.fixture
def upload(owner, flac):
    return uploaded(owner, flac)


@pytest.fixture
def ask(browser, upload):
    """ask(headers): what the page says when the user asks what the file is."""
    return lambda headers=HTMX: browser.post(f"/uploads/{upload.id}/analysis", headers=headers)


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def answered(upload, **answer):
    analysis_answer(order=analysis_order(user=upload.user, upload=upload), answer=answer)


def test_what_one_sent_is_listed(browser, upload, refused_by_policy):
    page = browser.get("/uploads")
    text = text_of(page)
    assert "Mein Lied.flac 0:00 · FLAC" in text and "deleted in 23" in text
    assert "up to 100 MB" in text and "to 10:00 minutes" in text and "24 hours" in text
    assert f"/source/{upload.id}-" in page.content.decode()
    assert refused_by_policy(page) == []
    assert "no-store" in page["Cache-Control"]


def test_a_script_gets_the_list_alone(browser, upload):
    rows = browser.get("/uploads/list", headers=HTMX).content.decode()
    assert "Mein Lied.flac" in rows and "<html" not in rows


def test_it_is_found_from_the_menu_and_where_songs_are_made(browser):
    page = browser.get("/create").content.decode()
    assert page.count('href="/uploads"') == 2


def test_the_list_asks_the_database_as_often_for_many(browser, owner, flac, django_assert_max_num_queries):
    for number in range(3):
        uploaded(owner, flac, f"{number}.flac")
    with django_assert_max_num_queries(4):
        assert browser.get("/uploads/list").content.count(b">Analyze<") == 3


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "script"])
def test_it_is_deleted_with_its_file(browser, upload, headers, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(f"/uploads/{upload.id}/delete", headers=headers)
    assert not default_storage.exists(upload.storage_name)
    if headers:
        assert "“Mein Lied.flac” deleted." in text_of(answer) and "Nothing yet." in text_of(answer)
    else:
        assert answer["Location"] == "/uploads"


@pytest.mark.parametrize(("headers", "status"), [({}, 409), (HTMX, 200)], ids=["page", "script"])
def test_what_a_song_was_made_from_stays(browser, upload, headers, status):
    job = song_from(upload)
    assert "kept while a song uses it" in text_of(browser.get("/uploads"))
    answer = browser.post(f"/uploads/{upload.id}/delete", headers=headers)
    assert answer.status_code == status
    assert f"Job {job.id} was made from this file; delete that job first." in text_of(answer)
    assert SourceFile.objects.exists()


def test_what_is_in_it_is_told(ask, upload, refused_by_policy):
    answered(upload, found=FOUND)
    answer = ask()
    text = text_of(answer)
    for words in (
        "Tempo 92 bpm could also be counted as 46 or 184", "Key A Minor likely", "Metre 4/4 Length 0:16",
        "A 0:00 to 0:08 Am Dm B 0:08 to 0:16 E",
    ):  # fmt: skip
        assert words in text
    assert "<html" not in answer.content.decode() and refused_by_policy(answer) == []


def test_without_scripts_it_is_a_page(ask, upload):
    assert "Try again" in text_of(ask(headers={}))
    answered(upload, found=FOUND)
    page = ask(headers={})
    assert "<html" in page.content.decode() and "Key A Minor" in text_of(page)


def test_until_a_worker_has_heard_it_the_page_asks_again(ask, upload):
    heartbeat_write()
    for _ in range(2):
        answer = ask()
        assert "Analyzing" in text_of(answer)
        assert f'hx-post="/uploads/{upload.id}/analysis" hx-trigger="load' in answer.content.decode()
    assert analysis_claim().upload_id == upload.id and AnalysisOrder.objects.count() == 1


def test_without_a_worker_it_does_not(ask):
    answer = ask()
    assert "No worker is running" in text_of(answer) and "hx-trigger" not in answer.content.decode()


@pytest.mark.parametrize(
    "answer",
    [
        {"nothing": "It has neither a pulse nor a pitch."},
        {"refused": {"code": "analysis_failed", "sentence": "It could not be analysed."}},
    ],
)
def test_where_there_is_no_answer_a_sentence_says_why(ask, upload, answer):
    answered(upload, **answer)
    assert text_of(ask()) in ("It has neither a pulse nor a pitch.", "It could not be analysed.")


def test_only_so_many_questions_wait(ask, owner):
    for number in range(MAX_OPEN):
        analysis_order(user=owner, url=f"https://a.example/{number}")
    assert f"At most {MAX_OPEN} of your files" in text_of(ask())


def test_audio_without_sections_or_certainty_is_told_too():
    sure = {"bpm": 0.0, "octave": 0.0, "keyscale": 0.0, "timesignature": 0.0}
    hearing = hearing_of(FOUND | {"sections": [], "chords": [], "confidence": sure})
    assert [(part.label, part.end, part.chords) for part in hearing.parts] == [("", "0:16", [])]
    assert {fact.label: fact.note for fact in hearing.facts}["Metre"] == "a guess"


def test_another_users_file_does_not_exist(browser, other, flac):
    theirs = uploaded(other, flac, "secret.flac")
    assert "secret" not in text_of(browser.get("/uploads")) + text_of(browser.get("/uploads/list"))
    for action in ("delete", "analysis"):
        assert browser.post(f"/uploads/{theirs.id}/{action}").status_code == 404
    assert SourceFile.objects.exists() and not AnalysisOrder.objects.exists()


def test_nor_does_one_that_has_gone_or_was_fetched(browser, upload):
    SourceFile.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert browser.post(f"/uploads/{upload.id}/analysis").status_code == 404
    SourceFile.objects.update(expires_at=timezone.now() + timedelta(hours=1), origin="url")
    assert browser.post(f"/uploads/{upload.id}/delete").status_code == 404
    assert "Nothing yet." in text_of(browser.get("/uploads"))


def test_a_visitor_is_led_to_sign_in(client, upload):
    for path in ("/uploads", "/uploads/list"):
        assert client.get(path)["Location"] == f"/sign-in?next={path}"
    assert client.post(f"/uploads/{upload.id}/delete").status_code == 302
    assert SourceFile.objects.exists()
