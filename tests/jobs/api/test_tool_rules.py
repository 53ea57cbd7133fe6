"""Rules common to every tool: shared parameters, lengths, takes, URLs, how a source is identified, and which
engine runs it. Each tool's own parameters are tested in its endpoint's file."""

import io
from datetime import timedelta

import numpy as np
import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audiomusic.engines.registry import ENGINES
from jobs.models import Job, SourceFile
from jobs.specs.tool_parameters import TOOLS
from jobs.storage.links import audio_url, stream_url
from tests.support.studio_songs import studio_song
from tests.support.tool_songs import tool_song

pytestmark = pytest.mark.django_db

API = "/api/v1/music"
SITE = "http://testserver"
OWN = {
    "retake": {},
    "repaint": {"repainting_start": 4, "repainting_end": 8},
    "extend": {"right_extend_length": 10},
    "edit": {},
    "cover": {},
    "reference": {},
    "extract-stem": {"track_name": "drums"},
}
FOREIGN = ("repaint", "extend", "cover", "reference", "extract-stem")
HEARD = ("cover", "reference")  # they apply the request's tempo, key and genre; others keep the song's
TAKES_ALL = ("repaint", "extend", "edit", "cover", "reference")


@pytest.fixture
def song(owner):
    return tool_song(owner, takes=2)


@pytest.fixture
def ask(api, song):
    """ask(tool, **body): POST as the owner, about the song unless the body names another source."""

    def post(tool, **body):
        names = {"source_job_id", "original_job_id", "src_audio_url", "reference_audio_url"}
        source = {} if names & body.keys() else {"source_job_id": song.id}
        is_said = {"prompt", "caption", "edit_target_prompt"} & body.keys()
        caption = {} if is_said else {"caption": "jazz trio"}
        return api.post(f"{API}/{tool}", OWN[tool] | source | caption | body)

    return post


