"""POST /retake, /repaint, /extend, /edit, /cover, /reference: what they accept, the resulting job, and each
error. tests/jobs/worker/test_rework.py tests what the worker makes of it."""

import pytest
from django.core.cache import cache
from django.http import HttpResponse

import audiomusic.settings as shipped
from audiomusic.accounts import idempotency
from audiomusic.accounts.credits.ledger import balance_of
from jobs.models import Job
from jobs.storage.links import audio_url
from jobs.storage.scores import kept_score
from tests.support.studio_songs import studio_song
from tests.support.tool_songs import LYRICS, document_of, tool_song

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
BODIES = {
    "retake": {},
    "repaint": {"repainting_start": 4, "repainting_end": 8, "caption": "calm"},
    "extend": {"caption": "an outro"},
    "edit": {"edit_target_prompt": "jazz trio"},
    "cover": {"caption": "jazz trio"},
    "reference": {"caption": "a song about rain"},
}
SECOND = 16.5  # credits
INVALID = "validation_error"


@pytest.fixture
def song(owner):
    return tool_song(owner)


@pytest.fixture
def ask(api, song):
    """ask(tool, **body): POST as the owner, about the song unless the body names one."""

    def post(tool, **body):
        named = {"source_job_id", "original_job_id", "src_audio_url", "reference_audio_url"} & body.keys()
        return api.post(f"/api/v1/music/{tool}", body if named else {"source_job_id": song.id, **body})

    return post


def made(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["job"]


def refused(answer, field, words, code="validation_error"):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, code), answer.content
    assert words in body["errors"][field][0], body
    assert Job.objects.count() == 1


@pytest.mark.parametrize("tool", BODIES)
def test_it_makes_a_waiting_job_of_the_song(ask, song, tool):
    answer = ask(tool, **BODIES[tool])
    job = made(answer)
    assert answer.json()["message"].endswith("started")
    assert (job["task"], job["song_type"], job["status"]) == (tool, "edits", "PENDING")
    assert (job["source_job_id"], job["engine"]) == (song.id, "studio")
    assert job["display_name"].startswith("Rainy Day – ")
    assert job["effective"]["operation"]["name"] == tool
    assert job["effective"]["source"]["job_id"] == song.id


@pytest.mark.parametrize(
    ("tool", "seconds"),
    [("retake", 30), ("repaint", 4), ("extend", 30), ("edit", 30), ("cover", 37.5)],
)
def test_it_reserves_the_seconds_that_are_newly_asked_for(ask, tool, seconds):
    assert made(ask(tool, **BODIES[tool]))["credits"]["reserved"] == pytest.approx(seconds * SECOND, abs=1)


@pytest.mark.parametrize("tool", ["repaint", "edit", "cover", "extend"])
def test_an_own_link_names_the_song(ask, song, tool):
    link = audio_url(song, 1, "flac", base_url=SITE)
    assert made(ask(tool, src_audio_url=link, **BODIES[tool]))["source_job_id"] == song.id
    assert made(ask(tool, src_audio_url=f"job:{song.id}/take/1", **BODIES[tool]))["source_job_id"] == song.id


def test_a_reference_is_named_by_its_own_parameter(ask, song):
    link = audio_url(song, 1, "flac", base_url=SITE)
    job = made(ask("reference", reference_audio_url=link, caption="rain", instrumental=True))
    assert job["source_job_id"] == song.id and job["lyrics"] == ""


@pytest.mark.parametrize("tool", BODIES)
def test_another_users_song_does_not_exist(ask, other, tool):
    name = "original_job_id" if tool == "retake" else "source_job_id"
    answer = ask(tool, **{name: tool_song(other).id}, **BODIES[tool])
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Original music job not found", "code": "source_not_found"}


