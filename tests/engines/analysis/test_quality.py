import numpy as np
import pytest

from audiomusic.engines.analysis.quality import FAULTS, click_crest, score_quality, true_peak_dbtp

RATE_HZ = 48_000


@pytest.fixture(scope="module")
def mix():
    """Return twelve seconds that a mastering engineer would accept: a kick, a hat and a chord on each
    beat."""
    random, samples = np.random.default_rng(1), np.zeros((2, 12 * RATE_HZ))
    time_s = np.arange(RATE_HZ // 2) / RATE_HZ
    kick = 0.5 * np.sin(2 * np.pi * (50 * time_s - 8 * np.exp(-time_s * 40))) * np.exp(-time_s * 12)
    chord = sum(
        0.05 / part * np.sin(2 * np.pi * hz * part * time_s) for hz in (220, 277, 330) for part in range(1, 9)
    )
    beat = (kick + chord * np.exp(-time_s * 3)) * np.minimum(1, time_s / 0.005)
    hat = 0.1 * random.standard_normal(len(time_s)) * np.exp(-time_s * 60)
    for start in range(0, samples.shape[1], len(time_s)):
        samples[:, start : start + len(time_s)] += beat
        samples[0, start : start + len(time_s)] += np.roll(hat, 12_000)
    return (0.85 * samples / np.abs(samples).max()).astype("f")


def judge(samples, **asked):
    return score_quality(samples, **({"asked_duration_s": samples.shape[1] / RATE_HZ, "lufs": -14.0} | asked))


def test_a_sound_mix_has_no_fault(mix):
    report = judge(mix)
    assert (report.score, report.faults) == (1.0, {})
    assert set(report.figures) == set(FAULTS)


def test_missed_wishes_cost_what_the_page_says(mix):
    half, all_of_them = judge(mix, missed_share=0.5), judge(mix, missed_share=1.0)
    assert (half.faults, half.score) == ({"wishes": 0.5}, 0.65)
    assert all_of_them.score == pytest.approx(1 - FAULTS["wishes"].cost)


def with_click(mix):
    return mix + (np.arange(mix.shape[1]) == 300_000).astype("f") * 0.3


SPOILT = {
    "clipping": lambda mix: np.clip(mix * 4, -1, 1),
    "true_peak": lambda mix: mix * 1.3,
    "dc_offset": lambda mix: mix + np.float32(0.03),
    "silence": lambda mix: mix * (np.arange(mix.shape[1]) < 4 * RATE_HZ),
    "click": with_click,
    "spectrum": lambda mix: np.cumsum(mix, axis=1, dtype="f8").astype("f") / 100,
    "hiss": lambda mix: np.random.default_rng(0).standard_normal(mix.shape).astype("f") * 0.1,
    "mono": lambda mix: mix * np.array([[1], [-0.9]], "f"),
    "balance": lambda mix: mix * np.array([[1], [0.2]], "f"),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_each_fault_is_found_and_costs(mix, fault):
    report = judge(SPOILT[fault](mix))
    assert report.faults[fault] > 0.1
    assert report.score < 0.97


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        ("length", {"asked_duration_s": 15.0}),
        ("loudness", {"lufs": -22.0}),
        ("loudness", {"lufs": None}),
        ("loudness", {"lufs": -np.inf}),
        ("words", {"sung_share": 0.4}),
        ("tempo", {"bpm": 105.0}),
        ("key", {"keys": [(0.0, "Eb Major")]}),
    ],
)
def test_a_missed_wish_is_found_and_costs(mix, fault, asked):
    report = judge(mix, **asked)
    assert list(report.faults) == [fault]
    assert 0 < report.score < 0.9


def test_kept_wishes_cost_nothing(mix):
    """The mix has an A major chord twice a second."""
    assert judge(mix, bpm=120.0, keys=[(0.0, "A Major")], sung_share=1.0).score == 1.0


def test_a_lone_hit_may_be_as_quiet_as_its_peak_wants_it(mix):
    at_the_ceiling = mix * (10 ** (-1.2 / 20) / np.abs(mix).max())
    assert judge(at_the_ceiling, lufs=-22.0, whole_mix=False).score == 1.0
    assert judge(at_the_ceiling, lufs=-22.0).score < 0.9
    assert judge(at_the_ceiling / 4, lufs=-34.0, whole_mix=False).score < 0.9


def test_worse_is_worse(mix):
    scores = [judge(mix, sung_share=share).score for share in (1.0, 0.8, 0.5, 0.0)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


def test_no_length_asked_is_no_length_missed(mix):
    assert judge(mix, asked_duration_s=None).score == 1.0


@pytest.mark.parametrize("whole_mix", [True, False])
def test_silence_and_nothing_score_nought(whole_mix):
    assert judge(np.zeros((2, RATE_HZ), "f"), lufs=None, whole_mix=whole_mix).score == 0.0
    assert judge(np.zeros((2, 0), "f"), asked_duration_s=1.0).faults == {"unreadable": 1.0}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_score_nought(mix, value):
    spoilt = mix.copy()
    spoilt[1, 5] = value
    assert judge(spoilt).score == 0.0


def test_a_drum_hit_by_itself_is_no_fault():
    fading = np.exp(-np.arange(RATE_HZ) / 500)
    hit = 0.15 * np.random.default_rng(0).standard_normal((2, RATE_HZ)) * fading
    assert judge(hit.astype("f"), whole_mix=False).score > 0.95
    assert judge(hit.astype("f")).score < 0.5


def test_true_peak_sees_between_the_samples():
    """A sine at a quarter of the sample rate, sampled 45 degrees off its peaks, hides 3.01 dB between
    samples."""
    sine = np.sin(np.pi / 2 * np.arange(RATE_HZ) + np.pi / 4).astype("f")
    assert 20 * np.log10(np.abs(sine).max()) == pytest.approx(-3.01, abs=0.01)
    assert true_peak_dbtp(np.stack([sine, sine])) == pytest.approx(0.0, abs=0.1)


def test_click_crest_tells_a_click_from_a_hit(mix):
    assert click_crest(mix) < 20
    assert click_crest(with_click(mix)) > 400


@pytest.mark.parametrize("frames", [1, 3, 100, 5000])
def test_the_shortest_sounds_are_judged(frames):
    assert 0 <= judge(np.full((2, frames), 0.1, "f")).score <= 1


def test_one_channel_is_judged(mix):
    assert judge(mix[:1]).score > 0.9
