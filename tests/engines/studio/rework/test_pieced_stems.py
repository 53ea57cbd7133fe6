"""Stems of songs spliced from old and new sound: they add up to the song, also along a chain of
operations."""

import numpy as np
import pytest

from audiomusic.engines.base import EngineError, ReworkRequest, SongRequest, StemRequest
from audiomusic.engines.studio.engine import StudioEngine
from audiomusic.engines.studio.rework.operations import as_stored
from audiomusic.engines.studio.rework.stem_names import stems_present

WORDS = "[Verse]\nHello to the morning\nFarewell to the day"
MOST_REST = 10 ** (-90 / 20)
CHAIN = [
    {"name": "repaint", "start_s": 1.5, "end_s": 3.5, "caption": "calm", "lyrics": "", "fade_ms": 20},
    {
        "name": "extend", "left_s": 1.0, "right_s": 1.5, "caption": "an outro", "lyrics": None,
        "left_lyrics": None,
    },
    {"name": "edit", "type": "only_lyrics", "caption": None, "lyrics": "[Verse]\nGood evening to us all"},
]  # fmt: skip


def quietly(takes):
    return {"on_progress": lambda *_: None, "is_cancelled": lambda: False, "on_take": takes.append}


@pytest.fixture(scope="module")
def chain():
    """Return the takes: the song, then the result of each operation on the previous take."""
    engine, takes = StudioEngine(), []
    engine.generate(
        SongRequest(
            kind="song", caption="solo piano, no drums", seeds=(5,), lyrics=WORDS, duration_s=4.0,
            max_duration_s=4.0, calculate_quality=False,
        ),
        **quietly(takes),
    )  # fmt: skip
    for operation in CHAIN:
        take = takes[-1]
        packed = engine.pack_source(take.score, take.curves, take.source)
        request = ReworkRequest(operation, packed, (3,), as_stored(take.samples), calculate_quality=False)
        engine.rework(request, **quietly(takes))
    return takes


def test_all_stems_add_up_to_the_last_of_them(chain):
    take, stems = chain[-1], []
    names = stems_present(take.score)
    request = StemRequest(take.score, take.curves, tuple((name,) for name in names), 1, take.source)
    StudioEngine().extract_stems(request, **quietly(stems))
    assert take.score["is_pieced"] and {"vocals", "keyboard"} <= names.keys()
    rest = sum(as_stored(stem.samples).astype(np.float64) for stem in stems) - as_stored(take.samples)
    assert np.abs(rest).max() <= MOST_REST
    assert all(stem.source == take.source for stem in stems)


def test_without_what_it_was_made_of_there_are_none(chain):
    take = chain[1]
    for request in (
        StemRequest(take.score, take.curves, (("vocals",),), 1),
        StemRequest({**take.score, "exact": {}}, take.curves, (("drums",),), 1, take.source),
    ):
        with pytest.raises(EngineError) as refused:
            StudioEngine().extract_stems(request, **quietly([]))
        assert refused.value.code == "source_too_old"
