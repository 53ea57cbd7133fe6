"""Addresses that need no key: signed links to a song's files, and shared pages. Here they are abused; their
proper use is tested in tests/jobs/storage/test_links.py and tests/jobs/storage/test_media.py."""

import re
import time
from datetime import timedelta
from email.message import Message
from urllib.parse import unquote

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from jobs.models import AudioFile, ScoreFile
from jobs.services import job_delete
from jobs.storage.files import delete_files
from jobs.storage.links import HOUR_S, make_token
from jobs.uploads.links import source_url
from jobs.uploads.services import source_create
from library.models import ShareLink
from library.services import share_create, share_revoke
from tests.support.recordings import ALL_STEMS, REQUEST, SCORE, new_job, recorded
from tests.support.sounds import sound_bytes

pytestmark = pytest.mark.django_db

#: Kind of link -> (URL prefix, a matching file name, the response's content type).
KINDS = {
    "flac": ("audio", "a.flac", "audio/flac"),
    "stream": ("audio", "a.webm", "audio/webm"),
    "score": ("score", "a.json", "application/json"),
    "midi": ("score", "a.mid", "audio/midi"),
    "recipe": ("recipe", "a.json", "application/json"),
    "lrc": ("lrc", "a.lrc", "text/plain; charset=utf-8"),
    "elrc": ("lrc", "a.lrc", "text/plain; charset=utf-8"),
    "cover": ("cover", "a.png", "image/png"),
    "thumb": ("cover", "a.png", "image/png"),
    "peaks": ("peaks", None, "application/json"),
    "stems": ("archive", "a.zip", "application/zip"),
    "project": ("archive", "a.zip", "application/zip"),
}
#: Kinds whose addresses differ only in the token, which selects what is sent.
TWINS = ({"lrc", "elrc"}, {"cover", "thumb"}, {"stems", "project"})
HOSTILE_TITLE = (
    "\r\nSet-Cookie: a=b\r\n\r\n<script>x</script>\"; filename*=UTF-8''evil.exe;\u202e\x01/../../e"
)


@pytest.fixture
def take(owner):
    return recorded(new_job(owner, effective=REQUEST | ALL_STEMS), score=SCORE)


@pytest.fixture
def upload(owner, tmp_path):
    """An upload of the owner, with a hostile file name."""
    path = tmp_path / "sent"
    path.write_bytes(sound_bytes("FLAC", seconds=0.6))
    source = source_create(user=owner, path=path, file_name=HOSTILE_TITLE, origin="upload")
    yield source
    delete_files([source.storage_name])


def link(room, token, file_name):
    return f"/{room}/{token}" + (f"/{file_name}" if file_name else "")


def link_of(take, kind="flac"):
    room, file_name, _ = KINDS[kind]
    return link(room, make_token(take.job_id, take.index, kind), file_name)


def read(answer):
    return b"".join(answer)


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_sent_as_what_it_is_and_nothing_is_guessed(client, take, kind):
    answer = client.get(link_of(take, kind))
    assert (answer.status_code, answer["Content-Type"]) == (200, KINDS[kind][2])
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"].startswith("private")
    assert not answer.cookies


def test_a_token_opens_its_own_room_alone(client, take):
    for kind, (home, _, _) in KINDS.items():
        token = make_token(take.job_id, take.index, kind)
        for other, (room, file_name, _) in KINDS.items():
            answer = client.get(link(room, token, file_name))
            fits = room == home and (other == kind or {other, kind} in TWINS)
            assert (answer.status_code == 200) == fits, (kind, other)


def test_no_part_of_a_token_can_be_changed(client, owner, take):
    """Another job id, take, kind, later expiry or signature is refused."""
    theirs = recorded(new_job(owner))
    token = make_token(take.job_id, take.index, "flac")
    value, signature = token.split(".")
    job_id, index, kind, expiry_h = value.split("-")
    changed = [
        f"{theirs.job_id}-{index}-{kind}-{expiry_h}.{signature}",
        f"{job_id}-2-{kind}-{expiry_h}.{signature}",
        f"{job_id}-{index}-wav-{expiry_h}.{signature}",
        f"{job_id}-{index}-{kind}-{int(expiry_h) + 1}.{signature}",
        f"{job_id}-{index}-{kind}-{expiry_h}.{signature[:-1]}",
        f"{job_id}-{index}-{kind}-{expiry_h}.{signature[::-1]}",
        f"{job_id}-{index}-{kind}-{expiry_h}.",
        f"{job_id}-{index}-{kind}-{expiry_h}",
        f"0{value}.{signature}", f"%20{value}.{signature}", f"{value}%00.{signature}", "-", ".", "a-b-c-d.e",
        make_token(theirs.job_id, 1, "flac").split(".")[0] + "." + signature,
    ]  # fmt: skip
    for each in changed:
        for ending in ("flac", "wav"):
            assert client.get(f"/audio/{each}/a.{ending}").status_code == 404, each
    assert client.get(f"/audio/{token}/a.flac").status_code == 200


