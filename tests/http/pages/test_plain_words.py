"""The API's errors in plain words."""

import pytest

from audiomusic.http.pages.plain_words import plainly

#: API message -> page message; tests/browser/test_looks.py checks plain.js against the same table.
SAID = {
    "Expected text of 1 to 1000 characters, got only white "
    "space.": "This field is empty. Please write something.",
    "Expected text of 1 to 200 characters, got 250 characters.": "Too long: the limit is 200 characters.",
    "Expected 1 to 500 characters, got 0.": "This field is empty. Please write something.",
    "Expected a number from 1 to 600, or -1, got 900.": "Enter a number from 1 to 600 instead of 900.",
    "duration: Expected a number from 1 to 600, or -1, got 900.": (
        "Enter a number from 1 to 600 instead of 900."
    ),
    "Expected -1 or the song's own 20.00 s, got 30.": "Enter the song's own 20.00 s instead of 30.",
    "Expected one of flac, mp3, got 'wma'.": "Choose one of flac, mp3.",
    "Expected one of these changes: higher; lower. Got 'fly'.": "Choose one of these changes: higher; lower.",
    "Expected query or caption, got both.": "Enter query or caption, not both.",
    "Expected at most 500 songs in a playlist, got more.": "The limit is 500 songs in a playlist.",
    "Expected at most 50 playlists, got one more: delete one first.": (
        "The limit is 50 playlists. Delete one first."
    ),
    "Expected a file, got none.": "Choose a file.",
    "Expected WAV or MP3, got a file of another kind.": (
        "Choose WAV or MP3 instead of a file of another kind."
    ),
    "Expected a picture of at most 10 MB, got more.": "Choose a picture of at most 10 MB instead of more.",
    "Expected at most the song's 20.00 s, or -1, got 30.": "The limit is the song's 20.00 s.",
    "Expected a name of 1 to 200 characters, got 0.": "This field is empty. Please write something.",
    "A finished song is never deleted twice.": "A finished song is never deleted twice.",
    "": "",
}


@pytest.mark.parametrize("sentence", SAID)
def test_a_refusal_is_said_plainly(sentence):
    assert plainly(sentence) == SAID[sentence]


@pytest.mark.parametrize("sentence", ["Expected " + "a, got " * 5000, "Expected " + "x" * 100_000])
def test_a_long_one_takes_no_long_time(sentence):
    assert plainly(sentence)
