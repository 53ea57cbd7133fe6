import io
import json
import os
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import soundfile
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils.http import http_date

from audiomusic.engines.encoding import FORMATS
from jobs.models import Status
from jobs.storage.files import delete_files
from jobs.storage.links import (
    HOUR_S,
    audio_url,
    enhanced_lrc_url,
    lrc_url,
    make_token,
    midi_url,
    peaks_url,
    recipe_url,
    score_url,
)
from jobs.storage.media.file_names import safe_file_name
from jobs.storage.media.slices import FileSlice, Slice, SliceResponse, Unsatisfiable, parse_range
from tests.support.recordings import SCORE, new_job, recorded

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.support.media_urls")]


@pytest.fixture
def take(owner):
    return recorded(new_job(owner))


@pytest.fixture
def url(take):
    return audio_url(take.job, 1, "flac", base_url="")


@pytest.fixture
def body(take):
    with default_storage.open(take.files.get(format="flac").storage_name) as file:
        return file.read()


def read(response):
    return b"".join(response)


# The whole file


@pytest.mark.parametrize("format", FORMATS)
def test_a_link_opens_without_a_key_in_every_format(client, take, format):
    response = client.get(audio_url(take.job, 1, format, base_url=""))
    assert response.status_code == 200
    assert response["Content-Type"] == FORMATS[format].content_type
    sound = read(response)
    assert int(response["Content-Length"]) == len(sound)
    assert soundfile.info(io.BytesIO(sound)).frames == 48_000


def test_headers_serve_players_and_caches(client, take, url):
    response = client.get(url)
    file = take.files.get()
    assert response["Accept-Ranges"] == "bytes"
    assert response["ETag"] == f'"{file.sha256}"'
    assert response["Last-Modified"] == http_date(file.created_at.timestamp())
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, max-age=3600"
    assert "Set-Cookie" not in response
    assert "Vary" not in response


def test_head_tells_all_and_sends_nothing(client, url, body):
    response = client.head(url, headers={"range": "bytes=0-9"})
    assert (response.status_code, response["Content-Length"]) == (200, str(len(body)))
    assert response.content == b""


def sliced():
    """Return (an open file of ten digits, the slice of its third to fifth)."""
    file = File(io.BytesIO(b"0123456789"))
    return file, FileSlice(file, Slice(2, 5))


def test_a_file_slice_closes_its_file():
    """It closes with its response, whether that was sent or the client left before it began."""
    for leave in (list, lambda response: None):
        file, part = sliced()
        response = SliceResponse(part)
        leave(response)
        response.close()
        assert file.closed


def test_a_file_slice_reads_no_more_than_asked():
    assert list(SliceResponse(sliced()[1])) == [b"234"]


def test_a_file_slice_is_a_file_of_its_own():
    _, part = sliced()
    assert [part.read(2), part.tell(), part.read(2), part.read(2)] == [b"23", 2, b"4", b""]
    assert part.seek(0, os.SEEK_END) == 3
    assert part.seek(1) == 1
    assert part.read() == b"34"


def test_other_methods_are_refused(client, url):
    assert client.post(url).status_code == 405
    assert client.delete(url).status_code == 405


# Ranges


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=100-", 100, None),
        ("bytes=-7", -7, None),
        ("bytes=0-999999999", 0, None),
        ("bytes=-999999999", 0, None),
    ],
)
def test_a_range_is_sent_alone(client, url, body, asked, start, stop):
    response = client.get(url, headers={"range": asked})
    part = body[start:stop]
    assert response.status_code == 206
    assert read(response) == part
    first = body.index(part) if len(part) > 5 else start
    assert response["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(body)}"
    assert response["Content-Length"] == str(len(part))


def test_ranges_put_together_give_the_file(client, url, body):
    step = 20_000
    starts = range(0, len(body), step)
    parts = [
        read(client.get(url, headers={"range": f"bytes={start}-{start + step - 1}"})) for start in starts
    ]
    assert b"".join(parts) == body


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_416(client, url, body, asked):
    response = client.get(url, headers={"range": asked})
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(body)}")
    assert response.json()["code"] == "range_not_satisfiable"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,4-5",
        "bytes=5-2",
        "bytes=-",
        "bytes=a-b",
        "items=0-1",
        "bytes=",
        "junk",
        f"bytes={'9' * 5000}-",
    ],
)
def test_a_range_that_is_none_gets_the_file(client, url, body, asked):
    response = client.get(url, headers={"range": asked})
    assert response.status_code == 200
    assert read(response) == body


def test_if_range_guards_against_mixing_files(client, take, url):
    file = take.files.get()
    modified = http_date(file.created_at.timestamp())
    for condition, status in [
        (f'"{file.sha256}"', 206),
        (modified, 206),
        ('"other"', 200),
        (f'W/"{file.sha256}"', 200),
        (http_date(0), 200),
    ]:
        response = client.get(url, headers={"range": "bytes=0-9", "if-range": condition})
        assert (response.status_code, len(read(response)) == 10) == (status, status == 206), condition