def test_it_expires_and_says_so_to_its_holder(client, take, monkeypatch, settings):
    address = link_of(take)
    later = time.time() + (settings.AUDIO_LINK_HOURS + 2) * HOUR_S
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get(address).status_code == 410
    assert client.get(address.replace("/audio/", "/audio/9")).status_code == 404


@pytest.mark.parametrize(
    "file_name",
    [
        "..%2f..%2fsecret_key.flac", "%2e%2e%2fsecret_key.flac", "..%5c..%5csecret_key.flac",
        "%2fetc%2fpasswd", "/etc/passwd", "C:%5ca.flac", "secret_key", "a.flac%00.txt", "..", "%2e%2e",
        "....//a.flac", "a.flac%0d%0aX: y", "%252e%252e%252fa.flac", "a.flac;.exe",
    ],
)  # fmt: skip
def test_the_file_name_leads_to_no_other_file(client, take, file_name):
    """The name is only for the address bar: whatever it is, the response is the song or nothing."""
    with default_storage.open(AudioFile.objects.get(take=take).storage_name) as file:
        song = file.read()
    answer = client.get(f"/audio/{make_token(take.job_id, 1, 'flac')}/{file_name}")
    assert answer.status_code == 404 or read(answer) == song
    assert "X" not in answer.headers


def test_no_title_gets_into_headers_or_the_storage(client, owner):
    job = new_job(owner, display_name=HOSTILE_TITLE, effective=REQUEST | ALL_STEMS)
    take = recorded(job, score=SCORE)
    for kind in KINDS:
        answer = client.get(link_of(take, kind) + "?download=1")
        assert answer.status_code == 200 and not answer.cookies
        said = answer.get("Content-Disposition")
        if said is None:
            continue
        parsed = Message()
        parsed["Content-Disposition"] = said
        assert parsed.get_content_disposition() == "attachment"
        names = [re.search(r'filename="([^"]*)"', said)[1], unquote(said.split("filename*=UTF-8''")[1])]
        for name in names:
            assert name.isprintable() and not set('/\\"<>:;\u202e') & set(name), name
    for model in (AudioFile, ScoreFile):
        for name in model.objects.values_list("storage_name", flat=True):
            assert re.fullmatch(r"[\w/.-]+", name) and ".." not in name
            assert default_storage.path(name).startswith(str(default_storage.location))


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=" + ",".join(["0-"] * 2000), "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
        "bytes=0-18446744073709551615", "bytes=-18446744073709551615", "bytes=99999999999999999999-",
        "bytes=--1", "bytes=-1-", "bytes=1e3-2e3", "bytes=0x0-0x10", "bytes=\u0661-\u0662", "BYTES=0-1",
        "bytes=0-1;q=1", "bytes 0-1", "", "bytes=" + "9" * 10_000 + "-",
    ],
)  # fmt: skip
def test_no_range_makes_more_than_the_file(client, take, asked):
    whole = AudioFile.objects.get(take=take).byte_count
    answer = client.get(link_of(take), headers={"Range": asked})
    assert answer.status_code in (200, 206, 416)
    assert "multipart" not in answer["Content-Type"]
    if answer.status_code != 416:
        assert len(read(answer)) == int(answer["Content-Length"]) <= whole
    head = client.head(link_of(take), headers={"Range": asked})
    assert head.status_code == 200 and head.content == b""


