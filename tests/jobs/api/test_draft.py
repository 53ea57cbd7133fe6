"""POST /draft: a preview of a song, and the request that makes it."""

import subprocess
import sys

import pytest

from audiomusic.accounts.models import CreditEntry
from audiomusic.accounts.services import key_create
from audiomusic.devtools.scratch_server import ROOT
from audiomusic.engines.base import SongRequest
from audiomusic.engines.studio.plan import make_plan
from jobs.models import Job
from jobs.specs.build import song_request

pytestmark = pytest.mark.django_db

MIA = "a birthday song for my sister Mia, who loves cats and disco"
WORDS = "[Verse]\nThe tide is coming in\nThe boats are going out\n\n[Chorus]\nCome home, come home"
BODIES = [
    {"query": MIA},
    {"query": "ein trauriger Walzer über den Regen", "vocal_language": "de"},
    {"caption": "slow folk waltz in D minor", "lyrics": WORDS},
    {"caption": "punk rock at 180 bpm"},
    {"caption": "calm piano", "instrumental": True},
    {"query": "calm piano, no vocals"},
    {"query": MIA, "duration": 45},
    {"prompt": "a ballad", "lyrics": WORDS, "genre_preset": "Jazz"},
    {"caption": "ambient", "lyrics": "[Verse]\n[Chorus]\n[Verse]"},
    {"query": MIA, "bpm": 97.5, "keyscale": "F# min", "timesignature": "6", "display_name": "For Mia"},
]


@pytest.fixture
def draft(api):
    """draft(**body): POST as the owner."""
    return lambda **body: api.post("/api/v1/music/draft", body)