@pytest.mark.parametrize("tool", BODIES)
def test_the_clients_generic_call_hears_which_field_is_missing(api, tool):
    answer = api.post(f"/api/v1/music/{tool}", {"prompt": "x", "audio_duration": -1})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    errors = answer.json()["errors"]
    assert {"original_job_id", "source_job_id"} & errors.keys()
    assert not {"prompt", "audio_duration"} & errors.keys()


@pytest.mark.parametrize("tool", BODIES)
def test_a_repeat_with_the_same_key_gets_the_first_answer(api, song, tool):
    body = {"source_job_id": song.id, **BODIES[tool]}
    one, two = (api.post(f"/api/v1/music/{tool}", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert one.json()["job"]["id"] == two.json()["job"]["id"]


@pytest.mark.parametrize("tool", [*BODIES, "extract-stem"])
def test_a_repeat_while_the_first_is_answered_gets_its_answer(api, song, monkeypatch, tool):
    """Clients repeat requests on their own, without a key."""
    monkeypatch.setattr(idempotency.cache, "add", lambda *given: False)  # the first is in progress
    monkeypatch.setattr(idempotency, "_burst_answer", lambda mark: HttpResponse(b"the first"))
    body = {"source_job_id": song.id, "track_name": "drums", **BODIES.get(tool, {})}
    assert api.post(f"/api/v1/music/{tool}", body).content == b"the first"
    assert Job.objects.count() == 1


@pytest.mark.parametrize(("tool", "calls"), [("retake", 10), ("repaint", 3), ("extend", 3), ("edit", 3)])
def test_each_has_its_own_limit(api, settings, tool, calls):
    settings.RATE_LIMITS = shipped.RATE_LIMITS
    cache.clear()
    answer = api.post(f"/api/v1/music/{tool}", {})
    assert answer["X-RateLimit-Limit"] == str(calls)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda owner: studio_song(owner, engine="acestep", has_score=False), "engine_cannot"),
        (lambda owner: studio_song(owner, task="extract"), "engine_cannot"),
        (lambda owner: studio_song(owner, document={"tracks": [], "vocals": []}), "source_too_old"),
        (lambda owner: tool_song(owner, status="FAILED"), "source_not_completed"),
    ],
)
def test_a_song_that_cannot_be_worked_on_says_why(api, owner, make, code):
    answer = api.post("/api/v1/music/retake", {"original_job_id": make(owner).id})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_the_song_stays_while_a_retake_of_it_waits(ask, api, song):
    made(ask("retake"))
    assert api.delete(f"/api/v1/music/jobs/{song.id}").json()["code"] == "source_in_use"


# retake


def test_a_retake_has_a_take_for_each_seed(ask):
    job = made(ask("retake", retake_seeds=[4, 5, 6], retake_variance=0.3))
    assert (job["batch_size"], job["effective"]["seeds"]) == (3, [4, 5, 6])
    assert job["effective"]["operation"]["variance"] == 0.3


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"retake_variance": 1.5}, "retake_variance", "from 0 to 1"),
        ({"retake_seeds": []}, "retake_seeds", "a list of 1 to 8"),
        ({"retake_seeds": [1, "2"]}, "retake_seeds", "a list of 1 to 8"),
        ({"retake_seeds": [1, 2], "batch_size": 3}, "batch_size", "Expected 2"),
        ({"duration": 60}, "duration", "the song's own 30.00 s"),
    ],
)
def test_a_retake_that_does_not_fit_is_refused(ask, body, field, words):
    refused(ask("retake", **body), field, words)


# repaint


