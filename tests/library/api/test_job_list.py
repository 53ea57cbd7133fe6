import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from audiomusic.accounts.services import key_create
from audiomusic.db.name_keys import name_key
from jobs.models import Job, JobTag, Status
from jobs.search import queries as search_sql
from jobs.search.integrity import text_problems
from library.models import Reaction
from library.query import job_query
from library.query.filters import JobFilters

ADDRESS = "/api/v1/music/jobs"


def ids_of(answer):
    assert answer.status_code == 200, answer.json()
    return [job["id"] for job in answer.json()]


def test_it_lists_the_newest_first(api, owner, other, job_row):
    ids = [job_row(owner).id for _ in range(3)]
    job_row(other)
    answer = api.get(ADDRESS)
    assert ids_of(answer) == ids[::-1]
    assert answer["X-Total-Count"] == "3"


def test_pages_neither_repeat_nor_lose_a_row(api, owner, job_row):
    ids = [job_row(owner).id for _ in range(7)]
    Job.objects.update(created_at=Job.objects.first().created_at)  # all at the same moment
    pages = [api.get(ADDRESS, {"skip": skip, "limit": 3}) for skip in (0, 3, 6, 9)]
    assert [job["id"] for page in pages for job in page.json()] == ids[::-1]
    assert {page["X-Total-Count"] for page in pages} == {"7"}


@pytest.mark.parametrize(
    ("sort_by", "key"),
    [
        ("created_at", lambda job: job.created_at),
        ("display_name", lambda job: name_key(job.display_name)),
        ("audio_duration", lambda job: -1 if job.duration_s is None else job.duration_s),
        ("status", lambda job: job.status),
    ],
)
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("query", [{}, {"song_type": "rap"}])
def test_each_order_is_total_on_every_page(api, owner, job_row, sort_by, key, order, query):
    chance = random.Random(3)
    for _ in range(23):
        job_row(
            owner,
            song_type=chance.choice(["rap", "song"]),
            status=chance.choice(["PENDING", "FAILED"]),
            display_name=chance.choice(["Zebra", "amber", "Émile", "海", "amber"]),
            duration_s=chance.choice([None, 0.0, 30.0, 12.5]),
        )
    jobs = [job for job in Job.objects.all() if not query or job.song_type == "rap"]
    wanted = [job.id for job in sorted(jobs, key=lambda job: (key(job), job.id), reverse=order == "desc")]
    query = query | {"sort_by": sort_by, "sort_order": order, "limit": 4}
    found = [id for skip in range(0, 28, 4) for id in ids_of(api.get(ADDRESS, query | {"skip": skip}))]
    assert found == wanted


@pytest.mark.parametrize(
    ("sort_by", "column", "values"),
    [
        ("duration", "duration_s", [None, 0.0, 30.0, 12.5]),
        ("tempo", "bpm", [None, 60.0, 174.5, 90.0]),
        ("plays", "play_count", [None, 1, 7, 30]),
    ],
)
@pytest.mark.parametrize("query", [{}, {"song_type": "rap"}])
def test_what_is_not_known_stands_last_from_either_end(api, owner, job_row, sort_by, column, values, query):
    for number in range(14):
        job_row(owner, song_type=["rap", "song"][number % 2], **{column: values[number % 4]})
    jobs = Job.objects.filter(**query).order_by("id")
    known = sorted(jobs.exclude(**{column: None}), key=lambda job: (getattr(job, column), job.id))
    unknown = list(jobs.filter(**{column: None}))
    wanted = {"asc": known + unknown, "desc": known[::-1] + unknown[::-1]}
    if sort_by == "plays":  # songs never played have the fewest plays
        wanted["asc"] = unknown + known
    for order, rows in wanted.items():
        asked = query | {"sort_by": sort_by, "sort_order": order, "limit": 4}
        found = [id for skip in range(0, 16, 4) for id in ids_of(api.get(ADDRESS, asked | {"skip": skip}))]
        assert found == [job.id for job in rows], order


def test_names_written_past_the_services_are_sorted_too(api, owner, other, job_row):
    names = ["Track 10", "ärger", "Zebra", "Track 2", "apple"]
    Job.objects.bulk_create(
        [Job(user=owner, task="text2music", song_type="song", display_name=name) for name in names]
    )
    Job.objects.filter(display_name="Zebra").update(display_name="Aachen")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_job SET display_name = 'Éclair', name_key = NULL WHERE display_name = 'apple'"
        )
    job_row(other, display_name="another's")
    query = {"sort_by": "display_name", "sort_order": "asc"}
    listed = [job["display_name"] for job in api.get(ADDRESS, query).json()]
    assert listed == ["Aachen", "ärger", "Éclair", "Track 2", "Track 10"]
    assert text_problems() == []


