"""No user sees, changes or learns of another user's objects, at any address, with any verb."""

import uuid

import pytest

from audiomusic.accounts.services import key_create
from jobs.models import Job
from tests.security.conftest import MARK
from tests.support.addresses import ADDRESSES, BY_TOKEN, CLOSED, UNSAFE, VERBS

pytestmark = pytest.mark.django_db

NOBODYS = 987_654_321
ROW_IDS = (
    "job_id",
    "other_id",
    "upload_id",
    "pk",
    "key_id",
    "delivery_id",
    "share_id",
    "factor_id",
    "playlist_id",
    "player_id",
    "smart_list_id",
    "playlist_link_id",
)
NOWHERE = dict.fromkeys(ROW_IDS, NOBODYS) | {
    "endpoint_id": uuid.UUID(int=NOBODYS),
    "kind": "app",
    "name": "pause",
    "tool": "part",
}
OF_OBJECTS = [address for address in ADDRESSES if address.parameters and address.name not in BY_TOKEN]
OF_NOTHING = [address for address in CLOSED if not address.parameters]
#: Valid everywhere, so that ownership is checked before any error in the body.
BODY = {"display_name": "mine", "url": "https://example.org/", "days": 7}
#: Addresses where the owner does see the mark; otherwise its absence for others would prove nothing.
SEEN_BY_OWNER = {
    "home", "queue", "account",
    "job-list", "liked-list", "filter-statistics", "api-keys", "security-events", "webhook-endpoints",
    "wallet-topups", "upload-list", "uploads", "upload-rows", "playlists", "playlist-list",
    "smart-list-list",
}  # fmt: skip
#: Addresses of composed songs: their own tests show that the owner finds them.
OF_COMPOSED = {"score-first-score", "track-score"}
#: Models that change whenever a key is used.
NOTING_USE = ("ApiKey", "SecurityEvent")


def call(client, verb, path, **headers):
    if verb in ("get", "head"):
        return getattr(client, verb)(path, headers=headers)
    return getattr(client, verb)(path, BODY, content_type="application/json", headers=headers)


def told(answer):
    return answer.status_code, answer.content, answer.headers.get("Content-Type")


def test_every_parameter_of_an_address_is_known_here():
    unknown = [address.route for address in OF_OBJECTS if set(address.parameters) - set(NOWHERE)]
    assert not unknown, "Tell tests.security whose objects these are, in NOWHERE and in belongings."
    assert len(OF_OBJECTS) > 15


def test_anothers_is_as_if_it_were_not_there(signed_in, belongings, rows):
    before = rows()
    for address in OF_OBJECTS:
        for verb in VERBS:
            theirs = call(signed_in, verb, address.fill(belongings.ids))
            missing = call(signed_in, verb, address.fill(NOWHERE))
            assert theirs.status_code in (404, 405), (address, verb, theirs.content)
            assert told(theirs) == told(missing), (address, verb)
    assert rows() == before


def test_it_is_so_whatever_became_of_a_job(signed_in, belongings):
    for job in (belongings.failed, belongings.waiting):
        for address in OF_OBJECTS:
            for verb in VERBS if address.is_api and "job_id" in address.parameters else ():
                theirs = call(signed_in, verb, address.fill({"job_id": job.id}))
                missing = call(signed_in, verb, address.fill(NOWHERE))
                assert told(theirs) == told(missing), (address, verb)


def test_a_song_is_not_made_again_from_anothers(signed_in, belongings):
    theirs = signed_in.get(f"/create?from={belongings.song.id}")
    assert theirs.status_code == 404
    assert told(theirs) == told(signed_in.get(f"/create?from={NOBODYS}"))


def test_ones_own_song_is_not_compared_with_anothers(signed_in, other, belongings, job_row):
    mine = job_row(other, status="COMPLETED")
    assert signed_in.get(f"/tracks/{mine.id}/compare/{mine.id}").status_code == 200
    for one, two in ((mine.id, belongings.song.id), (belongings.song.id, mine.id)):
        theirs = signed_in.get(f"/tracks/{one}/compare/{two}")
        missing = signed_in.get(f"/tracks/{mine.id}/compare/{NOBODYS}")
        assert theirs.status_code == 404 and told(theirs) == told(missing)