@pytest.mark.parametrize(
    ("body", "window"),
    [
        ({"repainting_start": 0, "repainting_end": -1}, (0, 30)),
        ({"repainting_start": 4.1, "repainting_end": 8, "snap": "bar"}, "bars"),
        ({"start_bar": 3, "end_bar": 4}, "bars"),
        ({"section": "chorus"}, "section"),
    ],
)
def test_a_window_is_said_in_seconds_bars_or_by_a_sections_name(ask, body, window):
    told = made(ask("repaint", caption="calm", **body))["effective"]["window"]
    document = document_of()
    bar_s = document["quarter_s"] * 4
    if window == "bars":
        assert told["start_s"] / bar_s == pytest.approx(round(told["start_s"] / bar_s), abs=1e-3)
    elif window == "section":
        chorus = next(each for each in document["sections"] if each["kind"] == "chorus")
        assert told["start_s"] == pytest.approx(chorus["start_s"], abs=1e-3)
    else:
        assert (told["start_s"], told["end_s"]) == window
    assert told["end_bar"] >= told["start_bar"] >= 1


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "repainting_start", "got none of them"),
        ({"repainting_start": 1, "repainting_end": 2, "section": "Verse"}, "repainting_start", "got several"),
        ({"repainting_end": 2}, "repainting_start", "Required"),
        ({"repainting_start": 8, "repainting_end": 4}, "repainting_start", "of a song of 30.00 s"),
        ({"repainting_start": 8, "repainting_end": 8.2}, "repainting_end", "at least 0.5 s"),
        ({"repainting_start": 8, "repainting_end": 90}, "repainting_end", "at most the song's 30.00 s"),
        ({"section": "Bridge 7"}, "section", "Expected one of "),
        ({"start_bar": 99}, "end_bar", "which the song has"),
        ({"repainting_start": 1, "repainting_end": 4, "bpm": 31}, "bpm", "the song's own"),
    ],
)
def test_a_window_that_does_not_fit_is_refused(ask, body, field, words):
    refused(ask("repaint", caption="calm", **body), field, words)


def line_of(song, number):
    """Return the start and end of a line of the lead vocal, in seconds."""
    score = kept_score(song.takes.get())
    syllables = [line for line in score["vocals"] if line["part"] == "lead"][number]["syllables"]
    return syllables[0][0], syllables[-1][0] + syllables[-1][1]


@pytest.mark.parametrize("own", [{"lyrics": "A bird is on the wing"}, {"snap": "line"}, {"lyrics": ""}])
def test_a_stretch_with_new_words_cuts_no_line(ask, song, own):
    start_s, end_s = line_of(song, 0)
    body = {"repainting_start": start_s + 0.1, "repainting_end": end_s - 0.1, "caption": "calm"}
    window = made(ask("repaint", **body, **own))["effective"]["window"]
    assert window["start_s"] <= start_s and window["end_s"] >= end_s
    assert window["asked_start_s"] == pytest.approx(start_s + 0.1, abs=1e-3)
    assert window["moved_for"] == ["The river runs beneath the bridge"]


def test_a_line_across_an_edge_is_sung_on_where_its_words_stay(ask, song):
    start_s, end_s = line_of(song, 0)
    body = {"repainting_start": start_s + 0.1, "repainting_end": end_s - 0.1, "caption": "calm"}
    window = made(ask("repaint", **body))["effective"]["window"]
    assert window["start_s"] == pytest.approx(start_s + 0.1, abs=1e-3)
    assert window["sung_on"] == ["The river runs beneath the bridge"]


# extend


def test_thirty_seconds_are_added_at_the_end_unless_asked_otherwise(ask):
    operation = made(ask("extend", caption="more", left_extend_length=5))["effective"]["operation"]
    assert (operation["left_s"], operation["right_s"]) == (5, 30)


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"right_extend_length": 0}, "right_extend_length", "got 0 on both"),
        ({"right_extend_length": 90}, "right_extend_length", "from 0 to 60"),
        ({"right_extend_length": 0.5}, "right_extend_length", "at least 1 s"),
        ({"duration": 61}, "duration", "Expected -1 or 60.00 s"),
        ({"left_lyrics": "la la"}, "left_lyrics", "nobody could sing them"),
        (
            {"left_extend_length": 5, "right_extend_length": 0, "lyrics": "la la"},
            "lyrics",
            "nobody could sing them",
        ),
    ],
)
def test_an_extension_that_does_not_fit_is_refused(ask, body, field, words):
    refused(ask("extend", caption="more", **body), field, words)