def test_it_shows_takes_without_a_query_for_each(api, owner, job_row, django_assert_num_queries):
    for _ in range(4):
        job_row(owner, status="COMPLETED", takes=2)
    with django_assert_num_queries(3):  # the total, jobs, their takes
        jobs = api.get(ADDRESS).json()
    assert all(len(job["takes"]) == 2 and job["output_url"] for job in jobs)


def test_a_page_of_waiting_jobs_counts_the_queue_once(api, owner, job_row, django_assert_num_queries):
    for _ in range(4):
        job_row(owner)
    with django_assert_num_queries(3):  # the total, jobs, the queue
        assert [job["queue_position"] for job in api.get(ADDRESS).json()] == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"task": "text2rap"}, 1),
        ({"task": "TEXT2RAP"}, 1),
        ({"status": "completed"}, 1),
        ({"status": "COMPLETED", "task": "text2rap"}, 0),
        ({"status": "", "task": ""}, 3),
        ({"song_type": "rap"}, 1),
        ({"song_type": "Songs"}, 2),
        ({"song_type": "instrumentals"}, 0),
        ({"language": "EN"}, 2),
        ({"language": "xx"}, 0),
        ({"genre": "lofi"}, 2),
        ({"genre": "Lo-Fi"}, 2),
        ({"genre": "no such genre"}, 0),
        ({"emotion": "calm", "genre": "lo-fi"}, 1),
        ({"emotion": "calm", "genre": "lo-fi", "language": "en", "status": "completed"}, 1),
        ({"emotion": "calm", "genre": "lo-fi", "language": "fr"}, 0),
        ({"liked": "true"}, 1),
        ({"liked": "FALSE"}, 2),
        ({"liked": "true", "genre": "lo-fi", "status": "completed"}, 1),
        ({"liked": "false", "genre": "lo-fi"}, 1),
        ({"search": "harbour"}, 2),
        ({"search": "harbour", "genre": "lo-fi"}, 1),
        ({"search": "harbour", "liked": "true", "sort_by": "display_name"}, 1),
        ({"search": "nowhere to be found"}, 0),
    ],
)
def test_it_filters_in_any_case_and_together(api, owner, other, job_row, tag, react, query, count):
    plain, rap = job_row(owner), job_row(owner, task="text2rap", song_type="rap", vocal_language="en")
    done = job_row(owner, status="COMPLETED", vocal_language="en", display_name="Night boat")
    tag(rap, "genre", "Lo-fi"), tag(done, "genre", "Lo-fi"), tag(done, "emotion", "Calm")
    react(done if "harbour" not in query.values() else rap), react(plain, "dislike")
    foreign = job_row(other, task="text2rap", song_type="rap", status="COMPLETED", vocal_language="en")
    tag(foreign, "genre", "Lo-fi"), tag(foreign, "emotion", "Calm"), react(foreign)
    for limit in (1, 50):
        answer = api.get(ADDRESS, query | {"limit": limit})
        assert len(ids_of(answer)) == min(count, limit) and answer["X-Total-Count"] == str(count)


def test_any_combination_gives_what_a_plain_look_gives(api, owner, job_row, tag, react):
    chance = random.Random(8)
    for number in range(60):
        job = job_row(
            owner,
            task=chance.choice(["text2music", "text2rap"]),
            song_type=chance.choice(["song", "rap"]),
            status=chance.choice(Status.values),
            vocal_language=chance.choice(["", "en", "fr"]),
            duration_s=chance.choice([None, 10.0, 20.0]),
            display_name=f"{chance.choice(['sea', 'Sky'])} {number % 7}",
        )
        for kind, value in (("genre", "Jazz"), ("emotion", "Calm"), ("occasion", "Wedding")):
            if chance.random() < 0.5:
                tag(job, kind, value)
        if chance.random() < 0.6:
            react(job, chance.choice(Reaction.Value.values))
    likes = set(Reaction.objects.filter(value="like").values_list("job", flat=True))
    tags = set(JobTag.objects.values_list("job", "kind", "value"))
    looks = {
        "task": ("text2rap", lambda job: job.task == "text2rap"),
        "song_type": ("rap", lambda job: job.song_type == "rap"),
        "status": ("failed", lambda job: job.status == "FAILED"),
        "language": ("fr", lambda job: job.vocal_language == "fr"),
        "genre": ("jazz", lambda job: (job.id, "genre", "Jazz") in tags),
        "emotion": ("calm", lambda job: (job.id, "emotion", "Calm") in tags),
        "occasion": ("wedding", lambda job: (job.id, "occasion", "Wedding") in tags),
        "liked": (chance.choice(["true", "false"]), None),
        "search": ("SKY", lambda job: "Sky" in job.display_name),
    }
    keys = {
        "created_at": lambda job: (job.created_at, job.id),
        "display_name": lambda job: (name_key(job.display_name), job.id),
        "audio_duration": lambda job: (job.duration_s or -1, job.id),
    }
    for _ in range(60):
        names = chance.sample(list(looks), chance.randint(0, 4))
        query = {name: looks[name][0] for name in names}
        if "liked" in query:
            query["liked"] = chance.choice(["true", "false"])
        sort_by, order = chance.choice(list(keys)), chance.choice(["asc", "desc"])
        wanted = [
            job
            for job in Job.objects.all()
            if all(looks[name][1](job) for name in names if name != "liked")
            and ("liked" not in query or (job.id in likes) == (query["liked"] == "true"))
        ]
        wanted.sort(key=keys[sort_by], reverse=order == "desc")
        skip, limit = chance.randint(0, 8), chance.randint(1, 10)
        query |= {"sort_by": sort_by, "sort_order": order, "skip": skip, "limit": limit}
        answer = api.get(ADDRESS, query)
        assert ids_of(answer) == [job.id for job in wanted[skip : skip + limit]], query
        assert answer["X-Total-Count"] == str(len(wanted)), query