def test_parse_range_by_itself():
    assert parse_range("bytes=2-3", 10) == Slice(2, 4)
    assert parse_range("", 10) is None
    with pytest.raises(Unsatisfiable):
        parse_range("bytes=0-", 0)


# Conditions


def test_what_the_client_has_is_not_sent_again(client, url):
    fresh = client.head(url)
    for condition in [{"if-none-match": fresh["ETag"]}, {"if-modified-since": fresh["Last-Modified"]}]:
        response = client.get(url, headers=condition)
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == fresh["ETag"]
    assert client.get(url, headers={"if-none-match": '"other"'}).status_code == 200


# Names


def test_the_name_is_shown_or_saved(client, url):
    shown, saved = client.get(url), client.get(url, {"download": "1"})
    name = "filename=\"Night Train.flac\"; filename*=UTF-8''Night%20Train.flac"
    assert shown["Content-Disposition"] == f"inline; {name}"
    assert saved["Content-Disposition"] == f"attachment; {name}"


@pytest.mark.parametrize(
    ("title", "plain", "full"),
    [
        ('a"; filename="evil.exe', "a filename= evil.exe.flac", "a%20filename%3D%20evil.exe.flac"),
        ("a\r\nSet-Cookie: x=1", "a Set-Cookie x=1.flac", "a%20Set-Cookie%20x%3D1.flac"),
        ("../../etc/passwd", "etc passwd.flac", "etc%20passwd.flac"),
        ("Łódź über", "odz uber.flac", "%C5%81%C3%B3d%C5%BA%20%C3%BCber.flac"),
        ("fullwidth＂／", "fullwidth.flac", "fullwidth%EF%BC%82%EF%BC%8F.flac"),
        ("gnp\u202e3pm.exe", "gnp 3pm.exe.flac", "gnp%203pm.exe.flac"),
    ],
)
def test_hostile_titles_make_tame_names(client, owner, title, plain, full):
    take = recorded(new_job(owner, display_name=title))
    response = client.get(audio_url(take.job, 1, "flac", base_url=""))
    assert response["Content-Disposition"] == f"inline; filename=\"{plain}\"; filename*=UTF-8''{full}"


@pytest.mark.parametrize("title", ["...", "\x01", "///", "夜"])
def test_a_title_without_letters_is_called_by_its_number(client, owner, title):
    take = recorded(new_job(owner, display_name=title, batch_size=2), index=2)
    response = client.get(audio_url(take.job, 2, "flac", base_url=""))
    assert "(take 2).flac" in response["Content-Disposition"]


def test_file_names_are_bounded():
    assert len(safe_file_name("x" * 200)) == 100


def test_a_renamed_jobs_old_links_stay_good(client, take, url):
    take.job.display_name = "Other"
    take.job.save()
    assert client.get(url).status_code == 200


# Refusals


def missing(response):
    return (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_changed_token_is_404(client, url):
    assert missing(client.get(url.replace("-flac-", "-wav-")))
    assert missing(client.get("/audio/nonsense/a.flac"))
    assert missing(client.get("/audio/%00%ff/a.flac"))


def test_an_expired_link_is_410(client, url, monkeypatch, settings):
    later = time.time() + (settings.AUDIO_LINK_HOURS + 2) * HOUR_S
    monkeypatch.setattr(time, "time", lambda: later)
    response = client.get(url)
    assert (response.status_code, response.json()["code"]) == (410, "link_expired")


def test_a_file_name_of_another_format_is_404(client, url):
    assert missing(client.get(url.replace(".flac", ".exe")))


@pytest.mark.parametrize("kind", ["peaks", "lrc", "exe"])
def test_a_token_of_another_kind_is_404(client, take, kind):
    assert missing(client.get(f"/audio/{make_token(take.job_id, 1, kind)}/a.flac"))


@pytest.mark.parametrize("status", [status for status in Status if status != Status.COMPLETED])
def test_an_unfinished_job_is_404(client, take, url, status):
    take.job.status = status
    take.job.save()
    assert missing(client.get(url))


def test_a_deleted_job_is_404(client, take, url):
    take.job.delete()
    assert missing(client.get(url))


def test_another_take_is_404(client, take):
    assert missing(client.get(audio_url(take.job, 2, "flac", base_url="")))


def test_a_lost_file_is_404(client, take, url):
    delete_files([take.files.get().storage_name])
    assert missing(client.get(url))
    assert missing(client.get(audio_url(take.job, 1, "mp3", base_url="")))


def test_a_format_that_finds_no_room_is_503(client, take, url, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jobs.storage.takes.transcode", fail)
    response = client.get(audio_url(take.job, 1, "mp3", base_url=""))
    assert (response.status_code, response.json()["code"]) == (503, "storage_failed")
    assert client.get(url).status_code == 200
    monkeypatch.undo()
    assert client.get(audio_url(take.job, 1, "mp3", base_url="")).status_code == 200


# An object store serves files itself


@pytest.fixture
def s3(settings, take):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": "songs",
                "access_key": "key",
                "secret_key": "secret",
                "region_name": "eu-central-1",
                "endpoint_url": "https://store.example.org",
            },
        },
    }


