"""A typo in a word that matches nothing: what is found instead, and how the result says so."""

import pytest

from jobs.models import Job, SearchWord
from jobs.search.documents import search_documents_update
from jobs.search.lookup import find, find_everywhere

NAMES = {
    "Late Night Jazz": "slow piano",
    "Regen in Köln": "naïve café",
    "Москва": "грустная песня",
    "Σοφία": "λαϊκό",
    "שלום": "סתיו",
    "Take 1999": "lo-fi brushes",
}


def make_song(user, name, prompt=""):
    return Job.objects.create(
        user=user, task="text2music", song_type="song", display_name=name, prompt=prompt
    )


@pytest.fixture
def songs(owner):
    jobs = {name: make_song(owner, name, prompt).id for name, prompt in NAMES.items()}
    search_documents_update()
    return {id: name for name, id in jobs.items()}


@pytest.mark.parametrize(
    ("query", "found", "name"),
    [
        ("nihgt", "night", "Late Night Jazz"),  # letters swapped
        ("paino", "piano", "Late Night Jazz"),
        ("pano", "piano", "Late Night Jazz"),  # a letter missing
        ("pianno", "piano", "Late Night Jazz"),  # a letter added
        ("piamo", "piano", "Late Night Jazz"),  # a letter changed
        ("biano", "piano", "Late Night Jazz"),  # the first letter wrong
        ("jazs", "jazz", "Late Night Jazz"),
        ("late jaxz", "late jazz", "Late Night Jazz"),
        ("Late, JAXZ!", "Late, jazz", "Late Night Jazz"),
        ("lste jaxz", "late jazz", "Late Night Jazz"),
        ("Käln", "koln", "Regen in Köln"),
        ("naave", "naive", "Regen in Köln"),
        ("мосва", "москва", "Москва"),
        ("песмя", "песня", "Москва"),
        ("σοφαι", "σοφια", "Σοφία"),
        ("שלומם", "שלום", "שלום"),
        ("lo-fi brushed", "lo-fi brushes", "Take 1999"),
        ('"late night" jaxz', '"late night" jazz', "Late Night Jazz"),
    ],
)
def test_one_letter_is_forgiven_and_told(owner, songs, query, found, name):
    match = find(query, user=owner)
    assert [songs[id] for id in match.ids] == [name]
    assert match.total == 1
    assert match.correction.found.replace(",", "") == found.replace(",", "")


@pytest.mark.parametrize(
    "query",
    [
        "night",  # matches as written
        "nig",  # a substring matches too
        "jxz",  # too short
        "jaxs",  # two wrong letters
        "1989",  # numbers are never corrected
        "late москва",  # both words match, but not in one song
        '"jaxz"',  # a quoted phrase is searched as written
        '"late jaxz"',
        "nothing like it",
        "late " * 60 + "jaxz",
    ],
)
def test_nothing_else_is_corrected(owner, songs, query):
    assert find(query, user=owner).correction is None


def test_the_search_that_finds_only_what_was_written(owner, songs):
    exact = find('late "night" jaxz', user=owner).correction.exact_query
    assert exact == '"late" "night" "jaxz"'
    match = find(exact, user=owner)
    assert (match.ids, match.correction) == ([], None)


def test_a_word_of_another_user_is_never_shown(owner, other, songs):
    make_song(other, "Confidential")
    search_documents_update()
    assert find("confidentail", user=other).correction.found == "confidential"
    match = find("confidentail", user=owner)
    assert (match.ids, match.correction) == ([], None)


def test_a_word_whose_song_is_gone_corrects_nothing(owner, songs):
    Job.objects.filter(display_name="Late Night Jazz").delete()
    assert SearchWord.objects.filter(user=owner, word="piano").exists()
    assert find("paino", user=owner).correction is None


def test_words_go_with_their_user(owner, songs):
    owner.delete()
    assert not SearchWord.objects.exists()


def test_staff_are_told_of_words_that_anybody_has(owner, other, songs):
    theirs = make_song(other, "Confidential").id
    found = find_everywhere("confidentail")
    assert (found.ids, found.correction.found) == ([theirs], "confidential")
    assert find_everywhere("confidential").correction is None
