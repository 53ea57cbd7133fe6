"""Singing as a caller sees it: clips, words, repeatability, and difficult lines."""

import dataclasses
import math

import pytest
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ, Cancelled, Monitor, silent_monitor
from audiomusic.engines.studio.voice import SINGERS, sing
from tests.engines.studio.voice_scores import song_of, vocal_line, vocal_score


def sing_one(text, **options):
    [clip] = sing(vocal_score(vocal_line(text, **options)), silent_monitor())
    return clip


def assert_sound(clip):
    samples = clip.samples
    assert samples.dtype == torch.float32
    assert samples.ndim == 1
    assert torch.isfinite(samples).all()
    assert 0.15 < samples.abs().max() <= 0.71
    assert samples[0].abs() < 1e-3
    assert samples[-1].abs() < 1e-3
    assert clip.start_s >= 0


def test_a_line_becomes_a_clip_with_its_words():
    clip = sing_one("walking to the river")
    assert_sound(clip)
    assert (clip.role, clip.line) == ("lead", 0)
    assert [word.text for word in clip.words] == ["walking", "to", "the", "river"]


def test_words_follow_the_notes():
    line = vocal_line("walking to the river", onset=2.0)
    score = vocal_score(line)
    [clip] = sing(score, silent_monitor())
    vowels = [score.performed_seconds(line.onsets[i]) for i in (0, 2, 3, 4)]
    for word, vowel_s in zip(clip.words, vowels, strict=True):
        assert vowel_s - 0.2 < word.start_s <= vowel_s
    for one, other in zip(clip.words, clip.words[1:], strict=False):
        assert one.start_s < one.end_s <= other.start_s + 1e-6
    assert clip.words[-1].end_s <= clip.start_s + len(clip.samples) / SAMPLE_RATE_HZ


def test_the_same_score_gives_the_same_samples_for_any_number_of_workers():
    score = song_of(["the river runs", "tell me more", "sing it again"])
    first, second, third = (sing(score, silent_monitor(), workers) for workers in (1, 2, 2))
    for one, two, three in zip(first, second, third, strict=True):
        assert torch.equal(one.samples, two.samples)
        assert torch.equal(one.samples, three.samples)
        assert one.words == two.words


def test_the_callers_thread_setting_neither_matters_nor_changes():
    score = song_of(["the river runs"])
    [expected] = sing(score, silent_monitor())
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        [clip] = sing(score, silent_monitor())
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert torch.equal(clip.samples, expected.samples)


def test_another_seed_sings_differently():
    score = song_of(["the river runs"])
    [one] = sing(score, silent_monitor())
    [other] = sing(dataclasses.replace(score, seed=8), silent_monitor())
    assert not torch.equal(one.samples, other.samples)


def test_doubles_and_harmonies_are_not_copies_of_the_lead():
    lines = [vocal_line("tell me more", role=role) for role in ("lead", "double", "harmony")]
    lead, double, harmony = sing(vocal_score(*lines), silent_monitor())
    assert [clip.role for clip in (lead, double, harmony)] == ["lead", "double", "harmony"]
    assert lead.start_s < harmony.start_s < lead.start_s + 0.03
    assert lead.start_s < double.start_s < lead.start_s + 0.03
    count = min(len(lead.samples), len(double.samples))
    assert not torch.allclose(lead.samples[:count], double.samples[:count], atol=0.05)


def test_loudness_is_even_between_lines_and_follows_velocity():
    lines = [vocal_line(t, onset=1 + 8 * i) for i, t in enumerate(["tell me more", "see the sea", "go slow"])]
    quiet = dataclasses.replace(lines[0], velocity=0.4)
    clips = sing(vocal_score(*lines, quiet), silent_monitor())
    levels_db = [20 * math.log10(clip.samples.square().mean().sqrt()) for clip in clips]
    assert max(levels_db[:3]) - min(levels_db[:3]) < 2.5
    assert 3 < levels_db[0] - levels_db[3] < 8


def test_a_lead_breathes_where_there_is_time():
    lines = [vocal_line("la la la", onset=onset) for onset in (0.5, 3.4, 12.0)]
    clips = sing(vocal_score(*lines), silent_monitor())
    leads_s = [clip.words[0].start_s - clip.start_s for clip in clips]
    assert leads_s[1] < 0.1
    assert 0.3 < leads_s[2] < 0.5
    breath = clips[2].samples[: int(0.3 * SAMPLE_RATE_HZ)]
    assert 0.001 < breath.square().mean().sqrt() < 0.02


@pytest.mark.parametrize("voice", SINGERS)
def test_every_singer_sings_and_raps(voice):
    singer = SINGERS[voice]
    for style in ("sing", "rap"):
        line = vocal_line("hold my hand", base=singer.low_midi + 4, style=style)
        [clip] = sing(vocal_score(line, voice=voice), silent_monitor())
        assert_sound(clip)


@pytest.mark.parametrize(
    "text", ["🎵🎵🎵", "", "\0", "\u202e", "...", "\ud800"], ids=lambda text: ascii(text)
)
def test_a_line_that_cannot_be_pronounced_is_hummed(text):
    clip = sing_one(text, count=3)
    assert_sound(clip)
    assert clip.words == []


def test_an_unknown_language_is_hummed():
    assert sing_one("hello", language="xx", count=3).words == []


@pytest.mark.parametrize(
    "text",
    ["la " * 3400, "x" * 10_000, "שלום hello мир 你好", "\u202ehello\u202c there", "Z̷̢͎a̸͝lgo", "1️⃣ 999999"],
    ids=["long", "one word", "mixed", "bidi", "stacked marks", "digits"],
)
def test_strange_lines_are_sung(text):
    assert_sound(sing_one(text, count=8))


@pytest.mark.parametrize("count", [1, 2, 5, 9, 14])
def test_a_wrong_number_of_notes_is_sung_all_the_same(count):
    clip = sing_one("walking to the river", count=count)
    assert_sound(clip)
    assert len(clip.words) == 4


def test_lists_of_unequal_length_and_broken_numbers_are_survived():
    line = vocal_line("tell me more about it")
    line.pitches[1] = math.nan
    line.lengths[2] = -3.0
    line.onsets[3] = line.onsets[2]
    line.pitches.pop()
    [clip] = sing(vocal_score(line), silent_monitor())
    assert_sound(clip)


def test_a_line_without_notes_in_the_piece_gives_no_clip():
    late = vocal_line("too late", onset=500.0)
    score = dataclasses.replace(vocal_score(vocal_line("tell me"), late), duration_s=10.0)
    clips = sing(score, silent_monitor())
    assert [clip.line for clip in clips] == [0]
    assert sing(vocal_score(vocal_line("la", count=0)), silent_monitor()) == []


def test_nothing_sounds_after_the_end_or_before_the_start():
    score = dataclasses.replace(vocal_score(vocal_line("street spirit", onset=0.0)), duration_s=1.5)
    [clip] = sing(score, silent_monitor())
    assert clip.start_s == 0
    assert clip.start_s + len(clip.samples) / SAMPLE_RATE_HZ <= 1.5 + 1e-4


def test_progress_is_told_and_a_stop_is_obeyed():
    score = song_of(["one line", "two lines", "three lines"])
    shares = []
    sing(score, Monitor(lambda stage, share: shares.append(share), lambda: False))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    with pytest.raises(Cancelled):
        sing(score, Monitor(lambda stage, share: None, lambda: True))
