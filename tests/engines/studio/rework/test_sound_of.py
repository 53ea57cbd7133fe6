"""A new song with the sound of another: its spectrum has the same balance."""

import numpy as np

from audiomusic.engines.base import ReworkRequest, SongRequest
from audiomusic.engines.studio.engine import StudioEngine
from audiomusic.engines.studio.mix import mix_of
from audiomusic.engines.studio.rework import operations
from audiomusic.engines.studio.rework.edits.retake import retaken
from audiomusic.engines.studio.rework.kept_song import pack_song, unpack_song
from audiomusic.engines.studio.rework.operations import as_stored
from audiomusic.engines.studio.rework.sound_of import balance_of, is_heard, width_db_of
from tests.support.tool_songs import kept_song

ASKED = {
    "name": "reference", "caption": "calm piano ballad", "lyrics": None, "instrumental": True,
    "duration_s": 4.0, "max_duration_s": 4.0,
}  # fmt: skip


def quietly(takes):
    return {"on_progress": lambda *_: None, "is_cancelled": lambda: False, "on_take": takes.append}


def test_a_reference_has_the_balance_of_its_song(monkeypatch):
    engine, takes = StudioEngine(), []
    engine.generate(
        SongRequest(
            kind="instrumental", caption="metal", genre="metal", seeds=(1,), duration_s=4.0,
            max_duration_s=4.0, calculate_quality=False,
        ),
        **quietly(takes),
    )  # fmt: skip
    [song] = takes
    packed, master = engine.pack_source(song.score, song.curves, None), as_stored(song.samples)
    request = ReworkRequest(ASKED, packed, (3,), master, calculate_quality=False)
    told = engine.rework(request, **quietly(takes)).effective["operation"]["reference"]
    monkeypatch.setattr(operations, "is_heard", lambda song: False)
    engine.rework(request, **quietly(takes))
    corners = tuple(map(tuple, told["balance_db"]["value"]))
    wanted, with_it, without = (
        np.array([db for _, db in balance_of(take.samples, corners)]) for take in takes
    )
    assert np.abs(with_it - wanted).mean() < 0.8 * np.abs(without - wanted).mean()
    assert told["width_db"] == width_db_of(master)
    kept = unpack_song(engine.pack_source(takes[1].score, takes[1].curves, takes[1].source))
    assert mix_of(kept.score).balance == corners
    assert mix_of(retaken(kept, 0.5, 2).score).balance == corners


def test_a_sketch_of_what_was_heard_has_no_master_of_its_own():
    song = kept_song()
    document = {**song.document, "exact": {**song.document["exact"], "is_composed": False}}
    assert is_heard(song)
    from audiomusic.engines.studio.rework.curves_file import dump_curves

    assert not is_heard(unpack_song(pack_song(document, dump_curves(song.curves), None)))
