"""Captions of 2048 and lyrics of 10 000 characters that are designed to be slow to parse."""

from __future__ import annotations

from collections.abc import Iterator

CAPTION_CHARS, LYRIC_CHARS = 2048, 10_000

#: Fragments that fill a caption, each of which makes a parser search again and again.
CAPTION_PIECES = (
    "no ", "no drums and ", "not not not ", "without or and ", "only ", "-", "-drums", "instead of ", "no, ",
    "ohne und ", "sans ni ", "1", "1.", "120.5 bpm ", "100-110 ", "in 7/8 ", "E flat ", "A ", "key of ", "(",
    "[", "\u0301", "ﬃ", "é", "ドラムなし", "不要", "和", "。", "\n", " ", "   a", "guitar", "guitar ",
    "guitar, bass, drums, piano, ", "a man and a woman ", "starts with ", "x-free ", "less", "'", "“",
    "key change at the end ", "\U0001f3b8", "&amp;", "0" * 64, "bpm bpm ", "to to ", "solo solo ",
)  # fmt: skip

LYRIC_PIECES = (
    "[", "[00:00.00]", "[00:00.00", "<00:00.00>", "<00:00.00>a ", "[Am]", "[Am", "[Am]la ", "(x2) ", "x2 ",
    "(2x)\n", "[Chorus] (2x)\n", "(", "((", "e|---0---3---|\n", "|-", "Am F C G\n", "G D/F# ", "## Chorus\n",
    "**", "&amp;", "&", "&#39;", "1\n00:00:01,000 --> 00:00:02,000\nla\n\n", "00:00:01,000 --> ", "\n", " \n",
    "Verse 1\n", "Title:", "Tempo: 90 BPM\n", "Key: C major\n", "［サビ］\n", "［", "5Embed", "a" * 64, "la ",
    "1999 ", "$5.50 ", "XIV ", "TELL US ", "\u0301", "\U0001f3b8", "歌", "歌 ", "Both:\n", "A: la\n",
    "{c:", "{", "[Verse 2: Anna]\nla\n", "Repeat chorus\n", "(Repeat chorus)\n", "\t",
    "12 ContributorsLa Lyrics\n",
)  # fmt: skip


def _filled(pieces: tuple[str, ...], chars: int) -> Iterator[str]:
    for piece in pieces:
        yield (piece * (chars // len(piece) + 1))[:chars]


HOSTILE_CAPTIONS = (
    *_filled(CAPTION_PIECES, CAPTION_CHARS),
    (" ".join(CAPTION_PIECES) * CAPTION_CHARS)[:CAPTION_CHARS],
)
HOSTILE_LYRICS = (
    *_filled(LYRIC_PIECES, LYRIC_CHARS),
    ("\n".join(LYRIC_PIECES) * 100)[:LYRIC_CHARS],
)
