"""The language model as a lyrics writer, over real HTTP, with a server that also misbehaves."""

import json
import time
from dataclasses import replace

import pytest

from audiomusic.engines.base import SongRequest
from audiomusic.engines.language_model.client import MAX_ANSWER_BYTES
from audiomusic.engines.language_model.options import LanguageModelOptions
from audiomusic.engines.language_model.writer import NAME, LanguageModelWriter
from jobs.drafts.language_model import send_to_language_model
from tests.support import language_model_server as fake

WISH = SongRequest(
    "song", "", (7,), 160.0, query="a birthday song for my sister Mia, who loves cats", write_lyrics=True
)
KEY = "sk-secret-of-the-operator"


@pytest.fixture
def server():
    with fake.LanguageModelServer() as server:
        yield server


@pytest.fixture
def options(server):
    return LanguageModelOptions(server.url, fake.MODEL, 10.0, send_to_language_model, KEY)


@pytest.fixture
def writer(options):
    return LanguageModelWriter(options)


def test_it_writes_a_song(writer, server):
    song = writer.write(WISH, 7).song
    assert song == {
        "by": fake.MODEL, "title": "Mia's Disco", "lyrics": fake.LYRICS,
        "caption": "funk, warm bass, handclaps", "bpm": 118.0, "keyscale": "A Minor",
        "timesignature": "4/4", "vocal_language": "en",
    }  # fmt: skip
    [request] = server.requests
    assert request["model"] == fake.MODEL and request["seed"] == 7 and "temperature" in request
    assert request["response_format"]["type"] == "json_schema"
    assert "Mia" in request["messages"][1]["content"] and server.keys == [f"Bearer {KEY}"]
    assert writer.facts == {"model": fake.MODEL, "state": "answers", "reason": None}


def test_it_sends_nothing_of_this_machine(writer, server):
    writer.write(WISH, 7)
    assert not [name for name in server.headers[0] if name.lower().startswith("x-")]


