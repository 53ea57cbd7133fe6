"""From attention to times: planted paths are found again."""

import numpy as np
import pytest
import torch

from audiomusic.engines.acestep.network.alignment import sharpened, sung_lines, token_frames

FRAME_S = 0.08
LYRICS = "[Verse]\nHello rain\n\nfalling down\n[Chorus]\nOh ñandú"


def planted(starts, frames, *, heads=3, height=0.8, noise=0.02, seed=1):
    """Return attention [heads, tokens, frames] of heads that attend to token k from starts[k] to the next
    start."""
    generator = torch.Generator().manual_seed(seed)
    attention = noise * torch.rand(heads, len(starts), frames, generator=generator)
    for token, (start, stop) in enumerate(zip(starts, [*starts[1:], frames], strict=True)):
        attention[:, token, start:stop] += height
    return attention


def best_by_brute_force(score):
    """Return the best score of any path, found by another method: from the end, cell by cell."""
    tokens, frames = score.shape
    best = np.full((tokens + 1, frames + 1), -np.inf)
    best[tokens - 1, frames - 1] = score[-1, -1]
    for token in reversed(range(tokens)):
        for frame in reversed(range(frames)):
            after = max(best[token + 1, frame], best[token, frame + 1], best[token + 1, frame + 1])
            best[token, frame] = max(best[token, frame], score[token, frame] + after)
    return best[0, 0]


def gathered(score, spans):
    return sum(score[token, start:stop].sum() for token, (start, stop) in enumerate(spans))


def test_a_planted_path_is_found():
    starts = [0, 12, 20, 21, 40, 66, 90]
    spans = token_frames(sharpened(planted(starts, 120)))
    assert [start for start, _ in spans] == pytest.approx(starts, abs=1)
    assert spans[-1][1] == 120


def test_heads_that_look_everywhere_do_not_disturb():
    attention = torch.cat([planted([0, 30, 60], 100), torch.full((2, 3, 100), 0.5)])
    attention[:, :, 50] += 0.3  # a frame to which everything attends
    spans = token_frames(sharpened(attention))
    assert [start for start, _ in spans] == pytest.approx([0, 30, 60], abs=1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (6, 1), (4, 9), (9, 4), (7, 7)])
def test_no_way_gathers_more(shape):
    score = np.random.default_rng(sum(shape)).standard_normal(shape)
    spans = token_frames(score)
    assert gathered(score, spans) == pytest.approx(best_by_brute_force(score))
    assert spans[0][0] == 0 and spans[-1][1] == shape[1]
    assert all(start < stop for start, stop in spans)
    assert all(later[0] in (now[1], now[1] - 1) for now, later in zip(spans, spans[1:], strict=False))


def test_lines_and_words_get_the_times_of_their_tokens():
    spans = [(place, place + 1) for place in range(len(LYRICS))]
    frames = [(place, place + 1) for place in range(len(LYRICS))]
    lines = sung_lines(LYRICS, spans, frames, FRAME_S, 100.0)
    assert [[word.text for word in line] for line in lines] == [
        ["Hello", "rain"], ["falling", "down"], ["Oh", "ñandú"],
    ]  # fmt: skip
    assert lines[0][0] == (8 * FRAME_S, 13 * FRAME_S, "Hello")
    assert lines[2][1].end_s == pytest.approx(len(LYRICS) * FRAME_S)


def test_no_word_outlasts_the_song_and_what_was_cut_off_has_no_time():
    text = "one two three"
    lines = sung_lines(text, [(0, 4), (4, 7)], [(0, 5), (5, 99)], FRAME_S, 4.0)
    assert [[word.text for word in line] for line in lines] == [["one", "two"]]
    assert lines[0][1].end_s == 4.0


def test_silence_everywhere_is_still_a_way_through():
    spans = token_frames(sharpened(torch.zeros(2, 5, 20)))
    assert spans[0][0] == 0 and spans[-1][1] == 20