def test_an_uploads_link_opens_it_alone(client, take, upload):
    """No token of another URL prefix opens it, nor a modified one."""
    address = source_url(upload, base_url="")
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "audio/flac")
    assert answer["X-Content-Type-Options"] == "nosniff" and not answer.cookies
    assert answer["Content-Disposition"] == f'inline; filename="upload-{upload.id}.flac"'
    assert answer["Cache-Control"].startswith("private")
    token = address.split("/")[2]
    value, signature = token.split(".")
    source_id, expiry_h = value.split("-")
    changed = [
        f"{upload.id + 1}-{expiry_h}.{signature}", f"{source_id}-{int(expiry_h) + 1}.{signature}",
        f"{value}.{signature[::-1]}", f"{value}.", value, f"0{value}.{signature}", f"{token}%00", "-", ".",
        make_token(take.job_id, take.index, "flac"),
    ]  # fmt: skip
    for each in changed:
        assert client.get(f"/source/{each}/a.flac").status_code == 404, each
    for room in ("audio", "score", "recipe", "archive", "lrc"):
        assert client.get(f"/{room}/{token}/a.flac").status_code == 404, room


@pytest.mark.parametrize("file_name", ["..%2f..%2fsecret_key.flac", "%2fetc%2fpasswd", "secret_key", "a.wav"])
def test_an_uploads_file_name_leads_to_no_other_file(client, upload, file_name):
    with default_storage.open(upload.storage_name) as file:
        sound = file.read()
    token = source_url(upload, base_url="").split("/")[2]
    answer = client.get(f"/source/{token}/{file_name}")
    assert answer.status_code == 404 or read(answer) == sound


def test_an_uploads_link_expires_and_shuts_with_the_account(client, owner, upload, monkeypatch, settings):
    address = source_url(upload, base_url="")
    for verb in ("post", "put", "patch", "delete"):
        assert getattr(client, verb)(address).status_code in (403, 405)
    owner.is_active = False
    owner.save()
    assert client.get(address).status_code == 404
    later = time.time() + (settings.AUDIO_LINK_HOURS + 2) * HOUR_S
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get(address).status_code == 410


def test_with_its_job_every_link_and_file_goes(client, take, django_capture_on_commit_callbacks):
    names = [*AudioFile.objects.values_list("storage_name", flat=True)]
    names += ScoreFile.objects.values_list("storage_name", flat=True)
    assert len(names) == 3
    share = share_create(job=take.job, days=None)
    addresses = [link_of(take, kind) for kind in KINDS]
    with django_capture_on_commit_callbacks(execute=True):
        job_delete(job=take.job)
    assert not [name for name in names if default_storage.exists(name)]
    for address in [*addresses, f"/s/{share.token}", f"/s/{share.token}/1.flac"]:
        assert client.get(address).status_code == 404, address


def test_with_its_owners_account_every_link_shuts(client, owner, take):
    share = share_create(job=take.job, days=None)
    addresses = [f"/s/{share.token}", f"/s/{share.token}/1.flac", *(link_of(take, kind) for kind in KINDS)]
    assert {client.get(address).status_code for address in addresses} == {200}
    owner.is_active = False
    owner.save()
    assert {client.get(address).status_code for address in addresses} == {404}


def test_a_shared_page_that_opens_nothing_does_not_say_why(client, take):
    expired, revoked = share_create(job=take.job, days=1), share_create(job=take.job, days=None)
    ShareLink.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    share_revoke(link=revoked)
    tokens = [expired.token, revoked.token, "x" * 24, "%00", "x" * 3000, "..%2f", expired.token.upper()]
    for leaf in ("", "/1.flac", "/1.exe", "/99999999999999999999.flac"):
        answers = [client.get(f"/s/{token}{leaf}") for token in tokens]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1


def test_a_share_opens_its_own_song_alone(client, owner, take):
    other = recorded(new_job(owner, display_name="Not for you", lyrics="hush"))
    share = share_create(job=take.job, days=7)
    page = client.get(f"/s/{share.token}").content.decode()
    assert "Not for you" not in page and "hush" not in page and owner.username not in page
    for path in (f"/tracks/{take.job_id}", f"/api/v1/music/jobs/{take.job_id}", f"/tracks/{other.job_id}"):
        assert client.get(path).status_code in (302, 401)


def test_links_open_by_no_other_verb(client, take):
    for address in (link_of(take), reverse("shared", args=[share_create(job=take.job, days=7).token])):
        for verb in ("post", "put", "patch", "delete"):
            assert getattr(client, verb)(address).status_code in (403, 405)


@pytest.fixture(autouse=True)
def clean_storage():
    yield
    delete_files([*AudioFile.objects.values_list("storage_name", flat=True)])