@pytest.fixture
def upload(owner):
    return SourceFile.objects.create(
        user=owner, origin="upload", storage_name="sources/1/a.flac", byte_count=4, sha256="0" * 64,
        duration_s=20.0, file_name="Rain.flac", format="flac", samples_sha256="a" * 64,
        sample_rate_hz=48_000, channels=2, expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip


def made(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["job"]


def refused(answer, field, words, code="validation_error"):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, code), answer.content
    assert words in body["errors"][field][0], body


def url_name(tool):
    return "reference_audio_url" if tool == "reference" else "src_audio_url"


# Parameters common to all tools


@pytest.mark.parametrize("tool", OWN)
def test_each_takes_the_base_parameters_and_says_which_had_no_use(ask, tool):
    count = 1 if tool == "extract-stem" else 2
    job = made(
        ask(
            tool, format="mp3", seed=5, batch_size=count, engine="studio", generate_lrc=True,
            calculate_quality=False, thumbnail_url="https://a.example/b.png", display_name="Mine",
            quality="premium", genre_preset="Jazz",
        )
    )  # fmt: skip
    assert (job["format"], job["batch_size"], job["display_name"]) == ("mp3", count, "Mine")
    assert job["thumbnail_url"] == "https://a.example/b.png"
    unused = job["effective"]["not_applied"]
    assert "quality" in unused and ("genre_preset" in unused) == (tool not in HEARD)
    if tool == "extract-stem":
        assert {"seed", "caption", "generate_lrc", "calculate_quality"} <= unused.keys()
    else:
        assert job["effective"]["seeds"] == [5, 6]
        assert (job["effective"]["generate_lrc"], job["effective"]["calculate_quality"]) == (True, False)


@pytest.mark.parametrize("tool", HEARD)
def test_a_preset_says_the_same_of_any_song(ask, upload, tool):
    of_own = made(ask(tool, genre_preset="Modern Pop"))["effective"]["operation"]
    other = made(ask(tool, genre_preset="Modern Pop", **{url_name(tool): f"upload:{upload.id}"}))
    told = {name: other["effective"]["operation"][name] for name in ("genre", "bpm", "keyscale")}
    assert told == {name: of_own[name] for name in told} and told["bpm"]


@pytest.mark.parametrize("tool", TAKES_ALL)
def test_those_that_make_music_take_every_parameter_of_generation(ask, song, tool):
    """A repaint refuses a tempo, key or metre other than its song's, so it is sent none of these."""
    studio = ENGINES["studio"]
    options = {row.name: row.default for row in TOOLS[tool].parameters if row.is_option and row.default}
    own = {"bpm": 97, "keyscale": "D Minor", "timesignature": "3/4", "vocal_language": "de"}
    asked = {"vocal_language": "de"} if tool == "repaint" else own
    unused = made(ask(tool, **options, **asked))["effective"]["not_applied"]
    assert options.keys() == set(studio.unused_parameters) & unused.keys() & options.keys()
    assert (asked.keys() <= unused.keys()) == (tool not in HEARD)


@pytest.mark.parametrize("tool", OWN)
def test_what_a_client_fills_in_by_default_is_no_wish(ask, tool):
    filled = {"seed": -1, "duration": -1, "quality": "standard", "vocal_language": "unknown"}
    known = {name for row in TOOLS[tool.removesuffix("-stem")].parameters for name in row.all_names}
    unused = made(ask(tool, **{name: value for name, value in filled.items() if name in known}))
    assert not (unused["effective"]["not_applied"].keys() & filled.keys()) - {"quality"}


@pytest.mark.parametrize("tool", OWN)
def test_a_prompt_is_a_caption(ask, tool):
    assert made(ask(tool, prompt="jazz trio"))
    answer = ask(tool, prompt="jazz trio", caption="rock band")
    assert answer.status_code == 400
    assert "the two values differ" in str(answer.json()["errors"])


def test_of_an_edit_it_is_what_is_to_change(ask):
    job = made(ask("edit", prompt="jazz trio"))
    assert job["effective"]["operation"]["caption"] == "jazz trio"
    refused(
        ask("edit", edit_target_prompt="jazz trio", prompt="rock band"), "prompt", "the two values differ"
    )


def test_a_seed_beside_seeds_is_said_to_have_no_use(ask):
    job = made(ask("retake", seed=9, retake_seeds=[4, 5]))
    assert job["effective"]["seeds"] == [4, 5] and "seed" in job["effective"]["not_applied"]


@pytest.mark.parametrize("tool", OWN)
def test_every_default_of_the_schema_may_be_sent(ask, tool):
    """Generated clients send them."""
    rows = TOOLS[tool.removesuffix("-stem")].parameters
    defaults = {row.name: row.default for row in rows if row.default is not None}
    seeds = {"retake_seeds": [4, 5]} if tool == "retake" else {}
    assert made(ask(tool, **defaults | OWN[tool] | seeds))


@pytest.mark.parametrize("leaf", ["extract", "complete", "lego"])
def test_names_of_tasks_that_are_no_endpoints_are_not_found(api, leaf):
    answer = api.post(f"{API}/{leaf}", {"prompt": "x", "audio_duration": -1})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# Lengths


@pytest.mark.parametrize("tool", ["repaint", "edit", "retake", "extract-stem"])
def test_the_songs_own_length_is_the_only_one(ask, tool):
    for own_s in (-1, 30, 29.5, 30.9):
        assert made(ask(tool, audio_duration=own_s))
    refused(ask(tool, audio_duration=31.5), "duration", "the song's own 30.00 s")


def test_of_an_extension_it_is_the_sum(ask):
    assert made(ask("extend", duration=40))
    refused(ask("extend", duration=41), "duration", "Expected -1 or 40.00 s")


@pytest.mark.parametrize("tool", ["repaint", "extract-stem"])
def test_of_other_audio_it_is_the_audios(ask, upload, tool):
    named = {"src_audio_url": f"upload:{upload.id}"}
    assert made(ask(tool, duration=20.4, **named))
    refused(ask(tool, duration=22, **named), "duration", "own 20.00 s")


def test_a_cover_of_other_audio_is_as_long_as_asked_within_its_bars(ask, upload):
    named = {"src_audio_url": f"upload:{upload.id}"}
    assert made(ask("cover", duration=22, **named))["effective"]["operation"]["duration_s"] == 22
    assert "duration_s" not in made(ask("cover", **named))["effective"]["operation"]
    refused(ask("cover", duration=60, **named), "duration", "16.0 to 25.0 s")


def test_a_cover_that_keeps_nothing_is_as_long_as_asked(ask):
    job = made(ask("cover", duration=60, audio_cover_strength=0))
    assert (job["effective"]["operation"]["duration_s"], job["audio_duration"]) == (60, 60)


# Sources


@pytest.mark.parametrize("tool", OWN)
def test_a_take_is_chosen_among_those_there_are(ask, tool):
    assert made(ask(tool, source_take=2))["effective"]["source"]["take"] == 2
    assert made(ask(tool))["effective"]["source"]["take"] == 1
    refused(ask(tool, source_take=3), "source_take", "from 1 to 2, got 3")
    refused(ask(tool, source_take=0), "source_take", "from 1")


@pytest.mark.parametrize("tool", FOREIGN)
def test_other_audio_is_one_take(ask, upload, tool):
    named = {url_name(tool): f"upload:{upload.id}"}
    assert made(ask(tool, source_take=1, **named))
    refused(ask(tool, source_take=2, **named), "source_take", "Expected 1 or none")


@pytest.mark.parametrize("tool", FOREIGN)
@pytest.mark.parametrize(
    "link",
    [
        lambda song: audio_url(song, 2, "mp3", base_url=SITE),
        lambda song: stream_url(song, 2, base_url=SITE),  # the stream copy is audio as well
        lambda song: stream_url(song, 2, base_url="").removesuffix(".webm") + ".mp3",
        lambda song: f"job:{song.id}/take/2",
    ],
    ids=["audio", "stream", "bare", "job"],
)
def test_an_own_link_is_the_take_itself(ask, song, tool, link):
    source = made(ask(tool, **{url_name(tool): link(song)}))["effective"]["source"]
    assert (source["kind"], source["job_id"], source["take"]) == ("job", song.id, 2)


@pytest.mark.parametrize("tool", [*FOREIGN, "edit"])
@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "data:audio/wav;base64,AA", "ftp://a.example/b", "song.wav", "upload:1/take/1",
     "https://me:secret@a.example/b", "https://a.example/" + "b" * 2048],
)  # fmt: skip
def test_other_forms_are_no_address(ask, tool, url):
    answer = ask(tool, **{url_name(tool): url})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error"), answer.content
    assert "secret" not in answer.json()["detail"]
    assert Job.objects.count() == 1


