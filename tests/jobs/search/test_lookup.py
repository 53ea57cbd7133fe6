"""Searching: words of a name, a prompt or lyrics, in any order and script, alike on both databases."""

from random import Random

import pytest

from jobs.models import Job, SearchDocument
from jobs.search import lookup as search_module
from jobs.search import queries
from jobs.search.documents import text_id
from jobs.search.lookup import find
from jobs.search.normalize import normalize, normalize_texts
from jobs.search.terms import read_terms
from jobs.services import job_patch
from tests.support.searching import count, search

#: Jobs as (name, prompt, lyrics), identified by their index.
TEXTS = (
    ("Night Drive", "synthwave, 100% neon_lights", "We drive all night\nAND never stop"),  # 0
    ("夜空之歌", "流行, 月亮和星空", "月亮代表我的心\n你问我爱你有多深"),  # 1
    ("Élan d'été", "chanson, café-concert", "L'été s'en va, là-bas"),  # 2
    ("ELAN", 'say "yes" NEAR me', "naïve Äpfel, straße"),  # 3
    ("İstanbul Işığı", "türkü", "STRASSE"),  # 4
    ("Ночь Москвы", "шансон", "ЛЮБОВЬ и ёлка"),  # 5
    ("ΟΔΥΣΣΕΥΣ", "ελληνικό", "ο σοφός"),  # 6
    ("Party 🎉🔥", "R&B; lo-fi \\ backslash*", "it's o'clock'; DROP TABLE jobs_job; --"),  # 7
    ("E\u0301lan", "decomposed", "사랑해 그대여"),  # 8
    ("ab", "", "x"),  # 9
    ("Untitled", "", ""),  # 10
    ("long", "", "la " * 1500 + "coda"),  # 11
)

FOUND = {
    "night": {0},
    "NIGHT DRIVE": {0},
    "ght dri": {0},
    "drive night": {0},
    "synthwave never NIGHT": {0},
    "night 月亮": set(),
    "night, drive!": {0},
    '"night drive"': {0},
    "“night drive” stop": {0},
    "«Drive night»": set(),
    '"drive synthwave"': set(),  # a phrase stays within one text
    '"all night and never"': {0},  # across a line break
    '"night dri': {0},  # an unfinished phrase
    "drivesynthwave": set(),
    "night\nand": {0},
    "100%": {0},
    "%": {0},
    "_": {0, 7},
    "n_l": {0},
    "nXl": set(),
    "1__%": set(),
    "\\": {7},
    "\\ b": {7},
    "*": {7},
    "back*": set(),
    '"': set(range(12)),  # nothing to search for
    '"yes" near': {3},
    'say yes "near me"': {3},
    'y"es': {3},
    "yes AND me": set(),
    "AND": {0},
    "NEAR me": {3},
    "NEAR(yes me)": set(),
    "never OR stop": set(),
    "lyrics:never": set(),
    "^night": set(),
    "'": set(range(12)),
    "its o’clock": {7},
    "d‘été là bas": {2},
    "lete": {2},
    "'; drop table": {7},
    "--": {7},
    "r&b;": {7},
    "lo-fi": {7},
    "月亮": {1},
    "月": {1},
    "亮代表": {1},
    "亮和": {1},
    "星月": set(),
    "月亮代表我的心": {1},
    "空之歌": {1},
    "歌流": set(),
    "é": {0, 2, 3, 4, 7, 8, 10},
    "É": {0, 2, 3, 4, 7, 8, 10},
    "ÉLAN": {2, 3, 8},
    "e\u0301lan": {2, 3, 8},
    "elan": {2, 3, 8},
    "ＥＬＡＮ": {2, 3, 8},
    "café": {2},
    "cafe": {2},
    "äpfel": {3},
    "ÄP": {3},
    "apfel": {3},
    "strasse": {3, 4},
    "STRAẞE": {3, 4},
    "ß": {3, 4},
    "istanbul": {4},
    "İSTANBUL": {4},
    "ışığ": {4},
    "isigi": {4},
    "любовь": {5},
    "НОЧЬ": {5},
    "Ё": {5},
    "елка": {5},
    "московский": set(),
    "и": {5},
    "οδυσσευς": {6},
    "σσ": {6},
    "Σοφόσ": {6},
    "σοφος": {6},
    "🎉": {7},
    "🔥": {7},
    "🎉🔥": {7},
    "🔥🎉": set(),
    "사랑": {8},
    "해 그": {8},
    "ab": {7, 9},
    "b": {2, 4, 7, 9},
    "x": {9},
    "coda": {11},
    "la la la coda": {11},
    "la " * 1500 + "coda": {11},
    "la " * 1501 + "coda": {11},
    '"' + "la " * 1501 + 'coda"': set(),
    "zq": set(),
    "q": set(),
    "zebra": set(),
    " ": set(range(12)),
    "\n": set(range(12)),
    "\x1f": set(range(12)),
    "\x00": set(),
}


