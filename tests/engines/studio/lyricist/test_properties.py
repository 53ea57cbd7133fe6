"""Properties of every song, whatever the wishes and the seed."""

import re
import subprocess
import sys
from collections import Counter

import pytest

from audiomusic.engines.studio.lyricist import write_lyrics
from audiomusic.engines.studio.lyrics import parse_lyrics

from .sentences import load

SENTENCES = [*load(), *load("sentences_unseen.toml"), *load("sentences_last.toml")]
HOSTILE = [
    "",
    " ",
    "?!?!",
    "\x00\x01",
    "[Verse 1]\nhello",
    "<b>[Chorus]</b> for {name}",
    "{who} {0} %s {}",
    "((((",
    "a" * 5000,
    "for for for for",
    "who who that which",
    "my my my sister",
    "song about",
    "birthday song for",
    "- - -",
    "\U0001f382\U0001f382 for \U0001f3b8",
    "ein Lied f\xfcr",
    "der die das",
    "canci\xf3n para",
    "chanson pour l'",
    "and and and",
    "I",
    "Mia",
    "12345 67890",
    "the of in at on",
    "a\u0301" * 300,
    "SONG FOR MY SISTER MIA",
    "love " * 300,
    "[00:12.00] for my dog",
    "\ud55c\uad6d \ub178\ub798",
    "\u092e\u0947\u0930\u0940 \u092c\u0939\u0928",
    "song for [Chorus] Mia\n[Bridge]\nline",
    "to be or not to be",
    "weil wenn als ob",
    "que que que",
    "qui qui qui",
]
SMALL = re.compile(r"\b[Aa] (?=[aeiou])(?!uni|use|usu|eur|one|once|uke)|\b[Aa]n (?=[^aeiouAEIOUh\W])")

APART = re.compile(r"\b(de les?|à les?|a el|de el|que (?=[aeiou]un))\b(?= [a-zà-ÿ])")


def written(sentence, seed, kind="song", duration_s=180):
    return write_lyrics(
        sentence.query, kind=kind, language=sentence.language, duration_s=duration_s, seed=seed
    )


def sung_lines(lyrics):
    return [line for line in lyrics.splitlines() if line and not line.startswith("[")]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("kind", "duration_s"), [("song", 180), ("song", 30), ("rap", 120)])
def test_every_line_is_well_written(seed, kind, duration_s):
    for sentence in SENTENCES:
        song = written(sentence, seed, kind, duration_s)
        for line in [*sung_lines(song.lyrics), song.title]:
            assert not re.search(r"[{}\[\]<>]|  |^\W|\s$| [,.;?!]", line), (sentence.query, line)
            assert line[0].isupper() or line[0].isdigit(), (sentence.query, line)
            assert line[-1].isalnum() or line[-1] in "'.", (sentence.query, line)
            assert sentence.language != "en" or not SMALL.search(line), (sentence.query, line)
            assert sentence.language == "en" or not APART.search(line), (sentence.query, line)
        assert len(song.title) <= 60


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["song", "rap"])
def test_no_line_comes_twice_but_in_the_chorus(seed, kind):
    for sentence in SENTENCES:
        sections = parse_lyrics(written(sentence, seed, kind, 240).lyrics)
        counts = Counter(line for section in sections if section.kind != "chorus" for line in section.lines)
        assert max(counts.values()) == 1, (sentence.query, counts.most_common(1))


def test_seeds_differ():
    for sentence in SENTENCES:
        assert len({written(sentence, seed).lyrics for seed in range(6)}) == 6, sentence.query


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: ascii(query[:20]))
@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it", "ja", "zh", "ko"])
def test_any_query_gets_a_song(query, language):
    for kind in ("song", "rap"):
        song = write_lyrics(query, kind=kind, language=language, duration_s=180, seed=5)
        marks = re.findall(r"^\[(.*)\]$", song.lyrics, re.MULTILINE)
        assert all(re.fullmatch(r"(Verse \d( - rap)?|Chorus|Pre-Chorus|Bridge)", mark) for mark in marks)
        assert not re.search(r"[{}<>]", song.lyrics + song.title)
        assert all("[" not in line for line in sung_lines(song.lyrics))
        assert len(sung_lines(song.lyrics)) >= 12
        assert 0 < len(song.title) <= 60


def test_the_words_do_not_hang_on_the_process():
    """Sets and dictionaries may have another order in another process; the words must be the same."""
    code = (
        "from audiomusic.engines.studio.lyricist import write_lyrics as w\n"
        "q = 'A song for my grandfather Walter, who repairs old clocks in Vienna'\n"
        "print(w(q, kind='song', language='en', duration_s=180, seed=3))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