@pytest.mark.parametrize("address", OF_OBJECTS, ids=[address.name for address in OF_OBJECTS])
def test_its_owner_does_find_it(client, owner, belongings, address):
    """Some verb must succeed, or the tests above would prove nothing."""
    client.force_login(owner)
    if address.name in OF_COMPOSED:
        return
    found = {verb: call(client, verb, address.fill(belongings.ids)).status_code for verb in VERBS}
    assert set(found.values()) - {404, 405}, found


@pytest.mark.parametrize("query", ["", f"?search={MARK[:-1]}", "?liked=true"])
def test_nothing_that_is_listed_counted_or_searched_is_anothers(signed_in, belongings, query):
    for address in OF_NOTHING:
        answer = call(signed_in, "get", address.route + query)
        for secret in (MARK, "777777", "777,777", belongings.share.token):
            assert secret.encode() not in answer.content, (address, secret)
        own = "2" if address.name == "security-events" else "0"  # created, and signed in
        assert answer.headers.get("X-Total-Count", own) == own


def test_the_owner_sees_the_marks(client, owner, belongings):
    client.force_login(owner)
    seen = {each.name for each in OF_NOTHING if MARK.encode() in call(client, "get", each.route).content}
    assert seen >= SEEN_BY_OWNER


def test_counts_are_of_ones_own(signed_in, belongings):
    counts = signed_in.get("/api/v1/music/jobs/counts").json()
    assert (counts["total"], counts["by_task"], counts["by_song_type"]) == (0, {}, {})
    statistics = signed_in.get("/api/v1/music/filters/stats").json()
    assert (statistics["total_tracks"], statistics["liked_count"]) == (0, 0)
    assert not any(statistics["available_filters"].values())
    for wish in (f"genre={MARK}", "language=cy", "status=failed", "sort_by=display_name"):
        assert signed_in.get(f"/api/v1/music/jobs?{wish}")["X-Total-Count"] == "0"


def test_a_remembered_answer_is_its_askers_alone(client, owner, other):
    """The same Idempotency-Key from two users means two requests."""
    asked = {"prompt": "one kick", "duration": 1}
    made = {}
    for user in (owner, other):
        client.force_login(user)
        answer = client.post(
            "/api/v1/music/text2samples",
            asked,
            content_type="application/json",
            headers={"Idempotency-Key": "same"},
        )
        assert "Idempotent-Replayed" not in answer
        made[answer.json()["job"]["id"]] = user
    assert {job.id: job.user for job in Job.objects.all()} == made
    assert len(made) == 2


def test_a_stranger_is_shown_nothing(client, belongings, rows):
    """Without credentials, the API responds 401 and pages redirect to sign-in, for any object and verb."""
    before = rows()
    for address in CLOSED:
        for verb in VERBS:
            answer = call(client, verb, address.fill(belongings.ids))
            if answer.status_code == 302 and not address.is_api:
                assert answer["Location"].startswith("/sign-in?next=/"), (address, verb)
            else:
                assert answer.status_code in (401, 405), (address, verb, answer.content)
            assert MARK.encode() not in answer.content
    assert rows() == before


def test_pages_know_no_keys(client, belongings):
    """A key authenticates at the API; pages are for browsers."""
    for headers in ({"X-API-Key": belongings.token}, {"Authorization": f"Bearer {belongings.token}"}):
        for address in CLOSED:
            if not address.is_api:
                answer = client.get(address.fill(belongings.ids), headers=headers)
                assert answer.status_code in (302, 401, 405)
                assert answer.get("Location", "/sign-in").startswith("/sign-in")


def test_a_key_of_ones_own_opens_nothing_of_anothers(client, other, belongings, rows):
    _, token = key_create(user=other, name="otto's")
    before = rows()
    for name in NOTING_USE:
        before.pop(name)
    for address in OF_OBJECTS:
        for verb in UNSAFE if address.is_api else ():
            answer = call(client, verb, address.fill(belongings.ids), **{"X-API-Key": token})
            assert answer.status_code in (404, 405), (address, verb)
    after = rows()
    for name in NOTING_USE:
        after.pop(name)
    assert after == before
