"""The whole embedded engine, from a request to finished takes, judged by other programs."""

from dataclasses import replace

import librosa
import numpy as np
import pyloudnorm
import pytest

from audiomusic.engines.base import SAMPLE_RATE_HZ, Cancelled, SongRequest
from audiomusic.engines.captions.wishes import Wish
from audiomusic.engines.studio.engine import StudioEngine
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import INSTRUMENTS
from audiomusic.engines.studio.synth.sampling.pack import pack
from tests.support.lrc_reader import parse_lrc

LYRICS = "[Verse]\nThe river runs beneath the bridge\nWe watch the boats go by\n\n[Chorus]\nSing it loud"
SONG_S, SHORT_S = 9.3, 5.3


def make(**wishes):
    """Return (takes, result, reports) of a request with these wishes."""
    wishes = {"kind": "instrumental", "caption": "calm piano", "seeds": (1,)} | wishes
    wishes.setdefault("max_duration_s", wishes.get("duration_s") or 60.0)
    takes, reports = [], []
    result = StudioEngine().generate(
        SongRequest(**wishes),
        on_progress=lambda stage, share: reports.append((stage, share)),
        is_cancelled=lambda: False,
        on_take=takes.append,
    )
    return takes, result, reports


@pytest.fixture(scope="module")
def songs():
    """Return (takes, result, reports) of a song with two seeds, shared by all tests for which it suffices."""
    return make(kind="song", lyrics=LYRICS, duration_s=SONG_S, seeds=(1, 2), generate_lrc=True)


def loudness_of(take):
    return pyloudnorm.Meter(SAMPLE_RATE_HZ, filter_class="DeMan").integrated_loudness(take.samples.T)


@pytest.mark.parametrize(
    ("kind", "lyrics"),
    [("song", LYRICS), ("rap", LYRICS), ("vocals", LYRICS), ("instrumental", ""), ("samples", "")],
)
def test_each_kind_is_music_of_the_asked_length(kind, lyrics, songs):
    takes, result, _ = (
        songs if kind == "song" else make(kind=kind, lyrics=lyrics, duration_s=SHORT_S, generate_lrc=True)
    )
    take = takes[0]
    assert take.samples.dtype == np.float32
    assert take.samples.shape == (2, round((SONG_S if kind == "song" else SHORT_S) * SAMPLE_RATE_HZ))
    assert np.isfinite(take.samples).all()
    assert np.abs(take.samples).max() <= 10 ** (-1 / 20)
    assert abs(loudness_of(take) + 14) <= 1
    assert 0 < take.quality_score <= 1
    assert result.lyrics == lyrics
    assert (take.lrc is not None) == bool(lyrics)


@pytest.mark.parametrize("duration_s", [1.0, 2.2, 4.4, 13.7])
def test_any_length_is_met(duration_s):
    [take], _, _ = make(duration_s=duration_s)
    assert abs(take.duration_s - duration_s) < 1e-3


@pytest.mark.parametrize("timesignature", ["2/4", "3/4", "4/4", "6/8"])
def test_wishes_for_key_tempo_and_metre_are_obeyed(timesignature):
    wishes = {"bpm": 100.0, "keyscale": "F# Minor", "timesignature": timesignature, "duration_s": 3.0}
    [take], result, _ = make(**wishes)
    assert (result.bpm, result.keyscale, result.timesignature) == (100.0, "F# Minor", timesignature)
    assert take.score["timesignature"] == timesignature


def test_the_asked_tempo_is_heard():
    [take], _, _ = make(caption="rock", genre="Rock", bpm=120.0, timesignature="4/4", duration_s=14.0)
    mono = librosa.resample(take.samples.mean(axis=0), orig_sr=SAMPLE_RATE_HZ, target_sr=22050)
    found = float(np.atleast_1d(librosa.beat.beat_track(y=mono, sr=22050)[0])[0])
    assert min(abs(found / (120 * octave) - 1) for octave in (0.5, 1, 2)) < 0.04


def test_the_same_seed_makes_the_same_song_and_another_does_not(songs):
    (first, other), _, _ = songs
    [again], _, _ = make(kind="song", lyrics=LYRICS, duration_s=SONG_S, seeds=(1,))
    assert np.array_equal(first.samples, again.samples)
    assert not np.array_equal(first.samples, other.samples)


