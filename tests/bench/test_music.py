"""The listeners of `bench music`, on sounds with known properties, and the figures made from their
results."""

from dataclasses import replace

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from audiomusic.bench.engine import listening, music, singing
from audiomusic.bench.engine.listening import JudgeMissing, classified, key_of, key_score
from audiomusic.bench.engine.sung_lines import CHANGED_WORDS, LINES
from audiomusic.engines.theory import PITCH_NAMES

RATE_HZ = 48_000
HEARD = music.Heard(
    genre="Rock", seed=0, digest="a", melody="m0", metre="4/4", wanted_bpm=120.0, found_bpm=61.0,
    wanted_key="C Major", found_key="A Minor", lufs=-14.1, true_peak_db=-1.2, dc=0.0, clicks=0,
    length_error_s=0.0, features=[0.0, 0.0],
)  # fmt: skip


def tone(midi, seconds=1.0, rate_hz=RATE_HZ):
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return sum(0.1 / h * np.sin(2 * np.pi * h * 440 * 2 ** ((midi - 69) / 12) * times) for h in (1, 2, 3))


def test_the_tempo_of_a_metronome_is_found():
    beat = np.zeros(round(0.5 * listening.RATE_HZ))
    beat[:400] = np.hanning(400) * np.random.default_rng(0).standard_normal(400)
    assert listening.is_tempo(listening.tempo_bpm(np.tile(beat, 24).astype(np.float32)), 120.0)


@pytest.mark.parametrize(
    ("found", "wanted", "right"), [(100, 100, True), (51, 100, True), (199, 100, True), (92, 100, False)]
)
def test_octaves_of_a_tempo_count(found, wanted, right):
    assert listening.is_tempo(found, wanted) is right


@pytest.mark.parametrize("tonic", [0, 3, 10])
def test_the_key_of_a_cadence_is_found(tonic):
    chords = [(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)]
    chroma = np.zeros(12)
    for chord in chords:
        for step in chord:
            chroma[(tonic + step) % 12] += 1
    assert key_of(chroma) == f"{PITCH_NAMES[tonic]} Major"


def test_chroma_hears_pitch_classes():
    sound = sum(tone(midi, 3.0, listening.RATE_HZ) for midi in (60, 64, 67))
    assert set(np.argsort(listening.chroma_of(sound.astype(np.float32)))[-3:]) == {0, 4, 7}


@pytest.mark.parametrize(
    ("found", "score"),
    [
        ("C Major", 1.0),
        ("A Minor", 0.5),
        ("G Major", 0.5),
        ("F Major", 0.5),
        ("C Minor", 0.0),
        ("D Major", 0.0),
    ],
)
def test_near_keys_count_half(found, score):
    assert key_score(found, "C Major") == score
    assert key_score("Eb Major", "C Minor") == 0.5


def test_loudness_and_peak_of_the_reference_tone():
    sine = np.sin(2 * np.pi * 997 * np.arange(5 * RATE_HZ) / RATE_HZ)
    both = np.stack([sine, sine]).astype(np.float32)
    assert listening.lufs(both, RATE_HZ) == pytest.approx(0.0, abs=0.05)
    assert listening.true_peak_db(both[:, :RATE_HZ]) == pytest.approx(0.0, abs=0.1)


