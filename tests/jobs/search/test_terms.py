"""Parsing a search: words and phrases, in the quotation marks of several languages."""

import pytest

from jobs.search.terms import MAX_TERMS, needed_texts, quoted, read_terms


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("Jazz  piano", ["jazz", "piano"]),
        ('"late jazz" piano', ["late jazz", "piano"]),
        ("“late jazz” piano", ["late jazz", "piano"]),
        ("«été là» „Grüße“ ‹a b›", ["ete la", "grusse", "a b"]),
        ("「夜空の歌」 ”sen natt”", ["夜空の歌", "sen natt"]),
        ("‘late jazz’ ’tis ‘round", ["late jazz", "tis", "round"]),
        ("don't don’t", ["dont", "dont"]),
        ('צה"ל y"es', ["צהל", "yes"]),  # within a word it is no quotation mark
        ('"jazz pi', ["jazz pi"]),
        ("jazz, piano; night! why?", ["jazz", "piano", "night", "why"]),
        ("r&b; 100% -- ...", ["r&b", "100%", "--", "..."]),
        ('" " ‘’ \' "', []),
        (" \n\x1f", []),
    ],
)
def test_the_terms_of_a_search(query, terms):
    assert [term.text for term in read_terms(query)] == terms


def test_what_stands_in_another_term_need_not_be_looked_for():
    assert needed_texts(read_terms('jazz piano "late jazz" pia')) == ("late jazz", "piano")


def test_of_very_many_words_the_longest_are_looked_for():
    words = [f"word{'x' * length}y" for length in range(100)]
    assert needed_texts(read_terms(" ".join(words))) == tuple(words[: -MAX_TERMS - 1 : -1])


@pytest.mark.parametrize("query", ['late "night drive" jaxz,', "“a”b «c»", 'צה"ל'])
def test_quoted_terms_are_the_same_terms(query):
    terms = read_terms(query)
    assert [term.text for term in read_terms(quoted(terms))] == [term.text for term in terms]