def make_job(user, name="", prompt="", lyrics=""):
    return Job.objects.create(
        user=user, task="text2music", song_type="song", display_name=name, prompt=prompt, lyrics=lyrics
    )


def names_found(user, words):
    return set(search(Job.objects.of_user(user), words, user=user).values_list("display_name", flat=True))


@pytest.fixture
def texts(owner, other):
    """The ids of TEXTS' jobs; another user has the same ones, which no one else may find."""
    for name, prompt, lyrics in TEXTS:
        make_job(other, name, prompt, lyrics)
    return [make_job(owner, *row).id for row in TEXTS]


def places_found(user, texts, words):
    found = search(Job.objects.of_user(user), words, user=user).values_list("id", flat=True)
    return {texts.index(id) for id in found}


@pytest.mark.parametrize("few", [5000, 0], ids=["few", "many"])
def test_finds_what_holds_the_term_and_nothing_else(owner, texts, monkeypatch, few):
    monkeypatch.setattr(queries, "FEW", few)
    for term, places in FOUND.items():
        assert places_found(owner, texts, term) == places, term[:40]
        assert count(owner, term) == len(places), term[:40]


@pytest.mark.parametrize("many", [50_000, 1], ids=["gathered", "looked at"])
def test_each_way_to_find_many_gives_the_same(owner, texts, monkeypatch, many):
    monkeypatch.setattr(queries, "FEW", 0)
    monkeypatch.setattr(search_module, "MANY", many)
    for term in ("a", "an", "la", "night", "月", "é"):
        assert places_found(owner, texts, term) == FOUND.get(term, python_finds(term)), term
        match = find(term, user=owner)
        assert Job.objects.of_user(owner).filter(match.count_predicate()).count() == match.total


@pytest.mark.parametrize("words", [1000, 0], ids=["told", "not told"])
def test_many_are_counted_as_far_as_is_asked(owner, texts, monkeypatch, words):
    monkeypatch.setattr(queries, "FEW", 0)
    monkeypatch.setattr(queries, "MAX_WORDS", words)
    for term in ("a", "night", "月"):
        total = len(FOUND.get(term, python_finds(term)))
        assert [find(term, user=owner, count_to=most).total for most in (1, total + 1)] == [1, total], term
        assert [find(term, user=owner, count_to=most).is_cut for most in (1, total + 1)] == [True, False]
        assert find(term, user=owner, count_to=0).total is None


def test_a_term_with_more_trigrams_or_words_than_are_asked_for_one_by_one(owner, texts, monkeypatch):
    monkeypatch.setattr(queries, "MAX_TRIGRAMS", 1)
    monkeypatch.setattr(queries, "MAX_WORDS", 0)
    for term, places in FOUND.items():
        assert places_found(owner, texts, term) == places, term[:40]


def test_no_words_find_everything(owner, texts):
    assert search(Job.objects.of_user(owner), "", user=owner).count() == len(TEXTS) == count(owner, "")


def test_nobody_finds_the_jobs_of_another(owner, other):
    make_job(owner, "Secret song")
    assert count(other, "secret") == 0
    assert not search(Job.objects.of_user(other), "secret", user=other)