def test_wishes_are_held_against_each_take(monkeypatch):
    """One wish is met and one was never planned: both are reported for each take, and lower its quality
    score."""
    wishes = (
        Wish("100 bpm", "tempo", (100.0, 100.0)),
        Wish("ohne alles", "instrument", tuple(INSTRUMENTS), "refuse"),
        Wish("calm", "mood", "Calm"),
    )
    asked = {"bpm": 100.0, "duration_s": 3.0, "seeds": (5, 6)}
    plain_takes, plain, _ = make(**asked)
    monkeypatch.setattr(
        "audiomusic.engines.studio.engine.make_plan",
        lambda request, seed: replace(make_plan(request, seed), wishes=wishes, not_understood=("glorp",)),
    )
    takes, result, _ = make(**asked)
    told = result.effective["conformance"]
    assert [(each["take"], each["wish"], each["ok"]) for each in told] == [
        (1, "100 bpm", True), (1, "ohne alles", False), (2, "100 bpm", True), (2, "ohne alles", False),
    ]  # fmt: skip
    assert takes[0].conformance[0]["found"] == "100 bpm" and "in bar" in takes[0].conformance[1]["found"]
    assert result.not_applied["ohne alles"].startswith("take 2 has: ")
    assert result.not_understood == ("glorp",) and plain.not_understood == ()
    assert {each["wish"] for each in plain.effective["conformance"]} == {"piano"}
    assert all(
        take.quality_score < other.quality_score for take, other in zip(takes, plain_takes, strict=True)
    )


def test_takes_come_one_by_one_and_differ(songs):
    takes, result, _ = songs
    assert [(take.index, take.seed) for take in takes] == [(1, 1), (2, 2)]
    assert result.effective["seeds"] == [1, 2]


def test_a_take_says_what_it_was_made_with(songs):
    """It lists everything that can change the sound, so that a replay can name what differs."""
    take = songs[0][0]
    assert take.made_with["samples"] == pack().sha256[:16]
    assert {"torch", "numpy", "espeakng-loader", "onnxruntime", "hibari-tts"} <= take.made_with.keys()


def test_a_length_that_is_left_open_never_exceeds_what_was_reserved():
    [take], _, _ = make(kind="song", lyrics=LYRICS, max_duration_s=8.0)
    assert 1 <= take.duration_s <= 8.0


def test_genres_sound_different():
    """Of five genres with two takes each, most takes are nearest to the other take of their genre."""
    genres = ("Classical", "Electronic", "Metal", "Reggae", "Jazz")
    features = []
    for genre in genres:
        for take in make(caption=genre, genre=genre, duration_s=4.0, seeds=(1, 2))[0]:
            mono = librosa.resample(take.samples.mean(axis=0), orig_sr=SAMPLE_RATE_HZ, target_sr=22050)
            timbre = librosa.feature.mfcc(y=mono, sr=22050, n_mfcc=20)[1:]
            pulse = librosa.onset.onset_strength(y=mono, sr=22050)
            features.append([*timbre.mean(axis=1), *timbre.std(axis=1), pulse.mean(), pulse.std()])
    points = np.array(features)
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag([np.inf] * len(points))
    nearest = distances.argmin(axis=1)
    found = sum(place // 2 == other // 2 for place, other in enumerate(nearest))
    assert found >= 7  # of 10; 1 or 2 by chance


def test_lines_are_timed_as_they_are_sung(songs):
    take = songs[0][0]
    assert take.lrc.splitlines()[3].endswith("]The river runs beneath the bridge") and "<" not in take.lrc
    words = [word for line in parse_lrc(take.enhanced_lrc).lines for word in line]
    assert [word.text for word in words[:3]] == ["The", "river", "runs"]
    times = [word.start_s for word in words]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] < SONG_S


def test_without_lyrics_the_planner_writes_them():
    [take], result, _ = make(
        kind="song", query="a happy song about the sea", write_lyrics=True, duration_s=10.0
    )
    assert "[" in result.lyrics
    assert "sea" in result.lyrics.lower()
    assert result.title


def test_a_line_that_cannot_be_pronounced_is_told_and_not_fatal():
    [take], result, _ = make(
        kind="song", lyrics="[Verse]\nHello there\n漢字漢字", vocal_language="en", duration_s=6.0
    )
    assert np.abs(take.samples).max() > 0.1
    told = str(result.effective) + str(result.not_applied)
    assert "漢字" in told


def test_progress_rises_through_the_stages_to_the_end(songs):
    _, _, reports = songs
    shares = [share for _, share in reports]
    assert shares == sorted(shares)
    assert {"singing", "rendering"} <= {stage for stage, _ in reports}
    assert shares[-1] > 0.95


def test_it_stops_when_asked():
    asked = iter([False] * 3)
    takes = []
    with pytest.raises(Cancelled):
        StudioEngine().generate(
            SongRequest(kind="instrumental", caption="x", seeds=(1,), duration_s=60.0, max_duration_s=60.0),
            on_progress=lambda stage, share: None,
            is_cancelled=lambda: next(asked, True),
            on_take=takes.append,
        )
    assert takes == []