def test_the_address_of_other_audio_is_told_without_its_query(ask):
    source = made(ask("cover", src_audio_url="https://a.example/b.mp3?token=secret"))["effective"]["source"]
    assert source["kind"] == "url" and source["url"].startswith("https://a.example/b.mp3")
    assert "secret" not in source["url"]


def test_the_same_sound_is_known_by_the_same_hash_in_any_lossless_file(api):
    """The hash covers the samples, not the file."""
    tone = (np.sin(np.arange(48_000) / 20) * 9000).astype(np.int16)
    told = []
    for format in ("FLAC", "WAV", "AIFF"):
        file = io.BytesIO()
        soundfile.write(file, tone, 48_000, format=format, subtype="PCM_16")
        sent = SimpleUploadedFile(f"a.{format.lower()}", file.getvalue())
        answer = api.post(f"{API}/uploads", {"file": sent}, format="multipart")
        named = {"src_audio_url": f"upload:{answer.json()['id']}", "caption": "calm"}
        told.append(made(api.post(f"{API}/cover", named))["effective"]["source"])
    assert len({source["sha256"] for source in told}) == 1
    assert [source["duration"] for source in told] == [1.0] * 3
    assert {source["kind"] for source in told} == {"upload"}


def test_words_are_wanted_only_where_something_is_added(ask, upload):
    for named in ({}, {"src_audio_url": f"upload:{upload.id}"}):
        refused(ask("extend", left_lyrics="la la", **named), "left_lyrics", "nobody could sing them")
        one_side = {"left_extend_length": 5, "right_extend_length": 0, **named}
        refused(ask("extend", lyrics="la la", **one_side), "lyrics", "nobody could sing them")


# What an engine cannot do is refused, and which engine runs a tool


@pytest.mark.parametrize("prompt", ["xyzzy blorp", "Feldspat"])
def test_an_arrangement_of_which_no_word_is_understood_is_refused(ask, prompt):
    refused(
        ask("edit", edit_target_prompt=prompt),
        "edit_target_prompt",
        "none of these words",
        "nothing_to_change",
    )
    assert Job.objects.count() == 1


@pytest.mark.parametrize("tool", OWN)
def test_without_an_engine_the_songs_own_is_taken(ask, tool):
    for asked in ({}, {"model_version": "audiomusic-v2"}, {"engine": "studio"}):
        assert made(ask(tool, **asked))["engine"] == "studio"


@pytest.mark.parametrize("tool", OWN)
def test_an_engine_that_cannot_is_told_with_those_that_can(ask, tool):
    """The engine's weights are not installed here."""
    answer = ask(tool, engine="acestep")
    assert (answer.status_code, answer.json()["code"]) == (400, "engine_cannot"), answer.content
    assert "studio" in answer.json()["errors"]["model_version"][0]


@pytest.mark.parametrize("tool", FOREIGN)
def test_a_song_without_a_score_says_how_it_is_worked_on_all_the_same(ask, owner, tool):
    song = studio_song(owner, engine="acestep", has_score=False)
    answer = ask(tool, source_job_id=song.id)
    assert (answer.status_code, answer.json()["code"]) == (400, "engine_cannot")
    assert "upload" in answer.json()["detail"]


def test_the_status_tells_which_engine_works_on_which_songs(api):
    engines = {row["name"]: row["tools"] for row in api.get(f"{API}/model/status").json()["engines"]}
    studio = {row["name"]: row["sources"] for row in engines["studio"]}
    assert studio["retake"] == studio["edit"] == ["own"]
    assert studio["cover"] == ["own", "foreign"]
    assert "edit" not in {row["name"] for row in engines["acestep"]}