@pytest.mark.parametrize(
    ("search", "total", "header"),
    [
        ("late jazz", "1", None),
        ("late jaxz", "1", "late jaxz -> late jazz"),
        ('"late" jaxz', "1", '"late" jaxz -> "late" jazz'),
        ('"late jaxz"', "0", None),
        (
            "мосва 50%",
            "1",
            "%D0%BC%D0%BE%D1%81%D0%B2%D0%B0 50%25 -> %D0%BC%D0%BE%D1%81%D0%BA%D0%B2%D0%B0 50%25",
        ),
        ('"', "3", None),  # nothing to search for
    ],
)
def test_a_wrong_letter_is_forgiven_and_the_header_says_so(api, owner, job_row, search, total, header):
    job_row(owner, display_name="Late at night", prompt="slow jazz")
    job_row(owner, display_name="Москва", prompt="50% off")
    job_row(owner)
    for others in ({}, {"status": "pending"}):
        answer = api.get(ADDRESS, others | {"search": search})
        assert len(ids_of(answer)) == int(total)
        assert (answer["X-Total-Count"], answer.get("X-Search-Corrected")) == (total, header)


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_deep_pages_are_the_same_pages(api, owner, other, job_row, monkeypatch, order):
    """They are located by day, from the nearer end."""
    monkeypatch.setattr(job_query, "DEEP", 0)
    now = timezone.now()
    for number in range(23):
        job = job_row(other if number % 4 == 0 else owner)
        Job.objects.filter(id=job.id).update(created_at=now - timedelta(hours=5 * (number // 2)))
    newest = [job.id for job in Job.objects.filter(user=owner).order_by("-created_at", "-id")]
    wanted = newest if order == "desc" else newest[::-1]
    for skip in range(len(wanted) + 2):
        answer = api.get(ADDRESS, {"skip": skip, "limit": 3, "sort_order": order})
        assert ids_of(answer) == wanted[skip : skip + 3]


def test_it_says_what_you_think_only_where_asked(api, owner, job_row, react):
    liked, plain = job_row(owner), job_row(owner)
    react(liked)
    assert all("interaction" not in job for job in api.get(ADDRESS).json())
    jobs = api.get(ADDRESS, {"include_interactions": "true"}).json()
    assert {job["id"]: job["interaction"] for job in jobs} == {liked.id: "like", plain.id: None}


@pytest.mark.parametrize("path", ["music/jobs/{}/status", "music/jobs/{}", "jobs/{}"])
def test_a_single_job_says_it_too(api, owner, job_row, react, path):
    job = job_row(owner)
    react(job, "dislike")
    address = f"/api/v1/{path.format(job.id)}"
    assert "interaction" not in api.get(address).json()
    assert api.get(address, {"include_interactions": "true"}).json()["interaction"] == "dislike"
    assert api.get(address, {"include_interactions": "perhaps"}).status_code == 400


#: Statements around a query inside the test's own transaction.
BOOKKEEPING = ("SAVEPOINT", "RELEASE SAVEPOINT")


@pytest.mark.parametrize("few", [5000, 0], ids=["few", "many"])
@pytest.mark.parametrize(
    "query",
    [
        {"liked": "true", "genre": "jazz", "song_type": "song"},
        {"liked": "true", "genre": "jazz", "language": "en"},  # two tags: the counts do not combine them
        {"search": "harbour"},
        {"search": "ha"},
        {"search": "harbour light", "liked": "true", "genre": "jazz", "song_type": "song"},
        {"search": "ha", "liked": "true", "genre": "jazz", "song_type": "song"},
    ],
)
def test_the_costliest_pages_take_six_queries(owner, job_row, tag, react, monkeypatch, query, few):
    """With a key, every part of the page, and conditions of each kind."""
    monkeypatch.setattr(search_sql, "FEW", few)
    _, key = key_create(user=owner, name="test", scopes=["*"])
    for status in ("COMPLETED", "PENDING", "COMPLETED", "PENDING"):
        job = job_row(owner, status=status, vocal_language="en", prompt="harbour light")
        tag(job), react(job)
    client = APIClient(headers={"X-API-Key": key})
    client.get(ADDRESS, {"search": "harbour"})  # records the key's use and indexes the new texts
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(ADDRESS, query | {"include_interactions": "true"})
    assert len(ids_of(answer)) == 4
    assert answer["X-Total-Count"] == "4"
    asked = [each["sql"] for each in queries if not each["sql"].startswith(BOOKKEEPING)]
    assert len(asked) <= 6, asked


@pytest.mark.parametrize(
    "query", [{"genre": "jazz", "language": "en"}, {"genre": "jazz", "search": "harbour"}]
)
def test_a_page_past_the_end_still_tells_the_total(api, owner, job_row, tag, query):
    for _ in range(3):
        tag(job_row(owner, vocal_language="en", prompt="harbour light"))
    answer = api.get(ADDRESS, query | {"skip": 7})
    assert answer.json() == []
    assert answer["X-Total-Count"] == "3"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"limit": "101"}, "limit: Expected a whole number from 1 to 100."),
        ({"limit": "0"}, "from 1 to 100"),
        ({"limit": "-1"}, "from 1 to 100"),
        ({"limit": "ten"}, "from 1 to 100"),
        ({"limit": "９"}, "from 1 to 100"),
        ({"skip": "-1"}, "skip: Expected a whole number from 0"),
        ({"skip": "9" * 30}, "skip: Expected a whole number from 0"),
        ({"status": "DONE"}, "status: Expected one of PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED."),
        ({"task": "mix"}, "task: Expected one of text2music, prompt2instrumental,"),
        ({"task": "a\x00b"}, "task: "),
        (
            {"song_type": "opera"},
            "song_type: Expected one of song, rap, vocals, instrumental, samples, edits.",
        ),
        ({"liked": "maybe"}, "liked: Expected one of true, false."),
        ({"include_interactions": "2"}, "include_interactions: Expected one of true, false."),
        (
            {"sort_by": "prompt"},
            "sort_by: Expected one of created_at, display_name, audio_duration, status, duration, tempo,",
        ),
        ({"sort_order": "up"}, "sort_order: Expected one of asc, desc."),
        ({"genre": "a\x00b"}, "genre: "),
        ({"search": "a\x00b"}, "search: "),
        (
            {"page": "2"},
            "page: Unknown parameter; expected one of: status, song_type, include_interactions, task,",
        ),
        ({"status": ["failed", "pending"]}, "status: The parameter was sent more than once."),
    ],
)
def test_it_refuses(api, query, words):
    answer = api.get(ADDRESS, query)
    assert answer.status_code == 400 and words in answer.json()["detail"], answer.json()


