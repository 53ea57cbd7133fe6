"""Other formats made on demand: one encoder at a time for a take, at most two in a process."""

import threading
import time

import pytest
from django.db import connection
from django.test import Client

from jobs.storage import copies, takes
from jobs.storage.copies import ENCODERS, RETRY_AFTER_S, WAITERS, EncodersBusy, take_in_format, take_lock
from jobs.storage.links import audio_url
from tests.jobs.test_services_races import race
from tests.support.recordings import new_job, recorded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.support.media_urls")]


class Encoders:
    """Real encoders that wait at a gate and are counted."""

    def __init__(self, transcode):
        self.transcode, self.gate, self.lock = transcode, threading.Event(), threading.Lock()
        self.now, self.most, self.started = 0, 0, []

    def __call__(self, source, path, format):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.started.append(path.name)
        try:
            assert self.gate.wait(30)
            return self.transcode(source, path, format)
        finally:
            with self.lock:
                self.now -= 1


@pytest.fixture
def encoders(monkeypatch):
    found = Encoders(takes.transcode)
    monkeypatch.setattr(takes, "transcode", found)
    yield found
    found.gate.set()


def wait_until(is_so):
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def in_thread(act):
    """Start `act` in a thread with its own connection; return the thread, which sets `result` at its end."""

    def run():
        try:
            thread.result = act()
        except Exception as error:
            thread.result = error
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def asked(take, format="wav"):
    return in_thread(lambda: take_in_format(take=take, format=format))


def test_many_who_ask_for_one_file_get_the_same_one_made_once(owner, encoders, monkeypatch):
    monkeypatch.setattr(copies, "WAIT_S", 20.0)
    take = recorded(new_job(owner))
    threads = [asked(take) for _ in range(1 + WAITERS)]
    wait_until(lambda: encoders.started)
    encoders.gate.set()
    for thread in threads:
        thread.join()
    assert {thread.result.pk for thread in threads} == {take.files.get(format="wav").pk}
    assert len(encoders.started) == 1


def test_no_more_than_two_encoders_run_in_a_process(owner, encoders, monkeypatch):
    monkeypatch.setattr(copies, "WAIT_S", 20.0)
    takes = [recorded(new_job(owner)) for _ in range(ENCODERS + WAITERS)]
    threads = [asked(take) for take in takes]
    wait_until(lambda: encoders.now == ENCODERS)
    time.sleep(0.2)  # time for any further encoder to start
    encoders.gate.set()
    for thread in threads:
        thread.join()
        assert thread.result.format == "wav"
    assert encoders.most == ENCODERS


def test_who_finds_all_taken_and_others_waiting_is_told_to_come_again(owner, encoders, monkeypatch):
    monkeypatch.setattr(copies, "WAIT_S", 20.0)
    takes = [recorded(new_job(owner)) for _ in range(ENCODERS + WAITERS + 1)]
    threads = [asked(take) for take in takes[:ENCODERS]]
    wait_until(lambda: encoders.now == ENCODERS)
    threads += [asked(take) for take in takes[ENCODERS:-1]]
    wait_until(lambda: copies._waiters._value == 0)
    answer = Client().get(audio_url(takes[-1].job, 1, "wav", base_url=""))
    assert (answer.status_code, answer["Retry-After"]) == (503, str(RETRY_AFTER_S))
    assert answer.json()["code"] == "encoder_busy" and answer.json()["detail"].endswith("seconds.")
    assert Client().get(audio_url(takes[-1].job, 1, "flac", base_url="")).status_code == 200
    encoders.gate.set()
    for thread in threads:
        thread.join()
    assert Client().get(audio_url(takes[-1].job, 1, "wav", base_url="")).status_code == 200


def test_a_wait_ends_in_time(owner, encoders, monkeypatch):
    monkeypatch.setattr(copies, "WAIT_S", 0.1)
    take = recorded(new_job(owner))
    first = asked(take)
    wait_until(lambda: encoders.now == 1)
    with pytest.raises(EncodersBusy):
        take_in_format(take=take, format="mp3")  # one encoder for a take, whatever the format
    encoders.gate.set()
    first.join()
    assert take_in_format(take=take, format="mp3").format == "mp3"


def test_another_process_that_makes_it_is_waited_for(owner, monkeypatch):
    """Another connection, or another open file, holds the lock."""
    monkeypatch.setattr(copies, "WAIT_S", 0.1)
    take, held, done = recorded(new_job(owner)), threading.Event(), threading.Event()

    def hold():
        with take_lock(take):
            held.set()
            done.wait(20)

    other = in_thread(hold)
    assert held.wait(20)
    with pytest.raises(EncodersBusy):
        take_in_format(take=take, format="wav")
    done.set()
    other.join()
    assert take_in_format(take=take, format="wav").format == "wav"


def test_a_failed_encoder_leaves_its_place(owner, monkeypatch):
    def fail(source, path, format):
        raise OSError("disk full")

    take = recorded(new_job(owner))
    with monkeypatch.context() as patched:
        patched.setattr(takes, "transcode", fail)
        for _ in range(ENCODERS + 1):
            with pytest.raises(takes.StorageRefused):
                take_in_format(take=take, format="wav")
    assert race(*[lambda: take_in_format(take=take, format="wav")])[0].format == "wav"
