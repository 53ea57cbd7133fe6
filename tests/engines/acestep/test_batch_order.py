"""From an order to songs, compared with ACE-Step's own pipeline."""

import pytest
import torch

from audiomusic.engines.acestep.batch_order import _window
from tests.engines.acestep.tiny import make_song


@pytest.mark.parametrize(
    "window_s", [(0.0, 1.0), (0.5, 0.0), (1.01, 1.03), (1.03, 3.99), (0.0, 0.01), (2.0, 9.0), (4.3, 4.39)]
)
def test_a_window_has_the_frames_that_the_pipeline_gives_it(window_s, turbo):
    song = make_song(duration_s=4.4, task="repaint")
    start, stop = _window(turbo, song, window_s)
    mask = turbo.pipe._build_chunk_mask(
        "repaint", song.frames, 1, torch.device("cpu"), torch.float32, 1,
        repainting_start=window_s[0], repainting_end=window_s[1], has_src_audio=True,
    )[0, :, 0]  # fmt: skip
    assert mask.nonzero().flatten().tolist() == list(range(start, stop))


def test_a_frame_is_not_lost_to_rounding(turbo):
    song = make_song(duration_s=4.4, task="repaint")
    assert _window(turbo, song, (1.16, 2.0)) == (29, 50)  # 1.16 * 25 is 28.999…


def test_a_window_of_nothing_stays_empty(turbo):
    song = make_song(duration_s=4.4, task="repaint")
    start, stop = _window(turbo, song, (2.0, 1.0))
    assert start >= stop
