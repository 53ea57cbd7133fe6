"""Measures the lyricist: how many words of a prompt reach the song, rhymes, syllables, time.

    python -m audiomusic.devtools.lyricist_check tests/engines/studio/lyricist/sentences*.toml

The dictionaries of `devtools.rhymes` judge the rhymes, between the second and fourth line of quatrains and
between the lines of couplets, in complete songs as written.
"""

from __future__ import annotations

import sys
import time
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

from audiomusic.devtools.rhymes import rhyme, syllables
from audiomusic.engines.studio.lyricist import WrittenLyrics, write_lyrics

SEEDS = 5
RHYME_SONGS = 6  # per language, because espeak-ng is slow
STEM = 4  # the fewest letters that two forms of a word share, if the word is that long


def main(paths: list[str]) -> None:
    for path in paths:
        print(path)  # noqa: T201
        for language, rows in tomllib.loads(Path(path).read_text(encoding="utf-8")).items():
            print(f"  {language}  {_coverage(language, rows)}  {_rhymes(language, rows)}")  # noqa: T201


def _write(query: str, language: str, seed: int) -> WrittenLyrics:
    return write_lyrics(query, kind="song", language=language, duration_s=180.0, seed=seed)


def _coverage(language: str, rows: list[dict[str, list[str]]]) -> str:
    counts: Counter[str] = Counter()
    slowest_ms = 0.0
    for row in rows:
        for seed in range(SEEDS):
            started = time.perf_counter()
            written = _write(str(row["query"]), language, seed)
            slowest_ms = max(slowest_ms, 1000 * (time.perf_counter() - started))
            text = _plain(f"{written.title}\n{written.lyrics}")
            counts["words"] += len(row["words"])
            counts["sung"] += sum(_stem(word) in text for word in row["words"])
            counts["songs"] += 1
            counts["titled"] += any(_stem(word) in _plain(written.title) for word in row["main"])
    share, titled = counts["sung"] / counts["words"], counts["titled"] / counts["songs"]
    sung = f"words sung {share:.1%} of {counts['words']}"
    return f"{sung}, subject in title {titled:.1%}, slowest {slowest_ms:.0f} ms"


def _rhymes(language: str, rows: list[dict[str, list[str]]]) -> str:
    if language == "ja":
        return "no rhymes"
    pairs = [
        pair
        for seed, row in enumerate(rows[:RHYME_SONGS])
        for pair in _pairs(_write(str(row["query"]), language, seed), language)
    ]
    found = sum(rhyme(*pair, language) for pair in pairs)
    counts = [[syllables(line, language) for line in pair] for pair in pairs]
    even = sum(abs(one - other) <= 2 for one, other in counts)
    return f"rhymes {found}/{len(pairs)}, within two syllables {even}/{len(pairs)}"


def _pairs(written: WrittenLyrics, language: str) -> list[tuple[str, str]]:
    """Return the lines that should rhyme: 2 and 4 of a quatrain, unless 1 and 2 do."""
    pairs: list[tuple[str, str]] = []
    for block in written.lyrics.split("\n\n"):
        lines = block.splitlines()[1:]
        for start in range(0, len(lines) - len(lines) % 2, 4):
            four = lines[start : start + 4]
            crossed = len(four) == 4 and rhyme(four[1], four[3], language)
            couplets = [(four[n], four[n + 1]) for n in range(0, len(four) - 1, 2)]
            pairs += [(four[1], four[3])] if crossed or _is_chorus(four) else couplets
    return pairs


def _is_chorus(lines: list[str]) -> bool:
    return len(lines) == 4 and lines[0] == lines[2]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))


def _stem(word: str) -> str:
    plain = _plain(word)
    return plain[: max(STEM, len(plain) - 3)]


if __name__ == "__main__":
    main(sys.argv[1:])
