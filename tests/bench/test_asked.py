"""`bench asked`: its entries, what proves a fact, and a report on a few entries."""

from collections import Counter

import pytest

from audiomusic.bench.asked import benchmark
from audiomusic.bench.asked.entries import EXPECTED, LANGUAGES, EntryError, read_entries
from audiomusic.bench.asked.facts import ComposedSong, read_fact
from audiomusic.bench.asked.hostile import CAPTION_CHARS, HOSTILE_CAPTIONS, HOSTILE_LYRICS, LYRIC_CHARS

CAPTIONS = """entry = [
  { language = "en", text = "rock at 131 bpm", facts = { "131 bpm" = "bpm 131", "rock" = "genre rock" } },
  { language = "de", text = "Jazz mit Zwölfton-Gongs", facts = { "Zwölfton-Gongs" = "near Zwölfton-Gongs" } },
]"""
LYRICS = """[[entry]]
language = "en"
caption = "folk"
text = '''
[Verse]
Carry the water (x2)
[Chorus]
Over the hill'''
facts = ["times 2 carry the water", "unsung x2", "sections verse chorus", "sung sold the moon"]
"""
SENTENCES = 'entry = [{ language = "en", text = "a song about the sea", words = ["sea|seas", "zyzzyva"] }]'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("asked")
    for name, text in (("captions", CAPTIONS), ("lyrics", LYRICS), ("sentences", SENTENCES)):
        (place / f"{name}.toml").write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def report(folder):
    return benchmark.make_report(
        [(entry, benchmark.make_songs(entry, place)) for place, entry in enumerate(read_entries(folder))]
    )


def made(*, notes=(), title="Tide", lyrics="", lines=(), **outline):
    sung = [
        {
            "part": "lead",
            "style": "sing",
            "text": text,
            "syllables": [[float(place), 0.5, 60, "", True, 0, 1]],
        }
        for place, text in enumerate(lines)
    ]
    outline = {
        "timesignature": "4/4", "tracks": [], "drums": None, "singer": "nora", "vocals": sung,
        "genre": "rock", "sections": [],
    } | outline  # fmt: skip
    return ComposedSong(outline, title, lyrics, notes)


def holds(text, **values):
    return read_fact(text, "").proof(made(**values))


def track(instrument, count=8):
    notes = [[0.5 * place, 0.5, 60, 0.8, place, 1] for place in range(count)]
    return {"role": "lead", "instrument": instrument, "notes": notes}


def test_there_are_as_many_entries_as_promised():
    entries = read_entries()
    counts = Counter(entry.kind for entry in entries)
    assert all(counts[kind] >= least for kind, least in EXPECTED.items()), counts
    for kind in EXPECTED:
        assert {entry.language for entry in entries if entry.kind == kind} == set(LANGUAGES)


def test_no_entry_stands_twice():
    texts = [entry.text for entry in read_entries()]
    assert len(texts) == len(set(texts))


def test_every_entry_has_something_that_proves_it():
    assert all(entry.facts or entry.words for entry in read_entries())
    assert all(fact.phrase for entry in read_entries() if entry.kind == "caption" for fact in entry.facts)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{ language = "en", text = "rock", facts = { "jazz" = "no drums" } }', "Expected words of the text"),
        ('{ language = "en", text = "rock", facts = { "rock" = "loves drums" } }', "Expected a fact"),
        ('{ language = "en", text = "rock", facts = { "rock" = "plays oud" } }', "Expected an instrument"),
        ('{ language = "xx", text = "rock", facts = { "rock" = "no drums" } }', "Expected one of en"),
        ('{ language = "en", text = "rock" }', "Expected a fact, got none"),
    ],
)
def test_an_entry_that_proves_nothing_is_refused(tmp_path, row, reason):
    (tmp_path / "captions.toml").write_text(f"entry = [{row}]")
    with pytest.raises(EntryError, match=reason):
        read_entries(tmp_path)