# edit


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"edit_target_lyrics": LYRICS.replace("river", "water")}, "only_lyrics"),
        ({"edit_target_prompt": "make the guitars more prominent and add reverb"}, "mix"),
        ({"edit_target_prompt": "bossa nova"}, "remix"),
        ({"edit_target_prompt": "louder bass", "edit_type": "remix"}, "remix"),
    ],
)
def test_what_is_sent_tells_which_edit_is_meant(ask, body, kind):
    assert made(ask("edit", **body))["effective"]["operation"]["type"] == kind


@pytest.mark.parametrize(
    ("body", "field", "words", "code"),
    [
        ({}, "edit_target_lyrics", "got neither", INVALID),
        ({"edit_type": "only_lyrics", "prompt": "x"}, "edit_target_lyrics", "Required", INVALID),
        ({"edit_type": "swap", "prompt": "x"}, "edit_type", "only_lyrics, remix, mix", INVALID),
        ({"edit_n_min": 0.9, "edit_n_max": 0.3, "prompt": "x"}, "edit_n_min", "Expected less", INVALID),
        ({"edit_type": "mix", "prompt": "x"}, "edit_target_prompt", "none of these "
                                                                    "words", "nothing_to_change"),
        (
            {"lyrics": "[Verse]\none\ntwo\nthree\nfour\n[Chorus]\nfive"},
            "edit_target_lyrics", "room for 2 line(s), the words have 4: there is none for 'three'",
            "words_do_not_fit",
        ),
        ({"lyrics": "na " * 80}, "edit_target_lyrics", "room for", "words_do_not_fit"),
    ],
)  # fmt: skip
def test_an_edit_that_does_not_fit_is_refused_for_nothing(ask, owner, body, field, words, code):
    before = balance_of(owner)
    refused(ask("edit", **body), field, words, code)
    assert balance_of(owner) == before


@pytest.mark.parametrize(
    ("tool", "name", "own"), [("edit", "edit_target_lyrics", {}), ("cover", "lyrics", {"caption": "jazz"})]
)
def test_how_new_words_fit_is_told_at_once(ask, tool, name, own):
    job = made(ask(tool, **own, **{name: LYRICS.replace("The town is fast asleep", "The town sleeps")}))
    [fit] = job["effective"]["operation"]["fit"]
    assert (fit["line"], fit["instead_of"]) == ("The town sleeps", "The town is fast asleep")
    assert (fit["syllables"], fit["notes"]) == (3, 6) and fit["room"] >= 6
    assert job["credits"]["charged"] == 0
    same = made(ask(tool, **own, **{name: LYRICS.replace("town", "moon")}))
    assert "fit" not in same["effective"]["operation"]


# cover and reference


def test_a_cover_says_how_near_it_stays(ask):
    operation = made(ask("cover", caption="jazz", audio_cover_strength=1.0, bpm=90))["effective"]["operation"]
    assert (operation["strength"], operation["bpm"]) == (1.0, 90)


def test_a_length_moves_a_covers_tempo(ask):
    operation = made(ask("cover", caption="jazz", duration=27))["effective"]["operation"]
    assert operation["bpm"] == pytest.approx(document_of()["bpm"] * 30 / 27, rel=1e-3)


def test_a_cover_keeps_its_bars(ask):
    refused(ask("cover", caption="jazz", duration=90), "duration", "24.0 to 37.5 s")


def test_parameters_of_no_use_are_told(ask):
    job = made(
        ask("repaint", **BODIES["repaint"], guidance_scale=3.0, vocal_language="de", quality="premium")
    )
    assert sorted(job["effective"]["not_applied"]) == ["guidance_scale", "quality", "vocal_language"]
