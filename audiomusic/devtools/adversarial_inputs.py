"""Texts that attackers send to break parsers, for the tests and for `bench fuzz`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LYRICS_CHARS: Final = 10_000  # the longest lyrics that a client may send
CAPTION_CHARS: Final = 2048


def _filled(piece: str, length: int = LYRICS_CHARS) -> str:
    return (piece * (length // len(piece) + 1))[:length]


#: Texts that may cause trouble in a database, a page, a header or a log line. They are short enough for every
#: field.
ODD_TEXTS: Final[Mapping[str, str]] = {
    "bidi overrides": "song \u202egpj.exe\u202c \u2066\u2067isolates\u2069",
    "control characters": "bell\x07 escape\x1b[31m red\x7f",
    "line ends of every kind": "one\r\ntwo\rthree\x0bfour\x0cfive\x85six\u2028seven\u2029eight",
    "a separator of the search": "one\x1ftwo\x1e\x1d\x1c",
    "zalgo": "z" + "\u0300\u0316\u0334\u0489" * 24 + "algo",
    "zero width only": "\u200b\u200c\u200d\u2060\ufeff",
    "a soft hyphen only": "\u00ad",
    "half a surrogate pair, escaped in words": "\\ud800",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "private use": "\ue000\uf8ff\U000f0000",
    "emoji with joiners": "👩‍👩‍👧‍👦🏳️‍🌈👍🏿🇩🇪",
    "tag characters": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "right to left": "שלום עולם مرحبا بالعالم",
    "letters that grow when folded": "ŉǰΐΰẞﬁﬃİ",
    "ligature that normalises to eighteen letters": "ﷺﷻ",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>",
    "template signs": "{{ 7*7 }} {% debug %} ${7*7} #{7*7} %(name)s %s %n {0.__class__}",
    "SQL": "'; DROP TABLE jobs_job; -- \" OR 1=1 /*",
    "search operators": '" OR NEAR(a b, 10) ^ * name:x AND NOT (a) {a b} : -- % _ \\',
    "header lines": "name\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "a path": "../../../../etc/passwd\\..\\..\\boot.ini",
    "a formula": "=cmd|' /C calc'!A0 +1 -1 @SUM(1)",
    "a number too large": "1" + "0" * 150,
    "speech markup": '<speak><prosody rate="x-slow"><break time="999s"/></prosody></speak>',
    "phonemes for the speaker": "[[h@l'oU w'3:ld]] [[[[ ]]]] [[",
    "tags within tags": "[verse [chorus [bridge] x99] x99]",
    "only punctuation": "!?.,;:—…'’\"()[]{}",
    "only blanks of Unicode": "\u00a0\u2003\u3000\u1680",
}

#: Lyrics of the maximum length, each directed against one stage between text and audio.
GREEDY_LYRICS: Final[Mapping[str, str]] = {
    "one letter, no blank": "a" * LYRICS_CHARS,
    "one word of consonants": _filled("bcdfghjklm"),
    "single letters": _filled("a "),
    "a letter a line": _filled("a\n"),
    "vowels of every kind": _filled("aeiouyäöü "),
    "silent e's": _filled("ee" * 500 + "e's,.!?'" * 500),
    "only punctuation": _filled("!?.,;:-—…"),
    "apostrophes": _filled("'’"),
    "section tags alone": _filled("[v]\n[Chorus x8]\n"),
    "tags repeated": _filled("[Chorus x99]\nla la la la\n"),
    "tags with ad-libs": _filled("[Chorus x8]\nla (ooh) (yeah)\n"),
    "the same paragraphs": _filled("la\n\n"),
    "different paragraphs": "\n\n".join(f"word {number}" for number in range(900))[:LYRICS_CHARS],
    "open brackets": "[" * LYRICS_CHARS,
    "open round brackets": "(" * LYRICS_CHARS,
    "brackets in brackets": "(" * 5000 + ")" * 5000,
    "brackets that never close": _filled("[a ("),
    "blanks before a tag": " " * 9990 + "[verse]",
    "tag of blanks": "[" + " " * 9000 + "x",
    "colons": _filled("a:"),
    "digits": "9" * LYRICS_CHARS,
    "numbers": _filled("999999999999 "),
    "long numbers": _filled("9" * 399 + "\n"),
    "Roman and other digits": _filled("Ⅷ①٣৪ "),
    "emoji": _filled("👩‍👩‍👧‍👦"),
    "zalgo": _filled("a" + "\u0301" * 200 + " "),
    "one letter under ten thousand marks": "a" + "\u0301" * (LYRICS_CHARS - 1),
    "marks that compose": _filled("e\u0301\u0323\u0302"),
    "phonemes for the speaker": _filled("[[h@l'oU]] "),
    "speech markup": _filled('<break time="9999s"/>'),
    "Chinese": _filled("龍"),
    "rare Chinese": _filled("𠀀𪛖"),
    "kana": _filled("あ"),
    "long vowels": _filled("ーッャ"),
    "kanji and kana": _filled("私は明日へ行く"),
    "Korean": _filled("값"),
    "Thai": _filled("กำ้"),
    "Devanagari": _filled("क्ष्म्य"),
    "Arabic": _filled("ﷺ "),
    "Hebrew": _filled("שלום "),
    "all scripts in turn": _filled("a я ω 龍 あ 한 ก क ש م ა ա ᏣᎳᎩ "),
    "a script a letter": _filled("aяω龍あ한กकשم"),
    "languages mixed": _filled("the und los и και 我 の 는 और من в de la \n"),
    "control characters": _filled("\x00\x01\x1b"),
    "line ends": "\r\n" * 5000,
    "Unicode line ends": _filled("a\u2028b\u2029c\x85"),
    "letters that grow": _filled("ﷺŉẞﬃ"),
    "repeated words": _filled("buffalo "),
    "rhymes": _filled("day way say\n"),
}

#: Captions of the maximum length.
GREEDY_CAPTIONS: Final[Mapping[str, str]] = {
    "tempi": _filled("120 bpm 12", CAPTION_CHARS),
    "digits": "1" * CAPTION_CHARS,
    "blanks": "bpm" + " " * 2040 + "x",
    "keys": _filled("C# minor ", CAPTION_CHARS),
    "half keys": _filled("in A ", CAPTION_CHARS),
    "negations": _filled("no without not ", CAPTION_CHARS),
    "genres": _filled("jazz rock metal folk ", CAPTION_CHARS),
    "instruments": _filled("piano, violin, drums and ", CAPTION_CHARS),
    "commas": "," * CAPTION_CHARS,
    "brackets": "[(" * 1024,
    "Chinese": _filled("龍", CAPTION_CHARS),
    "marks": "a" + "\u0301" * 2047,
    "one word": "a" * CAPTION_CHARS,
    "hyphens": _filled("lo-fi-", CAPTION_CHARS),
    "emoji": _filled("👩‍👩‍👧‍👦", CAPTION_CHARS),
}