@pytest.mark.parametrize("method", ["get", "head"])
def test_an_object_store_is_pointed_to(client, s3, take, url, method):
    response = getattr(client, method)(url, {"download": "1"})
    place = urlsplit(response["Location"])
    query = parse_qs(place.query)
    assert response.status_code == 302
    assert f"{place.netloc}{place.path}".endswith(take.files.get().storage_name)
    assert query["response-content-type"] == ["audio/flac"]
    assert query["response-content-disposition"][0].startswith('attachment; filename="Night Train.flac"')
    assert "no-cache" in response["Cache-Control"]


# Waveforms and lyrics


def test_peaks_are_json(client, take):
    response = client.get(peaks_url(take.job, 1, base_url=""))
    assert response.json() == {
        "job_id": take.job_id,
        "index": 1,
        "duration": 1.0,
        "peaks": take.peaks,
    }
    again = client.get(peaks_url(take.job, 1, base_url=""), headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304


def test_peaks_refuse_other_tokens(client, take):
    assert missing(client.get(f"/peaks/{make_token(take.job_id, 1, 'flac')}"))


def test_lyrics_are_text(client, take):
    response = client.get(lrc_url(take.job, 1, base_url=""), {"download": "1"})
    assert response.content.decode() == "[00:00.50]la\n"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="Night Train.lrc"')


def test_a_take_without_lyrics_has_none(client, owner):
    take = recorded(new_job(owner), lrc=None)
    assert missing(client.get(lrc_url(take.job, 1, base_url="")))


def test_lyrics_come_with_word_times_too(client, take):
    response = client.get(enhanced_lrc_url(take.job, 1, base_url=""))
    assert response.content.decode() == "[00:00.50]<00:00.50>la <00:01.00>\n"


def test_each_lyrics_link_opens_its_own_form(client, owner):
    take = recorded(new_job(owner), enhanced_lrc=None)
    assert missing(client.get(enhanced_lrc_url(take.job, 1, base_url="")))
    assert client.get(lrc_url(take.job, 1, base_url="")).status_code == 200


# Scores and recipes


@pytest.fixture
def scored(owner):
    return recorded(new_job(owner), score=SCORE)


def test_a_score_is_json(client, scored):
    response = client.get(score_url(scored.job, 1, base_url=""), {"download": "1"})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response["Content-Disposition"].startswith('attachment; filename="Night Train.json"')
    assert json.loads(read(response)) == SCORE


def test_a_midi_file_is_midi(client, scored):
    response = client.get(midi_url(scored.job, 1, base_url=""))
    assert response["Content-Type"] == "audio/midi" and "Night Train.mid" in response["Content-Disposition"]
    content = read(response)
    assert content.startswith(b"MThd") and int(response["Content-Length"]) == len(content)


def test_a_score_knows_ranges_and_conditions(client, scored):
    url = midi_url(scored.job, 1, base_url="")
    response = client.get(url, headers={"range": "bytes=0-3"})
    assert (response.status_code, read(response)) == (206, b"MThd")
    assert client.get(url, headers={"if-none-match": response["ETag"]}).status_code == 304


def test_an_object_store_is_pointed_to_for_a_score(client, scored, s3):
    query = parse_qs(urlsplit(client.get(midi_url(scored.job, 1, base_url=""))["Location"]).query)
    assert query["response-content-type"] == ["audio/midi"]


def test_a_take_without_a_score_has_none(client, take):
    assert missing(client.get(score_url(take.job, 1, base_url="")))
    assert missing(client.get(midi_url(take.job, 1, base_url="")))


def test_a_score_link_opens_nothing_else(client, scored):
    url = score_url(scored.job, 1, base_url="")
    assert missing(client.get(url.replace(".json", ".mid")))
    assert missing(client.get(f"/score/{make_token(scored.job_id, 1, 'flac')}/a.json"))
    assert missing(client.get(f"/recipe/{make_token(scored.job_id, 1, 'score')}/a.json"))


def test_a_recipe_tells_all_that_the_sound_depends_on(client, scored):
    recipe = client.get(recipe_url(scored.job, 1, base_url="")).json()
    assert (recipe["format"], recipe["version"], recipe["take"], recipe["seed"]) == (
        "audiomusic-recipe", 1, 1, 101,
    )  # fmt: skip
    assert recipe["request"]["caption"] == "a slow train" and recipe["made_with"]["machine"]
    assert recipe["samples_sha256"] == scored.samples_sha256
    assert recipe["files"] == {"flac": scored.files.get().sha256}
