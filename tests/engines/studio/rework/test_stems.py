"""The stems of a song are its true parts: they add up to its master, and equal the part played alone."""

import numpy as np
import pytest

from audiomusic.engines.base import Cancelled, Monitor, silent_monitor
from audiomusic.engines.studio.mixdown import mix_part
from audiomusic.engines.studio.rework.stem_names import stems_present
from audiomusic.engines.studio.rework.stems import all_but, render_stem, render_stems
from audiomusic.engines.studio.score_json import score_outline
from tests.engines.studio.rework.songs import GENRES, composed, made

REST_DBFS = -90.0


def dbfs(samples):
    return 20 * np.log10(np.abs(samples).max() + 1e-12)


def present(score):
    return list(stems_present(score_outline(score)))


@pytest.mark.parametrize(
    ("genre", "kind", "wishes"),
    [
        (GENRES[0], "song", {}),
        (GENRES[3], "rap", {}),
        (GENRES[6], "instrumental", {}),
        (GENRES[9], "song", {}),
        (GENRES[-1], "instrumental", {}),
        (GENRES[2], "vocals", {}),
        (GENRES[5], "samples", {"sample_type": "loop"}),
        (GENRES[5], "samples", {"sample_type": "one-shot"}),
    ],
)
def test_stems_add_up_to_the_master(genre, kind, wishes):
    score = composed(genre, kind, duration_s=4.0 if kind == "samples" else 8.0, **wishes)
    _, mixed = made(score)
    names = present(score)
    total = np.zeros(mixed.samples.shape)
    for stem in render_stems(score, mixed.curves, [{name} for name in names], silent_monitor(), 1):
        assert stem.shape == mixed.samples.shape
        assert stem.dtype == np.float32
        total += stem
    assert dbfs(total - mixed.samples) <= REST_DBFS
    assert len(names) >= (1 if kind in ("vocals", "samples") else 3)


@pytest.fixture(scope="module")
def song():
    """Return (score, mixdown) of a song with a band, a lead and backing vocals."""
    score = composed("pop" if "pop" in GENRES else GENRES[0], duration_s=10.0)
    return score, made(score)[1]


def test_a_stem_and_the_rest_are_the_whole(song):
    score, mixed = song
    voice = render_stem(score, mixed.curves, {"vocals"}, silent_monitor(), 1)
    rest = render_stem(score, mixed.curves, all_but({"vocals"}), silent_monitor(), 1)
    assert dbfs(voice) > -20
    assert dbfs(rest) > -20
    assert dbfs(voice.astype(float) + rest - mixed.samples) <= REST_DBFS


def test_the_same_stem_has_the_same_bits_for_any_number_of_workers(song):
    score, mixed = song
    one = render_stem(score, mixed.curves, {"vocals", "bass"}, silent_monitor(), 1)
    assert np.array_equal(one, render_stem(score, mixed.curves, {"vocals", "bass"}, silent_monitor(), 3))


def test_another_stem_does_not_sound_in_it(song):
    """The stem is the same when all other notes are removed from the score: it is the part, not an
    estimate."""
    score, mixed = song
    bass = render_stem(score, mixed.curves, {"bass"}, silent_monitor(), 1)
    alone = mix_part(
        score, [], mixed.curves, silent_monitor(), 1,
        lambda player: not isinstance(player, str) and player.instrument.endswith("bass"),
    )  # fmt: skip
    error = np.square(bass.astype(float) - alone).sum()
    assert 10 * np.log10(np.square(alone.astype(float)).sum() / (error + 1e-20)) >= 60


def test_drums_and_percussion_part_without_moving(song):
    score, mixed = song
    both = render_stem(score, mixed.curves, {"drums", "percussion"}, silent_monitor(), 1)
    apart = [
        render_stem(score, mixed.curves, {name}, silent_monitor(), 1) for name in ("drums", "percussion")
    ]
    assert dbfs(sum(part.astype(float) for part in apart) - both) <= REST_DBFS


def test_a_stem_that_is_not_there_is_silent(song):
    score, mixed = song
    missing = all_but(present(score))
    assert dbfs(render_stem(score, mixed.curves, missing, silent_monitor(), 1)) < -200


def test_it_stops_when_asked(song):
    score, mixed = song
    monitor = Monitor(lambda stage, share: None, lambda: True)
    with pytest.raises(Cancelled):
        render_stem(score, mixed.curves, {"vocals"}, monitor, 1)


def test_the_stems_of_a_duet_add_up_too():
    """Each singer has a separate lane, tone and position."""
    lyrics = (
        "[Verse: Anna]\nHello to the morning\n[Verse: Ben]\nA brand new day\n[Chorus: Both]\nSing it loud"
    )
    score = composed("modern-pop", duration_s=10.0, lyrics=lyrics)
    assert len(score.singers) == 2
    _, mixed = made(score)
    total = sum(
        stem.astype(float)
        for stem in render_stems(
            score, mixed.curves, [{name} for name in present(score)], silent_monitor(), 1
        )
    )
    assert dbfs(total - mixed.samples) <= REST_DBFS
