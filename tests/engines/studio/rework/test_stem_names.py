"""Every part that can be written belongs to exactly one of the twelve stems, and docs/stems.md says so."""

import subprocess
import sys
from pathlib import Path

from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.rework.stem_names import (
    _TABLES,
    STEM_NAMES,
    stem_of_piece,
    stem_of_track,
    stem_of_voice,
    stems_present,
)
from audiomusic.engines.studio.score import INSTRUMENTS, PIECES
from audiomusic.engines.studio.score_json import score_outline
from tests.engines.studio.rework.songs import GENRES, composed

DOCS = Path(__file__).parents[4] / "docs" / "stems.md"


def test_every_instrument_piece_and_voice_has_a_stem():
    assert set(_TABLES["instruments"]) == set(INSTRUMENTS)
    assert set(_TABLES["pieces"]) <= set(PIECES)
    assert {name for table in _TABLES.values() for name in table.values()} | {"drums"} == set(STEM_NAMES)


def test_parts_are_named_as_a_musician_would():
    assert stem_of_track("bass", "synth_bass") == "bass"
    assert stem_of_track("lead", "sub_bass") == "bass"
    assert stem_of_track("riser", "riser") == "fx"
    assert stem_of_track("pad", "strings") == "strings"
    assert stem_of_track("lead", "theremin") == "fx"
    assert (stem_of_piece("kick"), stem_of_piece("conga_low")) == ("drums", "percussion")
    assert [stem_of_voice(role) for role in ("lead", "double", "harmony")] == [
        "vocals", "vocals", "backing_vocals",
    ]  # fmt: skip


def test_every_genre_plays_instruments_that_have_a_stem():
    for genre in load_genres().values():
        for part in genre.parts:
            assert all(stem_of_track(part.role, each) in STEM_NAMES for each in part.instruments)


def test_a_kept_score_tells_what_is_in_it():
    score = composed(GENRES[0], duration_s=8.0)
    present = stems_present(score_outline(score))
    assert list(present) == [name for name in STEM_NAMES if name in present]
    assert "lead voice" in present["vocals"]
    played = {track.instrument for track in score.tracks if track.notes}
    assert played <= {player for players in present.values() for player in players}


def test_a_score_from_before_tells_of_none():
    assert stems_present({"tracks": [{"role": "bass"}]}) == {}


def test_the_page_shows_the_table():
    text = DOCS.read_text()
    for name in (*STEM_NAMES, *INSTRUMENTS):
        assert f"`{name}`" in text


def test_a_web_process_reads_it_without_torch():
    code = (
        "import sys, audiomusic.engines.studio.rework.stem_names as it; assert 'torch' not in sys.modules, 1"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