def test_it_tells_every_fault_at_once(api):
    errors = api.get(ADDRESS, {"limit": "0", "colour": "red", "liked": "maybe"}).json()["errors"]
    assert list(errors) == ["limit", "colour", "liked"]


@pytest.mark.parametrize("address", [ADDRESS, "/api/v1/music/liked", f"{ADDRESS}/counts"])
def test_the_filters_alone_narrow_it(api, owner, job_row, react, monkeypatch, address):
    """`filter_queryset` of the filter set is the only place that narrows a list."""
    for status in ("COMPLETED", "FAILED"):
        react(job_row(owner, status=status))
    asked = {"status": "failed"}

    def count(answer):
        body = answer.json()
        return body["total"] if isinstance(body, dict) else len(body)

    assert count(api.get(address, asked)) == 1
    monkeypatch.setattr(JobFilters, "filter_queryset", lambda self, queryset: queryset)
    assert count(api.get(address, asked)) == 2


def test_it_wants_credentials(db):
    assert APIClient().get(ADDRESS).status_code == 401


def test_an_empty_page_beyond_the_end_still_counts(api, owner, job_row):
    job_row(owner, created_at=timezone.now())
    answer = api.get(ADDRESS, {"skip": 2**31 - 1})
    assert answer.json() == [] and answer["X-Total-Count"] == "1"