@pytest.mark.parametrize(
    ("fact", "is_held", "values"),
    [
        ("no guitar", False, {"tracks": [track("steel_guitar")]}),
        ("no guitar", True, {"tracks": [track("piano")]}),
        ("no hats", True, {}),
        ("plays acoustic_guitar", True, {"tracks": [track("nylon_guitar")]}),
        ("only piano", True, {"tracks": [track("piano")]}),
        ("only piano", False, {"tracks": [track("piano"), track("cello")]}),
        ("only voice", True, {"lines": ["la"]}),
        ("only voice", False, {"tracks": [track("piano")], "lines": ["la"]}),
        ("only voice", False, {}),
        ("genre rock|metal", True, {}),
        ("spares female", False, {"lines": ["la"]}),
        ("spares male", True, {"lines": ["la"]}),
        ("spares male", False, {}),
        ("voices 2", False, {"lines": ["la"]}),
        ("sung down by the water", True, {"lines": ["Down by", "the Water!"]}),
        ("unsung x2", True, {"lines": ["x20"]}),
        ("unsung x2", False, {"lines": ["x2"]}),
        ("unsung x2", False, {}),
        ("times 2 la la", True, {"lines": ["La la", "la la"]}),
        ("once la", False, {"lines": ["La la"]}),
        ("title tide", True, {}),
        ("untitled tide", False, {}),
        ("near oud", True, {"notes": ("oud the nearest one plays",)}),
        (
            "sections verse chorus",
            True,
            {"sections": [{"kind": kind} for kind in ("verse", "solo", "chorus")]},
        ),
        ("sections chorus verse", False, {"sections": [{"kind": kind} for kind in ("verse", "chorus")]}),
    ],
)
def test_what_proves_a_fact(fact, is_held, values):
    assert holds(fact, **values) is is_held


def test_a_fact_is_done_where_every_seed_keeps_it():
    fact = read_fact("no piano", "sans piano")
    kept, missed = made(), made(tracks=[track("piano")])
    told = made(tracks=[track("piano")], notes=("piano: refused elsewhere",))
    assert benchmark.outcome(fact, [kept, kept]) == "done"
    assert benchmark.outcome(fact, [kept, missed]) == "neither"
    assert benchmark.outcome(fact, [kept, told]) == "told"


@pytest.mark.parametrize(
    ("phrase", "told", "is_heard"),
    [
        ("with bagpipes", ("bagpipes: the band has none",), True),
        ("at 92 bpm", ("92",), True),
        ("不要女声", ("女声",), True),
        ("no drums", ("the rest",), False),
        ("no drums", ("",), False),
    ],
)
def test_a_note_tells_of_words_that_it_shares(phrase, told, is_heard):
    assert benchmark.is_said(phrase, told) is is_heard


def test_words_reach_title_or_lyrics_as_words():
    assert benchmark.reaches("cats|cat", made(lyrics="The cat sleeps"))
    assert benchmark.reaches("tide", made())
    assert benchmark.reaches("猫", made(lyrics="黒猫が眠る"))
    assert not benchmark.reaches("cat", made(lyrics="Concatenate"))


def test_the_report_counts_and_lists_misses_by_kind(report):
    figures = report.figures
    assert (figures["caption_entries"], figures["lyrics_entries"], figures["sentence_entries"]) == (2, 1, 1)
    assert figures["facts"] == 7
    assert figures["kind_tempo_done_pct"] == figures["kind_genre_done_pct"] == 100
    assert figures["kind_repeats_done_pct"] == 100
    assert figures["content_words_pct"] <= 50
    assert {"done_or_told_pct", "done_pct", "content_words_pct"} <= set(report.wanted)
    [sung] = report.details["words"]
    assert sung.startswith("[en] [Verse] / Carry") and "sung sold the moon (neither)" in sung
    assert report.details["content words"][0].endswith("zyzzyva")
    assert "words: 1" in report.to_table() and '"details"' in report.to_json()


def sizes(texts):
    return {len(text) for text in texts}


def test_hostile_texts_are_as_long_as_may_be_sent():
    assert sizes(HOSTILE_CAPTIONS) == {CAPTION_CHARS} and sizes(HOSTILE_LYRICS) == {LYRIC_CHARS}


def test_the_slowest_reading_counts():
    read = []
    assert benchmark.worst_ms(read.append, ["a", "b"]) >= 0
    assert read == ["warm", *["a"] * benchmark.READINGS, *["b"] * benchmark.READINGS]
