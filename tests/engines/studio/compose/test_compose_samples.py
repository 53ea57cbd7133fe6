import pytest

from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.plan import make_plan
from tests.engines.studio.songs import ask, syllabify


def sample(caption, seed=1, **wishes):
    return compose(make_plan(ask(kind="samples", caption=caption, **wishes), seed), seed, syllabify)


def test_a_drum_loop_is_drums_alone():
    score = sample("hip hop drum loop", bpm=90)
    assert score.seamless_loop
    assert score.tracks == []
    assert len(score.drums.hits) > 8
    assert score.humanise_ms == 0


@pytest.mark.parametrize(
    ("caption", "role"),
    [
        ("house bass loop", "bass"),
        ("warm piano chords loop", "chords"),
        ("ambient pad texture", "pad"),
        ("catchy melody loop", "lead"),
    ],
)
def test_other_loops_are_one_part_alone(caption, role):
    for seed in range(4):
        score = sample(caption, seed)
        assert score.drums is None
        assert len(score.tracks) == 1
        assert score.tracks[0].notes
        bars = score.duration_s / score.metre.bar_s
        assert bars == pytest.approx(round(bars))


def test_a_named_instrument_plays_the_loop():
    assert sample("saxophone melody loop").tracks[0].instrument == "saxophone"
    assert sample("piano chord loop").tracks[0].instrument == "piano"


@pytest.mark.parametrize(
    ("caption", "piece"), [("kick one shot", "kick"), ("open hat", "open_hat"), ("big clap", "clap")]
)
def test_a_drum_one_shot_is_one_hit(caption, piece):
    score = sample(caption, sample_type="one-shot")
    assert [hit.piece for hit in score.drums.hits] == [piece]
    assert not score.seamless_loop


@pytest.mark.parametrize(
    ("caption", "notes"), [("808 bass hit", 1), ("piano chord stab in A minor", 3), ("lead", 1)]
)
def test_a_pitched_one_shot_is_one_note_or_chord(caption, notes):
    score = sample(caption, sample_type="one-shot", duration_s=2.0)
    (track,) = score.tracks
    assert len(track.notes) == notes
    assert {note.onset for note in track.notes} == {0.0}
    assert score.duration_s == 2.0
