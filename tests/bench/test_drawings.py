"""Pictures of what the studio engine makes."""

from dataclasses import replace

from audiomusic.bench.engine import drawings


def test_it_draws_a_song_and_the_genres(tmp_path, monkeypatch):
    monkeypatch.setattr(drawings, "SONG", replace(drawings.SONG, duration_s=6.0, max_duration_s=6.0))
    monkeypatch.setattr(drawings, "GENRE_S", 3.0)
    monkeypatch.setattr(drawings, "GENRES", drawings.GENRES[:2])
    files = drawings.draw_studio(tmp_path)
    assert [file.name for file in files] == ["studio-song.png", "studio-genres.png"]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)


def test_it_tells_where_each_part_sounds():
    score = {
        "vocals": [
            {"part": "lead", "syllables": [[0.0, 0.5, 60, "la"]]},
            {"part": "ad_lib", "syllables": [[1.0, 0.5, 62, "hey"]]},
            {"part": "lead", "syllables": [[2.0, 0.5, 60, "lo"]]},
        ],
        "tracks": [{"role": "bass", "instrument": "synth_bass", "notes": [[0.0, 1.0, 36, 0.8]]}],
        "drums": None,
    }
    assert drawings.played(score) == [
        ("voice: lead", [(0.0, 0.5), (2.0, 0.5)]),
        ("voice: ad-lib", [(1.0, 0.5)]),
        ("bass: synth bass", [(0.0, 1.0)]),
    ]