@pytest.mark.parametrize(
    ("kinds", "asked"),
    [(("json_schema",), ["json_schema", "json_object"]), (("json_schema", "json_object"), None)],
)
def test_a_server_that_knows_no_schema_is_asked_otherwise(writer, server, kinds, asked):
    server.answers = fake.without_formats(*kinds)
    assert writer.write(WISH, 7).song
    found = [request.get("response_format", {}).get("type") for request in server.requests]
    assert found == (asked or ["json_schema", "json_object", None])
    writer.write(WISH, 8)
    assert len(server.requests) == len(found) + 1  # the format that it accepts is remembered


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{json.dumps(fake.SONG)}\n```",
        f"<think>What rhymes with Mia? {{}}</think>\n{json.dumps(fake.SONG)}",
    ],
)
def test_a_fence_and_thoughts_before_it_are_passed_over(writer, server, content):
    server.answers = fake.saying(content)
    assert writer.write(WISH, 7).song


def test_open_fields_may_be_left_out(writer, server):
    server.answers = fake.saying(json.dumps({"title": "Mia", "lyrics": fake.LYRICS}))
    assert writer.write(WISH, 7).song == {"by": fake.MODEL, "title": "Mia", "lyrics": fake.LYRICS}


MISBEHAVIOUR = {
    "prose": (fake.saying("Sure! Here is your song about Mia."), "one JSON object"),
    "cut short": (fake.saying(json.dumps(fake.SONG)[:200]), "one JSON object"),
    "a list": (fake.saying("[1, 2]"), "a list"),
    "deep nesting": (fake.saying("[" * 100_000), "one JSON object"),
    "nothing": (fake.saying(""), "empty"),
    "null": (fake.saying(None), "empty"),
    "a number for words": (fake.saying(7), "empty"),
    "a refusal": (fake.saying(None, refusal="I cannot write that."), "refused to write"),
    "no choices": (fake.raw({"choices": []}), "not a chat completion"),
    "no completion": (fake.raw({"hello": "world"}), "not a chat completion"),
    "a text": (fake.raw(b'"text"'), "not a chat completion"),
    "a page": (fake.raw(b"<html>"), "not a chat completion"),
    "no bytes": (fake.raw(b""), "not a chat completion"),
    "a bad key": (fake.refusing(401), "status 401"),
    "too many calls": (fake.refusing(429), "status 429"),
    "a fault": (fake.refusing(500), "status 500"),
    "a redirect": (fake.refusing(307), "status 307"),
    "always no": (fake.refusing(400), "status 400"),
    "another field": (fake.with_fields(html="<b>"), "'html'"),
    "lyrics in a list": (fake.with_fields(lyrics=["la"]), "lyrics: expected a text, got a list"),
    "no lyrics": (fake.with_fields(lyrics=""), "lyrics: expected words"),
    "marks alone": (fake.with_fields(lyrics="[Verse]\n\n[Chorus]"), "lyrics: expected words"),
    "no marks": (fake.with_fields(lyrics="Mia is here\nand so are the cats"), "section marks"),
    "a long line": (fake.with_fields(lyrics="[Verse]\n" + "Mia and the cats " * 9), "at most 70 characters"),
    "a long section": (fake.with_fields(lyrics="[Verse]\n" + "Mia\n" * 13), "lines a section"),
    "long lyrics": (fake.with_fields(lyrics="[Verse]\nla\nla\n\n" * 40), "at most 60 lines"),
    "very long lyrics": (fake.with_fields(lyrics="[Verse]\n" + "la\n" * 9000), "at most 8000 characters"),
    "markup": (fake.with_fields(lyrics="[Verse]\n<script>alert(1)</script>\nMia"), "plain words"),
    "Markdown": (fake.with_fields(lyrics="[Verse]\n**Mia**"), "plain words"),
    "a link": (fake.with_fields(lyrics="[Verse]\nMia http://x.example"), "plain words"),
    "a hidden sign": (fake.with_fields(lyrics="[Verse]\nMia\u202e and"), "control character"),
    "markup in the title": (fake.with_fields(title="<i>Mia</i>"), "title: expected plain words"),
    "a long title": (fake.with_fields(title="Mia " * 20), "title: expected 1 to 60"),
    "no title": (fake.with_fields(title=None), "title: expected a text"),
    "a fast tempo": (fake.with_fields(bpm=900), "bpm: expected a number from 40 to 220"),
    "a tempo in words": (fake.with_fields(bpm="fast"), "bpm: expected a number, got a text"),
    "true for a tempo": (fake.with_fields(bpm=True), "bpm: expected a number"),
    "no number": (fake.saying(json.dumps(fake.SONG | {"bpm": float("nan")})), "one JSON object"),
    "no key": (fake.with_fields(keyscale="H double sharp"), "keyscale: expected a key"),
    "no metre": (fake.with_fields(timesignature="19/16"), "timesignature: expected one of"),
    "no language": (fake.with_fields(vocal_language="Klingon"), "vocal_language: expected"),
    "no length": (fake.with_fields(duration=-5), "duration: expected a number"),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_whatever_is_not_as_asked_is_not_used_and_told(writer, server, name):
    server.answers, words = MISBEHAVIOUR[name]
    written = writer.write(WISH, 7)
    assert written.song is None and words in written.problem
    assert written.notes[NAME].endswith("The built-in writer wrote the lyrics.")
    assert KEY not in written.problem and "127.0.0.1" not in written.problem
    assert writer.facts["state"] == "fails" and writer.facts["reason"] == written.problem


def test_words_in_another_language_than_asked_are_not_used(writer):
    written = writer.write(replace(WISH, vocal_language="de"), 7)
    assert written.song is None and "expected words in de, got en" in written.problem


@pytest.mark.parametrize("answers", [fake.late(30), fake.dripping])
def test_one_deadline_holds_for_a_whole_answer(options, server, answers):
    server.answers = answers
    start = time.monotonic()
    written = LanguageModelWriter(replace(options, timeout_s=1.0)).write(WISH, 7)
    assert written.song is None and "within 1 s" in written.problem
    assert time.monotonic() - start < 8  # well before the server's 30 s


def test_of_an_endless_answer_the_rest_is_not_read(writer, server):
    server.answers = fake.endless
    written = writer.write(WISH, 7)
    assert written.song is None and "cannot be reached" in written.problem
    assert MAX_ANSWER_BYTES < 1_000_000


def test_a_server_that_is_not_there(options, server):
    away = replace(options, url="http://127.0.0.1:9/v1")
    written = LanguageModelWriter(away).write(WISH, 7)
    assert written.song is None and "cannot be reached" in written.problem


def test_whoever_waits_may_stop(options, server):
    class Stopped(Exception):
        pass

    def look():
        if server.requests:
            raise Stopped

    server.answers = fake.late(30)
    start = time.monotonic()
    with pytest.raises(Stopped):
        LanguageModelWriter(options).write(WISH, 7, look=look)
    assert time.monotonic() - start < 8
