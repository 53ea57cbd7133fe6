"""`bench analysis`: which answers count as right."""

from types import SimpleNamespace

from audiomusic.bench.engine import analysis

SCORE = {
    "timesignature": "4/4", "quarter_s": 0.5, "duration_s": 6.0, "bpm": 120, "key": "Bb Major",
    "chords": [[0, 2, "Bb", 0, 4], [2, 4, "F#m7", 4, 4], [4, 6, "C", 8, 4]],
}  # fmt: skip


def test_bars_are_right_by_their_longest_root():
    assert (
        analysis.roots_right(SCORE, [[0, 1.8, "Bb"], [1.8, 4, "F#m"], [4, 4.5, "C"], [4.5, 6, "G"]]) == 2 / 3
    )


def test_an_octave_is_told_apart(monkeypatch):
    found = {"bpm": 60.5, "keyscale": "A# Major", "timesignature": "3/4", "chords": SCORE["chords"]}
    monkeypatch.setattr(analysis, "analyse_file", lambda path, bounds: found)
    monkeypatch.setattr(analysis, "encode", lambda samples, path, format: None)
    judged = analysis.judge(SimpleNamespace(score=SCORE, samples=None))
    assert judged == (True, False, True, False, 1.0)
