import time
from urllib.parse import unquote

import pytest
from django.core.signing import Signer
from django.test import RequestFactory
from django.urls import resolve

from jobs.models import Job
from jobs.storage.links import (
    HOUR_S,
    Link,
    LinkExpired,
    LinkInvalid,
    audio_url,
    audio_urls,
    enhanced_lrc_url,
    lrc_url,
    make_token,
    midi_url,
    peaks_url,
    read_token,
    recipe_url,
    score_url,
    site_url,
)

BASE = "https://songs.example.org"


def job(**fields):
    return Job(**({"id": 7, "display_name": "Night Train", "batch_size": 1} | fields))


@pytest.fixture
def clock(monkeypatch):
    """clock(hours): set the time to this many hours after the start of an hour."""

    def set_clock(hours):
        monkeypatch.setattr(time, "time", lambda: (480_000 + hours) * HOUR_S)

    set_clock(0.5)
    return set_clock


def test_a_token_opens_what_it_was_made_for():
    assert read_token(make_token(7, 2, "mp3")) == Link(7, 2, "mp3")


def test_an_audio_link_reads_well():
    url = audio_url(job(), 1, "mp3", base_url=BASE)
    assert url.startswith(f"{BASE}/audio/7-1-mp3-")
    assert url.endswith("/night-train.mp3")


def test_every_format_has_its_link():
    urls = audio_urls(job(batch_size=3), 2, base_url=BASE)
    assert {format: url.rsplit("/")[-1] for format, url in urls.items()} == {
        "wav": "night-train-take-2.wav",
        "flac": "night-train-take-2.flac",
        "mp3": "night-train-take-2.mp3",
        "ogg": "night-train-take-2.ogg",
    }
    assert urls["ogg"] == audio_url(job(batch_size=3), 2, "ogg", base_url=BASE)


@pytest.mark.parametrize(
    "title", ["夜行列車", "../../etc", "a\r\nb", "<script>", "x" * 200, "%2e%2e%2f", "🎸"]
)
def test_any_title_makes_a_plain_path(title):
    leaf = audio_url(job(display_name=title), 1, "wav", base_url="").rsplit("/")[-1]
    assert leaf == unquote(leaf)
    assert set(leaf) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert 5 < len(leaf) <= 64


@pytest.mark.urls("tests.support.media_urls")
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda job, **base: audio_url(job, 1, "flac", **base), "audio"),
        (lambda job, **base: peaks_url(job, 1, **base), "peaks"),
        (lambda job, **base: lrc_url(job, 1, **base), "lrc"),
        (lambda job, **base: enhanced_lrc_url(job, 1, **base), "lrc"),
        (lambda job, **base: score_url(job, 1, **base), "score"),
        (lambda job, **base: midi_url(job, 1, **base), "score"),
        (lambda job, **base: recipe_url(job, 1, **base), "recipe"),
    ],
)
def test_links_lead_to_their_views(make, name):
    match = resolve(make(job(), base_url=""))
    assert match.url_name == name
    assert read_token(match.kwargs["token"]).job_id == 7


def test_links_stay_equal_for_an_hour(clock):
    clock(0.01)
    first = make_token(7, 1, "flac")
    clock(0.99)
    assert make_token(7, 1, "flac") == first
    clock(1.01)
    assert make_token(7, 1, "flac") != first


@pytest.mark.parametrize("made_at", [0.01, 0.5, 0.99])
def test_links_last_the_promised_hours(clock, settings, made_at):
    settings.AUDIO_LINK_HOURS = 3
    clock(made_at)
    token = make_token(7, 1, "flac")
    clock(made_at + 3)
    assert read_token(token).job_id == 7
    clock(made_at + 4.01)
    with pytest.raises(LinkExpired):
        read_token(token)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda token: token.replace("7-1", "8-1"),
        lambda token: token.replace("-1-", "-2-"),
        lambda token: token.replace("flac", "wav"),
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.split(".")[0],
        lambda token: token.split(".")[0] + ".",
        lambda token: "." + token.split(".")[1],
        lambda token: "",
        lambda token: "é\x00😀",
        lambda token: token.upper(),
    ],
)
def test_a_changed_token_opens_nothing(tamper):
    with pytest.raises(LinkInvalid):
        read_token(tamper(make_token(7, 1, "flac")))


def test_a_longer_life_cannot_be_had_by_writing_it(clock):
    value, signature = make_token(7, 1, "flac").split(".")
    with pytest.raises(LinkInvalid):
        read_token(f"{value[:-1]}9.{signature}")


def test_other_signatures_of_the_server_open_nothing():
    with pytest.raises(LinkInvalid):
        read_token(Signer(sep=".", salt="other").sign("7-1-flac-999999"))


def test_site_url_is_the_public_one_if_set(settings):
    request = RequestFactory().get("/", headers={"host": "127.0.0.1:8000"})
    assert site_url(request) == "http://127.0.0.1:8000"
    assert site_url() == f"http://{settings.HOST}:{settings.PORT}"
    settings.PUBLIC_URL = "https://public.example.org"
    assert site_url(request) == site_url() == "https://public.example.org"
    assert peaks_url(job(), 1, base_url=BASE).startswith("https://public.example.org/peaks/")