def test_a_click_is_found_and_a_drum_is_none():
    sound = tone(57)
    rng = np.random.default_rng(1)
    drum = rng.standard_normal(RATE_HZ // 2) * np.exp(-np.arange(RATE_HZ // 2) / 4000) * 0.3
    sound[: RATE_HZ // 2] += drum
    assert listening.count_clicks(sound, RATE_HZ) == 0
    sound[36_000] += 0.4
    assert listening.count_clicks(sound, RATE_HZ) == 1


def test_groups_that_differ_are_classified_and_equal_ones_are_not():
    rng = np.random.default_rng(2)
    labels = [name for name in ("a", "b", "c") for _ in range(8)]
    folds = [seed for _ in range(3) for seed in range(8)]
    noise = rng.standard_normal((24, 6))
    apart = noise + np.repeat(np.arange(3), 8)[:, None] * 5
    assert classified(apart, labels, folds).mean() == 1
    assert classified(noise, labels, folds).mean() < 0.7


def test_a_report_is_made_of_verdicts():
    heard = [
        replace(HEARD, genre=genre, seed=seed, melody=f"{genre}{seed}", features=[place + seed / 99, seed])
        for place, genre in enumerate(("Rock", "Jazz"))
        for seed in range(4)
    ]
    sung = [
        singing.Sung(
            "Rock",
            20,
            stem=19,
            mix=15,
            control=1,
            changed=16,
            cents=[3.0, 4.0],
            late_ms=[-4.0, 30.0],
            above_db=11.0,
        )
    ]
    report = music.make_report(heard, [heard[1]], sung)
    assert report.figures["tempo_found_share"] == 1
    assert report.figures["key_found_share"] == 0.5
    assert report.figures["genre_told_share"] == 1
    assert report.figures["same_seed_identical_share"] == 1
    assert report.figures["other_seed_other_melody_share"] == 1
    assert report.figures["words_changed_share"] == 0.8
    assert report.figures["vowel_ms_off"] == 17
    assert report.figures["voice_above_band_db_rock"] == 11
    assert report.missed == [
        "key_found_share", "words_mix_share", "words_mix_share_worst", "vowel_ms_off", "vowel_ms_off_p90",
    ]  # fmt: skip


def test_a_voice_is_held_against_the_band_where_words_are():
    """Rumble below the words does not count, and neither does sound where no one sings."""
    voice, band = tone(57, 2.0), 0.5 * tone(57, 2.0)
    spans = [slice(0, RATE_HZ)]
    band[RATE_HZ:] *= 100
    rumble = np.sin(2 * np.pi * 50 * np.arange(2 * RATE_HZ) / RATE_HZ)
    assert singing.level_above_db(voice, band + rumble, spans) == pytest.approx(6.0, abs=0.1)


def test_every_preset_is_listened_to():
    pieces = [music.ask(genre, seed) for genre in music.GENRES for seed in range(2)]
    assert len({piece.genre for piece in pieces}) == 13
    assert {piece.kind for piece in pieces} == {"instrumental", "song"}
    assert {genre for genre, _ in singing.SONGS} == set(music.GENRES)


def test_every_line_has_others_that_differ_in_one_word():
    assert len(set(LINES)) == len(CHANGED_WORDS) == 20
    for line in LINES:
        same, *others = singing.changed_lines(line)
        assert same == line
        assert len({*others, line}) == 6
        differing = [
            sum(a != b for a, b in zip(line.split(), other.split(), strict=True)) for other in others
        ]
        assert differing == [1] * 5


def test_the_beginning_of_a_voice_is_found():
    times_s = np.arange(RATE_HZ) / RATE_HZ
    sound = np.random.default_rng(1).standard_normal(RATE_HZ) * 0.002
    for start_s in (0.2, 0.6):
        is_sung = (times_s >= start_s) & (times_s < start_s + 0.25)
        sound += is_sung * sum(np.sin(2 * np.pi * 220 * h * times_s) / h for h in (1, 2, 3))
    found_s = listening.voice_onsets_s(sound, RATE_HZ, np.array([0.21, 0.58]))
    assert found_s == pytest.approx([0.2, 0.6], abs=0.006)


def test_quick_is_refused_where_it_means_nothing():
    with pytest.raises(CommandError, match="only engine and music and tools and analysis can do that"):
        call_command("bench", "queue", "--quick")


def test_a_missing_judge_is_named(monkeypatch):
    monkeypatch.setattr(listening, "JUDGES", ("a_judge_that_is_not_there",))
    with pytest.raises(JudgeMissing, match="requirements-dev.txt"):
        listening.call_judges()
    with pytest.raises(CommandError, match="a_judge_that_is_not_there"):
        call_command("bench", "music")
