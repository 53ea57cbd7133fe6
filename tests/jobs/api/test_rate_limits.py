"""Rate limits for each user and each kind of call: reported in headers, enforced with 429."""

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

import audiomusic.settings as shipped
from audiomusic.http import throttling
from audiomusic.http.throttling import Rate, count_call, parse_rate
from jobs.models import Job, Status
from jobs.specs.parameters import TASKS

pytestmark = pytest.mark.django_db
READ_URL = "/api/v1/music/presets"


@pytest.fixture(autouse=True)
def limits(settings):
    """Set low limits and clear the counters."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off") | {
        "generation": "3/min",
        "retry": "2/min",
        "read": "4/min",
    }
    cache.clear()


@pytest.fixture
def clock(monkeypatch):
    """clock.now may be set; the limits and the cache's timeouts use this clock."""

    class Clock:
        now = 1_800_000_000.0

        def time(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr("time.time", clock.time)
    return clock


def make(client):
    return client.post("/api/v1/music/text2music", {"caption": "calm piano", "duration": 10})


def test_headers_tell_what_is_left(api):
    first, second = api.get(READ_URL), api.get(READ_URL)
    assert [first.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining")] == ["4", "3"]
    assert second.headers["X-RateLimit-Remaining"] == "2"
    assert 1 <= int(first.headers["X-RateLimit-Reset"]) <= 60


def test_one_too_many_is_refused(api):
    assert [make(api).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = make(api)
    assert answer.json()["code"] == "throttled"
    assert set(answer.json()) == {"detail", "code"}
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["Retry-After"] == answer.headers["X-RateLimit-Reset"]
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert Job.objects.count() == 3


def test_after_retry_after_it_goes_on(api, clock):
    for _ in range(3):
        make(api)
        clock.now += 10
    wait_s = int(make(api).headers["Retry-After"])
    assert wait_s == 30
    clock.now += wait_s - 1
    assert make(api).status_code == 429
    clock.now += 1
    assert make(api).status_code == 200


def test_each_kind_of_call_is_counted_apart(api, owner, job_row):
    for _ in range(3):
        make(api)
    failed = job_row(owner, status=Status.FAILED)
    answer = api.post(f"/api/v1/music/jobs/{failed.id}/retry")
    assert answer.status_code == 200
    assert answer.headers["X-RateLimit-Limit"] == "2"
    assert api.get(READ_URL).headers["X-RateLimit-Remaining"] == "3"


def test_the_six_generation_endpoints_share_one_count(api):
    for task in list(TASKS)[:3]:
        api.post(f"/api/v1/music/{task}", {"query" if task == "simple" else "caption": "calm piano"})
    assert api.post("/api/v1/music/simple", {"query": "a song"}).status_code == 429


def test_each_user_is_counted_apart(api, other, client_of):
    for _ in range(4):
        make(api)
    assert make(client_of(other)).status_code == 200


def test_refusals_and_unchanged_answers_count_as_well(api, owner, job_row):
    job = job_row(owner)
    url = f"/api/v1/music/jobs/{job.id}/status"
    etag = api.get(url).headers["ETag"]
    unchanged = api.get(url, headers={"If-None-Match": etag})
    assert unchanged.status_code == 304
    assert unchanged.headers["X-RateLimit-Remaining"] == "2"
    assert api.get("/api/v1/music/jobs/999").headers["X-RateLimit-Remaining"] == "1"
    assert api.get("/api/v1/music/jobs?limit=101").headers["X-RateLimit-Remaining"] == "0"


def test_other_writes_count_as_reads(api, owner, job_row):
    answer = api.patch(f"/api/v1/music/jobs/{job_row(owner).id}", {"display_name": "New"})
    assert answer.headers["X-RateLimit-Limit"] == "4"


def test_visitors_are_counted_by_their_address():
    assert APIClient().get("/api/schema").headers["X-RateLimit-Remaining"] == "3"
    assert APIClient(REMOTE_ADDR="10.0.0.9").get("/api/schema").headers["X-RateLimit-Remaining"] == "3"


def test_a_claimed_address_is_not_believed():
    """Otherwise every password guess could claim another address."""
    for place in range(4):
        APIClient().get("/api/schema", headers={"X-Forwarded-For": f"10.0.0.{place}"})
    assert APIClient().get("/api/schema").status_code == 429


def test_off_means_no_limit_and_no_headers(api, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    answer = api.get(READ_URL)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("X-RateLimit")]


def test_a_lost_counter_does_not_close_the_api(api, monkeypatch, caplog):
    def broken(*args):
        raise OSError("no space left")

    monkeypatch.setattr(throttling, "count_call", broken)
    assert api.get(READ_URL).status_code == 200
    assert "could not be counted" in caplog.text


def seen(allowance):
    return allowance.count, allowance.reset_s


def test_a_window_opens_with_the_first_call_and_closes_by_itself(clock):
    rate = Rate(2, 60)
    assert seen(count_call("w", rate)) == (1, 60)
    clock.now += 59.5
    assert seen(count_call("w", rate)) == (2, 1)
    assert count_call("w", rate).is_exceeded
    clock.now += 0.6
    assert seen(count_call("w", rate)) == (1, 60)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("60/min", (60, 60)), ("5/s", (5, 1)), ("1000/h", (1000, 3600)), ("9/day", (9, 86400)), ("off", None)],
)
def test_rates_are_read(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "60", "0/min", "-1/min", "60/minute", "1.5/s", "60 / min", "none"])
def test_other_rates_are_refused(text):
    with pytest.raises(ValueError, match="such as 60/min"):
        parse_rate(text)


def test_the_shipped_limits_are_the_contract_s(monkeypatch):
    wanted = {
        "generation": "60/min",
        "draft": "30/min",
        "marks": "120/min",
        "upload": "20/min",
        "retry": "10/min", "retake": "10/min", "analyze": "10/min",
        "repaint": "3/min", "extend": "3/min", "edit": "3/min",
        "lrc": "20/min",
        "revise": "20/min",
        "player": "6000/min",
        "webhook": "10/min",
        "read": "600/min",
    }  # fmt: skip
    assert wanted == shipped.RATE_LIMITS


def test_too_many_songs_in_line_are_refused_with_a_word_of_their_own(api, settings):
    settings.RATE_LIMITS["generation"] = "off"
    settings.WAITING_LIMIT = "1"
    assert make(api).status_code == 200
    answer = make(api)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_waiting")
    assert answer.headers["Retry-After"] == "30"
    assert Job.objects.count() == 1
