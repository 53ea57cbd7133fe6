"""A tune as ABC text: the form of the dialect, and the same tune when read back."""

import random
from dataclasses import replace

import pytest

from audiomusic.engines.notation.reader import read_abc
from audiomusic.engines.notation.spelling import key_text, read_key
from audiomusic.engines.notation.tune import (
    KeyChange,
    Swing,
    TuneChord,
    TuneSection,
    TuneSyllable,
    WrittenNote,
    WrittenTune,
)
from audiomusic.engines.notation.writer import write_abc
from audiomusic.engines.theory import SCALES, Key
from tests.support.tunes import tune


def drawn(seed):
    """Return a random tune: any pitch, any length, chords in the middle of notes."""
    rng = random.Random(seed)
    beats, unit = rng.choice([(4, 4), (3, 4), (6, 8), (7, 8), (5, 4)])
    bars = rng.randint(1, 9)
    stop = bars * beats * 32 // unit

    def line():
        at, notes = rng.randint(0, 5), []
        while at < stop:
            length = min(rng.randint(1, 40), stop - at)
            notes.append(WrittenNote(at, length, rng.randint(40, 90)))
            at += length + rng.choice([0, 0, 1, 7, 33])
        return tuple(notes)

    vocal = line()
    texts = [
        TuneSyllable(note.onset, rng.choice(["la", "don't", "é", "水"]), rng.random() < 0.6) for note in vocal
    ]
    chords, name = [], ""
    for at in sorted(rng.sample(range(stop), min(stop, rng.randint(0, 8)))):
        name = rng.choice([each for each in ("C", "F#m7", "Bb/D", "Gsus4", "Am(maj7)") if each != name])
        chords.append(TuneChord(at, name))
    marked = sorted(rng.sample(range(bars), rng.randint(0, bars)))
    key = Key(rng.randrange(12), rng.choice(list(SCALES)))
    return WrittenTune(
        "Any", beats, unit, rng.randint(30, 300), key, bars, vocal, line(), tuple(chords),
        tuple(TuneSection(bar, f"Part {bar}") for bar in marked),
        tuple(replace_first(texts)),
        (KeyChange(bars - 1, Key(rng.randrange(12), "minor")),) if bars > 2 else (),
        rng.choice([None, Swing(0.66, 0.5)]),
    )  # fmt: skip


def replace_first(texts):
    return [each._replace(begins_word=True) if not place else each for place, each in enumerate(texts)]


@pytest.mark.parametrize("seed", range(40))
def test_what_is_written_reads_as_the_same(seed):
    written = drawn(seed)
    text = write_abc(written)
    read = read_abc(text)
    if written.key.mode != "harmonic minor":
        assert read.key == written.key
    assert replace(read, keys=(), key=written.key) == replace(written, keys=())
    assert write_abc(read) == text


def test_it_is_the_contracts_dialect():
    text = write_abc(tune())
    assert text.splitlines()[:8] == [
        "X:1", "T:Harbour", "M:4/4", "L:1/32", "Q:1/4=96",
        'V: Vocal clef=treble name="Vocal Melody" snm="Vocal"',
        'V: Ins clef=treble name="Ins Melody" snm="Inst."', "K:G",
    ]  # fmt: skip
    assert "% Verse\nV: Vocal\n" in text and "V: Ins\nZ2 |\n" in text
    assert text.endswith("\n") and "\r" not in text
    assert "w: Lan-tern on the wa-ter" in text


@pytest.mark.parametrize("mode", SCALES)
def test_every_key_is_spelled_and_read_again(mode):
    for tonic in range(12):
        key = Key(tonic, mode)
        read = read_key(key_text(key))
        assert read == (Key(tonic, "minor") if mode == "harmonic minor" else key)