def drafted(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_it_tells_title_words_and_plan(draft):
    found = drafted(draft(query=MIA, seed=7))
    assert found["title"] and "[" in found["lyrics"] and found["caption"].startswith(MIA)
    assert 40 <= found["bpm"] <= 220 and found["keyscale"].split()[1] in ("Major", "Minor")
    assert found["timesignature"] in ("2/4", "3/4", "4/4", "6/8") and 20 < found["duration"] < 300
    assert found["vocal_language"] == "en" and found["written_by"] == "built-in"
    understood = {wish["words"]: (wish["aspect"], wish["polarity"]) for wish in found["understood"]}
    assert understood["disco"] == ("genre", "want")


def test_it_tells_the_sections_and_who_plays(draft):
    found = drafted(draft(query="a funk song about my cat, no drums", seed=7))
    sections = found["sections"]
    assert [row["start"] for row in sections] == sorted(row["start"] for row in sections)
    assert sections[0]["start"] == 0 and {"verse", "chorus"} <= {row["kind"] for row in sections}
    assert sum(row["lines"] for row in sections) > 4
    assert "electric bass" in found["instruments"] and "drums" not in found["instruments"]
    assert len(set(found["instruments"])) == len(found["instruments"])
    alone = drafted(draft(query="an a cappella song about my cat", seed=7))
    assert alone["instruments"] == []


def test_what_is_sung_about_is_understood(draft):
    found = drafted(draft(query="a disco song about my boat", seed=7))
    subjects = [wish["words"] for wish in found["understood"] if wish["aspect"] == "subject"]
    assert any("boat" in words for words in subjects) and not found["not_understood"]


def test_it_tells_what_it_did_not_understand_and_what_it_will_not_do(draft):
    caption = "slow waltz at 90 bpm, a zqxim, no drums"
    found = drafted(draft(caption=caption, lyrics=WORDS, bpm=120, seed=7))
    assert any("zqxim" in words for words in found["not_understood"])
    refused = [wish for wish in found["understood"] if wish["polarity"] == "refuse"]
    assert [wish["aspect"] for wish in refused] == ["drums"]
    assert any("parameter bpm takes precedence" in reason for reason in found["not_applied"].values())


@pytest.mark.parametrize("body", BODIES)
def test_its_request_makes_that_song(draft, generate, body):
    found = drafted(draft(**body, seed=11))
    answer = generate("text2music", **found["request"])
    assert answer.status_code == 200, answer.content
    job = Job.objects.get(id=answer.json()["job"]["id"])
    request = song_request(job)
    plan = make_plan(request, request.seeds[0])
    assert (plan.title, plan.caption, plan.lyrics) == (found["title"], found["caption"], found["lyrics"])
    assert (plan.bpm, plan.key.name, plan.metre.name) == (
        found["bpm"], found["keyscale"], found["timesignature"],
    )  # fmt: skip
    assert (plan.duration_s, plan.language) == (found["duration"], found["vocal_language"])
    assert job.display_name == found["title"] and request.seeds == (11,)
    assert not request.write_lyrics  # no lyrics are left to write


@pytest.mark.parametrize("body", BODIES)
def test_the_same_wish_and_seed_give_the_same_draft(draft, body):
    assert drafted(draft(**body, seed=5)) == drafted(draft(**body, seed=5))


def test_a_seed_that_is_left_out_is_drawn_and_told(draft):
    seeds = {drafted(draft(query=MIA))["request"]["seed"] for _ in range(3)}
    assert len(seeds) == 3
    assert drafted(draft(query=MIA, seed=0))["request"]["seed"] == 0


def test_what_was_asked_stays(draft):
    found = drafted(draft(query=MIA, bpm=97.5, keyscale="F# min", timesignature="6", duration=50, seed=1))
    request = found["request"]
    assert (request["bpm"], request["keyscale"], request["timesignature"]) == (97.5, "F# Minor", "6/8")
    assert request["duration"] == found["duration"] == 50


def test_own_words_stay_as_they_were_sent(draft):
    found = drafted(draft(caption="a shanty", lyrics=WORDS))
    assert found["request"]["lyrics"] == WORDS and found["written_by"] is None


def test_nothing_is_stored_and_nothing_charged(draft, owner):
    drafted(draft(query=MIA))
    assert not Job.objects.exists() and not CreditEntry.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": " "}, "query"),
        ({"query": None}, "query"),
        ({"query": "x", "caption": "y"}, "caption"),
        ({"caption": "x", "prompt": "y"}, "prompt"),
        ({"query": "x" * 1001}, "query"),
        ({"caption": "x", "lyrics": "x" * 10_001}, "lyrics"),
        ({"caption": "x", "lyrics": "♪"}, "lyrics"),
        ({"query": "x", "duration": 601}, "duration"),
        ({"query": "x", "vocal_language": "klingon"}, "vocal_language"),
        ({"query": "x", "genre_preset": "Polka"}, "genre_preset"),
        ({"query": "x", "seed": "7"}, "seed"),
        ({"query": "x", "format": "flac"}, "format"),
        ({"query": "x\x00"}, "query"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(draft, body, field):
    answer = draft(**body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "invalid" and answer.json()["errors"][field]


def test_it_counts_apart_from_songs(draft, generate, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"draft": "2/min", "generation": "1/min"}
    assert [draft(query="x").status_code for _ in range(3)] == [200, 200, 429]
    assert generate("simple", query="x").status_code == 200


def test_a_key_that_may_only_read_is_refused(client, owner):
    _, key = key_create(user=owner, name="reader", scopes=["music:read"])
    answer = client.post(
        "/api/v1/music/draft", {"query": "x"}, content_type="application/json", headers={"X-API-Key": key}
    )
    assert answer.status_code == 403


def test_planning_does_not_import_torch():
    code = "import sys, audiomusic.engines.studio.plan; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_title_in_the_request_is_the_songs():
    request = SongRequest("song", "a shanty", (1,), 60.0, lyrics=WORDS, title="Low Tide")
    assert make_plan(request, 1).title == "Low Tide"


def test_a_metre_that_no_parameter_says_is_left_to_the_caption(draft):
    found = drafted(draft(caption="rock in 7/8", lyrics="[verse]\nAll the lights are going down", seed=7))
    assert found["timesignature"] == "7/8" and "timesignature" not in found["request"]
    assert drafted(draft(**found["request"]))["timesignature"] == "7/8"