def test_what_is_found_keeps_its_filters_and_its_order(owner):
    first, second, third = (make_job(owner, name) for name in ("Moon b", "Moon a", "Sun"))
    Job.objects.filter(id=third.id).update(display_name="Moon c", status="FAILED")
    found = search(Job.objects.of_user(owner).order_by("display_name"), "moon", user=owner)
    assert [job.id for job in found] == [second.id, first.id, third.id]
    assert [job.id for job in found.filter(status="FAILED")] == [third.id]


def python_finds(query):
    return {place for place, row in enumerate(TEXTS) if python_holds(row, query)}


def python_holds(row, query):
    texts = [normalize(text) for text in row]
    return all(any(term.text in text for text in texts) for term in read_terms(query))


def test_the_table_says_what_python_says():
    for term, places in FOUND.items():
        assert python_finds(term) == places, term[:40]


LETTERS = [
    "aAbeéÉE\u0301 ",
    "abßsS'\"%_\\*",
    "月亮星a \n",
    "ΣσςοИи",
    "İIıi\u0307",
    "🎉🔥x",
    "กขAB",
    "()-:^&|!",
]


@pytest.mark.parametrize("few", [5000, 0], ids=["few", "many"])
def test_random_texts_are_found_as_python_finds_them(owner, monkeypatch, few):
    monkeypatch.setattr(queries, "FEW", few)
    random = Random(11)

    def text(letters, longest):
        return "".join(random.choices(letters, k=random.randint(0, longest)))

    rows = [[text(letters, longest) for longest in (6, 12, 30)] for letters in LETTERS * 12]
    jobs = {make_job(owner, *row).id: row for row in rows}
    for _ in range(250):
        query = " ".join(text(random.choice(LETTERS), 4) for _ in range(random.randint(1, 3)))
        wanted = {id for id, row in jobs.items() if python_holds(row, query)}
        match = find(query, user=owner)
        if match.correction:
            assert not wanted, query
            query = match.correction.exact_query
        found = search(Job.objects.of_user(owner), query or " ", user=owner).values_list("id", flat=True)
        assert set(found) == wanted, query


# The index stays in step


def test_a_changed_text_is_found_as_it_is_now(owner):
    job = make_job(owner, "Old name", "piano", "first words")
    assert count(owner, "old name") == 1
    job_patch(job=job, display_name="Nouvelle Été")
    assert count(owner, "old name") == 0
    assert count(owner, "nouvelle été") == 1
    assert count(owner, "first words") == 1


def test_what_is_written_past_the_services_is_found_too(owner):
    Job.objects.bulk_create(
        [Job(user=owner, task="text2music", song_type="song", display_name=f"Bulk {n}") for n in range(3)]
    )
    assert count(owner, "bulk") == 3
    Job.objects.filter(display_name="Bulk 1").update(lyrics="a verse in haste")
    assert count(owner, "in haste") == 1
    assert count(owner, "bulk") == 3


def test_a_deleted_job_is_gone_from_the_index(owner):
    job, kept = make_job(owner, "Going"), make_job(owner, "Staying, not going")
    assert count(owner, "going") == 2
    job.delete()
    assert count(owner, "going") == 1
    Job.objects.filter(id=kept.id).delete()
    assert count(owner, "going") == 0
    assert not SearchDocument.objects.exists()


def test_a_job_that_changes_hands_changes_lists(owner, other):
    job = make_job(owner, "Wanderer")
    assert count(owner, "wanderer") == 1
    Job.objects.filter(id=job.id).update(user=other)
    assert (count(owner, "wanderer"), count(other, "wanderer")) == (0, 1)


def test_progress_leaves_the_texts_alone(owner):
    job = make_job(owner, "Running")
    assert count(owner, "running") == 1
    Job.objects.filter(id=job.id).update(progress=40, stage="mixing")
    job.save()
    text = SearchDocument.objects.get(id=text_id(owner.id, job.id))
    assert (text.is_stale, text.body) == (False, normalize_texts("Running", "", ""))
